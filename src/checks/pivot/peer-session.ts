import type { Attempt, PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Peer, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { reachOf } from '../support/decide.ts';
import { isStopped } from '../support/peers.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';

export const peerSession = defineCheck({
  meta: {
    id: 'PIVOT-002',
    slug: 'peer-session',
    area: 'PIVOT',
    severity: 'critical',
    title: 'No MCP session with another server opens',
    failureTitle: 'An MCP session with another server opens without credentials',
    description:
      'A session gives one server the tools of another: its files, its tokens, its reach. MCP servers rarely ask for credentials on the network where their platform put them.',
    remediation: 'Separate the servers (see PIVOT-001), and require a bearer token on every HTTP endpoint.',
    references: [],
    framework: ['Inter-container isolation', 'The pivot test'],
    since: '0.1.0',
  },
  requires: ['peers'],
  evaluate({ facts, target, peers }) {
    if (peers.length === 0) return [{ status: 'not-applicable', subject: 'other servers', message: 'Only one server is audited.' }];
    return peers.map((peer) => {
      const pairs = facts.peers.attempts.filter(({ spec }) => spec.peer === peer.target.id && spec.purpose === 'peer-session');
      return judge(peer, pairs, target);
    });
  },
});

function judge(peer: Peer, pairs: readonly PairedAttempt[], target: Target): Verdict {
  const subject = peer.target.name;
  const opened = pairs.filter((pair) => pair.target.outcome === 'connected');
  const [first] = opened;
  if (first !== undefined) {
    const service = first.target.peer?.service ?? 'an MCP server';
    return {
      status: 'fail',
      subject,
      message: `A session with ${subject} (${service}, ${first.target.peer?.tools ?? 0} tools) opened at ${first.spec.subject}.`,
      expected: 'no session',
      actual: 'a session',
      evidence: opened.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, first),
    };
  }
  if (pairs.length === 0) {
    if (isStopped(peer)) return { status: 'not-applicable', subject, message: `${subject} is ${peer.target.state}: it offers nothing.` };
    return peer.addresses === undefined
      ? { status: 'inconclusive', subject, message: `Nothing was tried towards ${subject}: its network could not be looked at.` }
      : { status: 'not-applicable', subject, message: `${subject} listens on no address that others could dial.` };
  }
  const evidence = pairs.flatMap(evidenceOf);
  const endpoints = pairs.filter(({ controls }) => controls.some(({ attempt }) => isEndpoint(attempt)));
  const unseen = pairs.filter(({ controls }) => controls.length === 0 || controls.some(({ attempt }) => isUnknown(attempt)));
  if (endpoints.length === 0) {
    return unseen.length === 0
      ? { status: 'not-applicable', subject, message: `${subject} offers no MCP endpoint on the network, not even to itself.`, evidence }
      : { status: 'inconclusive', subject, message: `It is open whether ${subject} offers an MCP endpoint: no control could ask it.`, evidence };
  }
  const open = endpoints.find((pair) => pair.target.outcome !== 'unauthorized' && !wasKept(pair));
  if (open !== undefined) {
    return { status: 'inconclusive', subject, message: `It is open whether a session with ${subject} opens: ${open.target.outcome}.`, evidence };
  }
  return { status: 'pass', subject, message: `No session with ${subject} opened, while it answers beside itself.`, expected: 'no session', actual: 'no session', evidence };
}

function isEndpoint({ outcome }: Attempt): boolean {
  return outcome === 'connected' || outcome === 'unauthorized';
}

function isUnknown({ outcome }: Attempt): boolean {
  return outcome === 'not-run' || outcome === 'probe-error' || outcome === 'timeout';
}

/** The endpoint lives, as its control shows (one that asks for credentials lives as well), and nothing came of the attempt. */
function wasKept(pair: PairedAttempt): boolean {
  const alive = pair.controls.map((control) => ({ ...control, attempt: { ...control.attempt, outcome: isEndpoint(control.attempt) ? ('connected' as const) : control.attempt.outcome } }));
  return reachOf({ ...pair, controls: alive }).state === 'blocked';
}
