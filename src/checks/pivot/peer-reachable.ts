import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import { somethingAnswered } from '../support/answer.ts';
import { reachOf } from '../support/decide.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { isDeclaredPeer, isStopped, judgePeers } from '../support/peers.ts';

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
  evaluate: (input) => judgePeers(input, ['peer-canary', 'peer-port'], judge),
});

function judge(peer: Peer, pairs: readonly PairedAttempt[], { target, policy }: CheckInput<'peers'>): Verdict {
  const subject = peer.target.name;
  if (pairs.length === 0) {
    if (isStopped(peer)) {
      return { status: 'not-applicable', subject, message: `${subject} is ${peer.target.state}: there is nothing to dial.` };
    }
    return peer.addresses?.length === 0
      ? { status: 'not-applicable', subject, message: `${subject} has no network address: there is nothing to dial.` }
      : { status: 'inconclusive', subject, message: `Nothing was tried towards ${subject}: its network could not be looked at.` };
  }
  const judged = pairs.map((pair) => ({ pair, reach: reachOf(pair) }));
  const reached = judged.filter(({ reach }) => reach.state === 'reached').map(({ pair }) => pair);
  const [first] = reached;
  if (first !== undefined) {
    const declared = isDeclaredPeer(policy, reached);
    const message = `${subject} was reached at ${[...new Set(reached.map(({ spec }) => spec.subject))].join(', ')}.`;
    return {
      status: 'fail',
      subject,
      message: declared ? `${message} The profile declares it.` : message,
      expected: 'not reached',
      actual: 'reached',
      evidence: reached.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, first),
      ...(declared ? { severity: 'info' } : {}),
    };
  }
  const evidence = pairs.flatMap(evidenceOf);
  // A name that does not even resolve shows nothing about the path; addresses do.
  const byAddress = judged.filter(({ pair }) => pair.target.phase !== 'resolve');
  const canaries = byAddress.filter(({ pair, reach }) => pair.spec.purpose === 'peer-canary' && reach.state !== 'undecided');
  const decided = new Set(canaries.map(({ pair }) => pair.spec.host));
  const open = byAddress.find(
    ({ pair, reach }) => reach.state === 'undecided' && !(decided.has(pair.spec.host) && isVacant(pair)),
  );
  if (open !== undefined || byAddress.length === 0) {
    const why = (open ?? judged[0])?.reach.why ?? 'nothing was tried';
    return { status: 'inconclusive', subject, message: `It is open whether ${subject} can be reached: ${why}.`, evidence };
  }
  const untried = (peer.addresses ?? []).filter((address) => !byAddress.some(({ pair }) => pair.spec.host === address));
  if (untried.length > 0) {
    const message = `It is open whether ${subject} can be reached: nothing was decided at ${untried.join(', ')}.`;
    return { status: 'inconclusive', subject, message, evidence };
  }
  return {
    status: 'pass',
    subject,
    message: `${subject} was reached at none of its addresses, while a control beside it was.`,
    expected: 'not reached',
    actual: 'not reached',
    evidence,
  };
}

/** A port at which nobody answered, perhaps not even the peer itself, shows nothing where a canary shows the path. */
function isVacant({ spec, target }: PairedAttempt): boolean {
  return spec.purpose === 'peer-port' && somethingAnswered(target) !== 'yes';
}
