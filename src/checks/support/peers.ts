import type { Peer } from '../../model/check.ts';

const STOPPED: ReadonlySet<string> = new Set(['created', 'exited', 'dead']);

/** A container that does not run has no network: what it would offer if it ran is not today's question. */
export function isStopped({ target }: Peer): boolean {
  return STOPPED.has(target.state);
}
