import type { NamespaceFacts } from '../model/observation.ts';
import type { PeerView, PlanContext } from '../probes/context.ts';
import { declaredEndpoints, egressPolicy, isAllowed } from '../profiles/match.ts';
import { proxyVariables, type InspectedContainer } from '../runtime/containers.ts';
import type { Session } from '../runtime/labels.ts';
import { isOpen, type Place } from './places.ts';
import type { GatherRequest, Subject } from './request.ts';
import type { Vantage } from './twins.ts';

/** Everything that the plan of attempts for one target follows from. */
export function contextFor(
  request: Pick<GatherRequest, 'subjects' | 'internet' | 'management' | 'private' | 'neighbors' | 'call'>,
  session: Pick<Session, 'id'>,
  { target, declaration, container }: Subject,
  places: ReadonlyMap<string, Place>,
  { bridge, host }: { readonly bridge: Place; readonly host: Place },
  addresses?: PlanContext['addresses'],
): PlanContext {
  const policy = egressPolicy(declaration.profile);
  const own = places.get(target.id);
  return {
    session: session.id,
    target,
    declaration,
    configuration: container.configuration,
    ...(own !== undefined && isOpen(own) ? { namespace: own.ready.namespace } : {}),
    declared: declaredEndpoints(policy),
    permits: (endpoint) => isAllowed(policy, endpoint),
    internet: request.internet,
    management: request.management,
    private: request.private,
    ...(request.neighbors === undefined ? {} : { neighbors: request.neighbors }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(request.call === undefined ? {} : { call: request.call }),
    proxies: proxiesOf(container),
    ...(isOpen(host) ? { hostNamespace: withoutOwn(host.ready.namespace, places, bridge), hostCanaries: plantedBy(host) } : {}),
    peers: request.subjects.filter((other) => other.target.id !== target.id).map((other) => peerView(other, places)),
  };
}

/**
 * A namespace without what this run brought into it: the bridge of its control, and canaries of other twins
 * that share the namespace. All of it is gone when somebody wants to look.
 */
function withoutOwn(namespace: NamespaceFacts, places: ReadonlyMap<string, Place>, bridge?: Place): NamespaceFacts {
  const gateways = bridge !== undefined && isOpen(bridge) ? bridge.ready.namespace.gateways : [];
  const neighbours = [...places.values()].filter(
    (at): at is Vantage => isOpen(at) && at.ready.namespace.inode === namespace.inode,
  );
  const planted = new Set(neighbours.flatMap(({ ready }) => ready.canaries.map(({ port }) => port)));
  return {
    ...namespace,
    interfaces: namespace.interfaces.filter(({ address }) => !gateways.includes(address)),
    listeners: namespace.listeners.filter(({ port }) => !planted.has(port)),
  };
}

function peerView({ target, container }: Subject, places: ReadonlyMap<string, Place>): PeerView {
  const base = { target, configuration: container.configuration };
  const at = places.get(target.id);
  return at !== undefined && isOpen(at)
    ? { ...base, namespace: withoutOwn(at.ready.namespace, places), canaries: plantedBy(at) }
    : base;
}

function plantedBy({ ready, nonce: planted }: Vantage) {
  return { nonce: planted, ports: ready.canaries };
}

function proxiesOf({ environment }: InspectedContainer): PlanContext['proxies'] {
  const variables = new Map(proxyVariables(environment).map(({ name, value }) => [name.toLowerCase(), value]));
  const http = variables.get('http_proxy') ?? variables.get('all_proxy');
  const https = variables.get('https_proxy') ?? variables.get('all_proxy');
  return { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }) };
}
