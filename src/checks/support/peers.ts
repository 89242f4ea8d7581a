import type { PairedAttempt } from '../../model/attempt.ts';
import type { EgressJudge, Peer } from '../../model/check.ts';
import { isPermitted } from './egress.ts';

/** The peer's name; engines of several machines, or a bundle of several runs, may hold it twice. */
export function peerSubject({ target }: Peer, peers: readonly Peer[]): string {
  const twice = peers.filter((other) => other.target.name === target.name).length > 1;
  return twice ? `${target.name} (${target.id.slice(0, 12)})` : target.name;
}

const STOPPED: ReadonlySet<string> = new Set(['created', 'exited', 'dead']);

/** A container that does not run has no network: what it would offer if it ran is not today's question. */
export function isStopped({ target }: Peer): boolean {
  return STOPPED.has(target.state);
}

/**
 * Whether the profile names every endpoint at which a peer was reached. "Any host" names none: it is about the
 * internet, not about the neighbours.
 */
export function isDeclaredPeer(policy: EgressJudge, reached: readonly PairedAttempt[]): boolean {
  return policy.restricts && reached.length > 0 && reached.every(({ spec }) => isPermitted(policy, spec));
}
