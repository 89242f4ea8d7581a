import { BulkheadError } from '../errors.ts';
import { LABEL } from '../model/labels.ts';
import type { Target } from '../model/target.ts';
import { composeOf } from './compose.ts';
import { isAlive, isInherited } from './container.ts';
import type { ContainerSummary } from '../model/container.ts';
import { findByName, listed, notFound, quoted } from './names.ts';
import { recognize } from './recognize.ts';
import { transportOf } from './transport.ts';

/** Limit of the model's hostile texts, in characters. */
const MAX_TEXT = 1024;

export interface DiscoverOptions {
  /** What the person named. When there is something here, nothing else is taken, unless `all` is set too. */
  readonly names: readonly string[];
  /** Every running container that is no part of a platform or of Bulkhead. */
  readonly all: boolean;
  /** Stopped servers too; one that is named is always kept. */
  readonly includeStopped?: boolean;
}

export interface Discovered {
  /** Sorted by name. */
  readonly targets: readonly Target[];
  /** What was left out and why, for people; safe to print. */
  readonly notes: readonly string[];
}

/**
 * Which containers to audit. Pure.
 * @throws BulkheadError `target-not-found` for a name that is nobody's or a helper's, `usage` for an ambiguous one
 */
export function discoverTargets(containers: readonly ContainerSummary[], options: DiscoverOptions): Discovered {
  const usable = containers.filter((container) => /^[0-9a-f]{64}$/.test(container.id));
  const named = new Set(options.names.flatMap((name) => findServer(name, usable)));
  const onlyNamed = named.size > 0 && !options.all;
  const parts: string[] = [];
  const stopped: string[] = [];
  const notes: string[] = [];
  const targets: Target[] = [];

  for (const container of usable) {
    const sighting = recognize(container);
    if (sighting?.kind === 'part') {
      parts.push(`${container.name} (${sighting.what})`);
      continue;
    }
    const isNamed = named.has(container);
    if (!isNamed && (onlyNamed || (sighting === undefined && !options.all))) continue;
    if (!isNamed && !isAlive(container) && options.includeStopped !== true) {
      if (sighting !== undefined) stopped.push(container.name);
      continue;
    }
    const why = isNamed ? 'named on the command line' : (sighting?.why ?? 'every container was asked for');
    targets.push(describe(container, why, sighting));
    const ignored = BELIEVED_AT_CREATION.filter((key) => isInherited(container, key));
    if (ignored.length > 0) {
      notes.push(
        `${quoted(container.name)}: ${ignored.join(' and ')} came with its image and is ignored; set it on the container.`,
      );
    }
  }

  if (usable.length < containers.length) {
    notes.push(`${containers.length - usable.length} containers were left out: their ids are not 64 hex digits.`);
  }
  if (parts.length > 0 && !onlyNamed) notes.push(`Left out as helpers: ${listed(parts.toSorted())}.`);
  if (stopped.length > 0) {
    notes.push(`MCP servers that are not running and were left out (${stopped.length}): ${listed(stopped.toSorted())}.`);
  }
  return { targets: targets.toSorted(byName), notes };
}

/** Labels that would hide a container or lend it a platform, if an image could set them. */
const BELIEVED_AT_CREATION = [LABEL.role, 'toolhive', 'docker-mcp', 'com.mcpproxy.managed'];

function findServer(name: string, containers: readonly ContainerSummary[]): readonly ContainerSummary[] {
  const found = findByName(name, containers);
  if (found.length === 0) throw notFound(name, containers);
  for (const container of found) {
    const sighting = recognize(container);
    if (sighting?.kind !== 'part') continue;
    throw new BulkheadError('target-not-found', `${quoted(name)} is ${sighting.what}, not an MCP server.`, {
      hint: 'Name the server that it belongs to.',
    });
  }
  return found;
}

function describe(container: ContainerSummary, why: string, sighting: ReturnType<typeof recognize>): Target {
  const compose = composeOf(container);
  const known = sighting?.kind === 'server' ? sighting : undefined;
  return {
    id: container.id,
    name: cut(container.name),
    image: { reference: cut(container.image.reference), id: cut(container.image.id) },
    platform: known?.platform ?? 'none',
    discoveredBy: cut(why),
    transport: transportOf(container, known?.transport),
    ...(compose === undefined ? {} : { compose }),
    state: cut(container.state),
    startedAt: cut(container.startedAt),
  };
}

/** Raw but bounded: it is escaped where it is shown. A cut never leaves half a character. */
function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return text.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, '');
}

function byName(a: Target, b: Target): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
