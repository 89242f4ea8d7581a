import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { nearest } from '../profiles/spelling.ts';
import type { ContainerSummary } from '../model/container.ts';
import { aliasOf, recognize } from './recognize.ts';

/** Digits of the short ids that engines print; fewer could mean another container tomorrow. */
const SHORT_ID = 12;
const MAX_LISTED = 8;
/** Longer names are not compared for likeness: the comparison is quadratic and labels have no limit. */
const MAX_COMPARED = 128;

/** A text from outside, in quotes, for a message. */
export function quoted(text: string, max = 100): string {
  return `"${escapeText(text, max)}"`;
}

/** The first few names of many, for a message. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => escapeText(name, 100));
  return names.length > MAX_LISTED ? `${shown.join(', ')} and ${names.length - MAX_LISTED} more` : shown.join(', ');
}

/**
 * The containers that a person means by a name: a container's name, a full id or its first 12 digits or more,
 * or else the name that a platform gave a server, which several containers may share. Empty when there is none.
 * @throws BulkheadError `usage` when it is a name and somebody else's id, or the beginning of several ids
 */
export function findByName(name: string, containers: readonly ContainerSummary[]): readonly ContainerSummary[] {
  const id = name.toLowerCase();
  const full = containers.filter((container) => container.id === id);
  if (full.length > 0) return full;
  const isPrefix = /^[0-9a-f]+$/.test(id) && id.length >= SHORT_ID;
  const direct = containers.filter((container) => container.name === name || (isPrefix && container.id.startsWith(id)));
  if (direct.length > 1) {
    const found = direct.map((container) => `${container.name} (${container.id.slice(0, SHORT_ID)})`);
    throw new BulkheadError('usage', `${quoted(name)} means more than one container: ${listed(found)}.`, {
      hint: 'Give the full id: docker ps --no-trunc.',
    });
  }
  return direct.length > 0 ? direct : containers.filter((container) => aliasOf(container) === name);
}

/** What to tell somebody whose name is nobody's. */
export function notFound(name: string, containers: readonly ContainerSummary[]): BulkheadError {
  const auditable = containers.filter((container) => recognize(container)?.kind !== 'part');
  const known = auditable.flatMap((container) => [container.name, aliasOf(container) ?? '']);
  const near = nearest(
    name,
    known.filter((candidate) => candidate !== '' && candidate.length <= MAX_COMPARED),
  );
  const servers = auditable.filter((container) => recognize(container) !== undefined).map((container) => container.name);
  return new BulkheadError('target-not-found', `No container is called ${quoted(name)}.`, { hint: hint() });

  function hint(): string {
    if (near !== undefined) return `Did you mean ${quoted(near)}?`;
    if (servers.length > 0) return `MCP servers here: ${listed(servers.toSorted())}.`;
    return 'A name, a full id or at least 12 digits of an id; docker ps -a shows them.';
  }
}
