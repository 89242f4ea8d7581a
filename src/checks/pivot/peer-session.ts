import type { Attempt, AttemptOutcome, PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import { somethingAnswered } from '../support/answer.ts';
import { reachOf } from '../support/decide.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { isDeclaredPeer, isStopped, judgePeers } from '../support/peers.ts';

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
  evaluate: (input) => judgePeers(input, ['peer-session'], judge),
});

function judge(peer: Peer, pairs: readonly PairedAttempt[], { target, policy }: CheckInput<'peers'>): Verdict {
  const subject = peer.target.name;
  const opened = pairs.filter((pair) => pair.target.outcome === 'connected');
  const [first] = opened;
  if (first !== undefined) {
    const { service = 'an MCP server', tools } = first.target.peer ?? {};
    const declared = isDeclaredPeer(policy, opened);
    const message = `A session with ${subject} (${service}${tools === undefined ? '' : `, ${tools} tools`}) opened at ${first.spec.subject}.`;
    return {
      status: 'fail',
      subject,
      message: declared ? `${message} The profile declares it.` : message,
      expected: 'no session',
      actual: 'a session',
      evidence: opened.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, first),
      ...(declared ? { severity: 'info' } : {}),
    };
  }
  if (pairs.length === 0) {
    if (isStopped(peer)) {
      return { status: 'not-applicable', subject, message: `${subject} is ${peer.target.state}: it offers nothing.` };
    }
    return peer.addresses === undefined
      ? { status: 'inconclusive', subject, message: `Nothing was tried towards ${subject}: its network could not be looked at.` }
      : { status: 'not-applicable', subject, message: `${subject} listens on no address that others could dial.` };
  }
  const evidence = pairs.flatMap(evidenceOf);
  const endpoints = pairs.filter(({ controls }) => controls.some(({ attempt }) => isEndpoint(attempt)));
  const silent = pairs.filter(takesAndSaysNothing);
  // Nothing of a silent listener is MCP as far as its own neighbour can hear; a server that should speak may be slow.
  const speaks = peer.target.transport === 'streamable-http' || peer.target.transport === 'sse';
  const settled = silent.filter((pair) => !speaks || somethingAnswered(pair.target) === 'no');
  const unseen = pairs.filter(
    (pair) => !endpoints.includes(pair) && !settled.includes(pair) && isUnseen(pair) && !isDecidedBy(pair, endpoints),
  );
  if (unseen.length > 0) {
    const message = `It is open whether ${subject} offers an MCP endpoint at ${unseen[0]?.spec.subject ?? subject}: no control could ask it.`;
    return { status: 'inconclusive', subject, message, evidence };
  }
  if (endpoints.length === 0) {
    const message = `${subject} offers no MCP endpoint on the network, not even to itself.`;
    return { status: 'not-applicable', subject, message, evidence };
  }
  const open = endpoints.find((pair) => pair.target.outcome !== 'unauthorized' && !wasKept(pair));
  if (open !== undefined) {
    const message = `It is open whether a session with ${subject} opens: ${reachOf(open).why} (${open.target.outcome}).`;
    return { status: 'inconclusive', subject, message, evidence };
  }
  return {
    status: 'pass',
    subject,
    message: `No session with ${subject} opened, while it answers beside itself.`,
    expected: 'no session',
    actual: 'no session',
    evidence,
  };
}

function isEndpoint({ outcome }: Attempt): boolean {
  return outcome === 'connected' || outcome === 'unauthorized';
}

/** The control got a connection and, within its time, not one word: a port of another protocol, or a server that is slow. */
function takesAndSaysNothing({ controls }: PairedAttempt): boolean {
  return controls.some(({ attempt }) => attempt.outcome === 'timeout' && attempt.phase === 'mcp');
}

/** No control could ask whether there is an endpoint. */
function isUnseen({ controls }: PairedAttempt): boolean {
  return controls.every(({ attempt }) => UNKNOWN.has(attempt.outcome));
}

const UNKNOWN: ReadonlySet<AttemptOutcome> = new Set(['not-run', 'probe-error', 'timeout']);

/** Another path on the same port was kept from the target before it could say which path it wants. */
function isDecidedBy({ spec }: PairedAttempt, endpoints: readonly PairedAttempt[]): boolean {
  return endpoints.some((other) => other.spec.host === spec.host && other.spec.port === spec.port && wasKept(other));
}

/** The endpoint lives, as its control shows (one that asks for credentials lives as well), and nothing came of the attempt. */
function wasKept(pair: PairedAttempt): boolean {
  const controls = pair.controls.map(({ vantage, attempt }) =>
    isEndpoint(attempt) ? { vantage, attempt: { ...attempt, outcome: 'connected' as const } } : { vantage, attempt },
  );
  return reachOf({ ...pair, controls }).state === 'blocked';
}
