import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Peer, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { reachOf } from '../support/decide.ts';
import { isStopped } from '../support/peers.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';

export const peerReachable = defineCheck({
  meta: {
    id: 'PIVOT-001',
    slug: 'peer-reachable',
    area: 'PIVOT',
    severity: 'high',
    title: 'No other server is reached',
    failureTitle: 'Another server is reached',
    description:
      "Servers of one engine often share a network. One that is taken over can then talk to all others, with their credentials and their data, and no profile of theirs says so. The path counts, not today's listeners: it is tried with a canary beside each server.",
    remediation:
      'Give every server a network of its own (or none); do not attach servers with different profiles to one network. Where they must share one, create it with `-o com.docker.network.bridge.enable_icc=false`.',
    references: [{ source: 'NIST SP 800-190', ids: ['3.4.2'] }],
    framework: ['Inter-container isolation', 'The pivot test'],
    since: '0.1.0',
  },
  requires: ['peers'],
  evaluate({ facts, target, peers }) {
    if (peers.length === 0) return [{ status: 'not-applicable', subject: 'other servers', message: 'Only one server is audited.' }];
    return peers.map((peer) => {
      const pairs = facts.peers.attempts.filter(
        ({ spec }) => spec.peer === peer.target.id && (spec.purpose === 'peer-canary' || spec.purpose === 'peer-port'),
      );
      return judge(peer, pairs, target);
    });
  },
});

function judge(peer: Peer, pairs: readonly PairedAttempt[], target: Target): Verdict {
  const subject = peer.target.name;
  if (pairs.length === 0) {
    if (isStopped(peer)) return { status: 'not-applicable', subject, message: `${subject} is ${peer.target.state}: there is nothing to dial.` };
    return peer.addresses?.length === 0
      ? { status: 'not-applicable', subject, message: `${subject} has no network address: there is nothing to dial.` }
      : { status: 'inconclusive', subject, message: `Nothing was tried towards ${subject}: its network could not be looked at.` };
  }
  const judged = pairs.map((pair) => ({ pair, reach: reachOf(pair) }));
  const reached = judged.filter(({ reach }) => reach.state === 'reached');
  const [first] = reached;
  if (first !== undefined) {
    return {
      status: 'fail',
      subject,
      message: `${subject} was reached at ${[...new Set(reached.map(({ pair }) => pair.spec.subject))].join(', ')}.`,
      expected: 'not reached',
      actual: 'reached',
      evidence: reached.flatMap(({ pair }) => evidenceOf(pair)),
      reproduce: reproduceAttempt(target, first.pair),
    };
  }
  // A name that does not even resolve in the peer's own network shows nothing about the path; addresses do.
  const byAddress = judged.filter(({ pair }) => pair.target.phase !== 'resolve');
  // A port at which nobody answers, not even to the peer itself, shows nothing either where a canary does.
  const decided = new Set(byAddress.filter(({ pair, reach }) => pair.spec.purpose === 'peer-canary' && reach.state !== 'undecided').map(({ pair }) => pair.spec.host));
  const open = byAddress.find(({ pair, reach }) => reach.state === 'undecided' && !(pair.spec.purpose === 'peer-port' && decided.has(pair.spec.host)));
  const evidence = pairs.flatMap(evidenceOf);
  if (open !== undefined || byAddress.length === 0) {
    return { status: 'inconclusive', subject, message: `It is open whether ${subject} can be reached: ${(open ?? judged[0])?.reach.why ?? 'nothing was tried'}.`, evidence };
  }
  return { status: 'pass', subject, message: `${subject} was reached at none of its addresses, while a control beside it was.`, expected: 'not reached', actual: 'not reached', evidence };
}
