import type { AttemptPurpose, PairedAttempt } from '../../model/attempt.ts';
import type { CheckInput, EgressJudge, Peer, Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { isPermitted } from './egress.ts';

type Judge = (peer: Peer, pairs: readonly PairedAttempt[], input: CheckInput<'peers'>) => Verdict;

/** One verdict for each other target, from the attempts at it that have one of these purposes. */
export function judgePeers(input: CheckInput<'peers'>, purposes: readonly AttemptPurpose[], judge: Judge): readonly Verdict[] {
  const { facts, peers } = input;
  if (peers.length === 0) {
    return [{ status: 'not-applicable', subject: 'other servers', message: 'Only one server is audited.' }];
  }
  const towards = Map.groupBy(
    facts.peers.attempts.filter(({ spec }) => purposes.includes(spec.purpose)),
    ({ spec }) => spec.peer,
  );
  return judgeEachPeer(peers, (peer) => judge(peer, towards.get(peer.target.id) ?? [], input));
}

/** One verdict for each other target, about it. */
export function judgeEachPeer(peers: readonly Peer[], judge: (peer: Peer) => Verdict): readonly Verdict[] {
  const subjectOf = peerSubjects(peers.map(({ target }) => target));
  return peers.map((peer) => ({ ...judge(peer), subject: subjectOf(peer.target) }));
}

/** The name of a peer, of all peers of one target; engines of several machines, or a bundle of several runs, may hold it twice. */
export function peerSubjects(peers: readonly Target[]): (peer: Target) => string {
  const names = new Map<string, number>();
  for (const { name } of peers) names.set(name, (names.get(name) ?? 0) + 1);
  return ({ id, name }) => ((names.get(name) ?? 0) > 1 ? `${name} (${id.slice(0, 12)})` : name);
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
