import type { EngineEvent } from '../runtime/events.ts';

/** What is to be looked at again, and why. */
export interface Request {
  readonly trigger: 'schedule' | 'event' | 'start';
  /** For people. */
  readonly reasons: readonly string[];
  readonly scope: Scope;
}

/** Everything; or these containers, and whatever shares one of these networks or a network of theirs. Ids, networks also by name. */
export type Scope = 'everything' | { readonly containers: ReadonlySet<string>; readonly networks: ReadonlySet<string> };

/** What changes how a container is isolated, or which ones there are. */
const OF_CONTAINERS = new Set(['start', 'die', 'destroy', 'remove', 'rename', 'unpause', 'update']);
const OF_NETWORKS = new Set(['connect', 'disconnect', 'remove', 'destroy', 'update']);

/**
 * What an event touches; `undefined` for what changes nothing here, such as a command inside a container.
 * A daemon that reloads its configuration writes its firewall rules again: everything.
 */
export function touchedBy(event: EngineEvent): Request | undefined {
  switch (event.type) {
    case 'daemon':
      return event.action === 'reload' ? all(`the engine reloaded its configuration`) : undefined;
    case 'container':
      if (!OF_CONTAINERS.has(event.action)) return undefined;
      return of(`container ${nameOf(event)}: ${event.action}`, [event.id], []);
    case 'network': {
      if (!OF_NETWORKS.has(event.action)) return undefined;
      // Docker names the network in the id and the container beside it; Podman does it the other way round.
      const { container, network, name } = event.attributes;
      const podman = network !== undefined && container === undefined;
      const which = podman ? network : (name ?? event.id);
      const id = podman ? event.id : container;
      return of(`network ${which}: ${event.action}`, id === undefined ? [] : [id], [podman ? network : event.id, which]);
    }
    default:
      return undefined;
  }
}

export function all(reason: string, trigger: Request['trigger'] = 'event'): Request {
  return { trigger, reasons: [reason], scope: 'everything' };
}

function of(reason: string, containers: readonly string[], networks: readonly string[]): Request {
  return {
    trigger: 'event',
    reasons: [reason],
    scope: { containers: new Set(containers), networks: new Set(networks) },
  };
}

function nameOf({ id, attributes }: EngineEvent): string {
  return attributes['name'] ?? id.slice(0, 12);
}

const MAX_REASONS = 20;

/** Both requests in one scan. */
export function together(a: Request, b: Request): Request {
  return {
    trigger: a.trigger === b.trigger ? a.trigger : a.trigger === 'event' ? b.trigger : a.trigger,
    reasons: [...new Set([...a.reasons, ...b.reasons])].slice(0, MAX_REASONS),
    scope:
      a.scope === 'everything' || b.scope === 'everything'
        ? 'everything'
        : {
            containers: new Set([...a.scope.containers, ...b.scope.containers]),
            networks: new Set([...a.scope.networks, ...b.scope.networks]),
          },
  };
}
