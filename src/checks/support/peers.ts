import type { AttemptPurpose, PairedAttempt } from '../../model/attempt.ts';
import type { CheckInput, EgressJudge, Peer, Verdict } from '../../model/check.ts';
import { isPermitted } from './egress.ts';

type Judge = (peer: Peer, pairs: readonly PairedAttempt[], input: CheckInput<'peers'>) => Verdict;

/** One verdict for each other target, from the attempts at it that have one of these purposes. */
export function judgePeers(input: CheckInput<'peers'>, purposes: readonly AttemptPurpose[], judge: Judge): readonly Verdict[] {
  const { facts, peers } = input;
  if (peers.length === 0) {
    return [{ status: 'not-applicable', subject: 'other servers', message: 'Only one server is audited.' }];
  }
  return peers.map((peer) => {
    const pairs = facts.peers.attempts.filter(({ spec }) => spec.peer === peer.target.id && purposes.includes(spec.purpose));
    return { ...judge(peer, pairs, input), subject: peerSubject(peer, peers) };
  });
}

/** The peer's name; engines of several machines, or a bundle of several runs, may hold it twice. */
export function peerSubject({ target }: Pick<Peer, 'target'>, peers: readonly Pick<Peer, 'target'>[]): string {
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
