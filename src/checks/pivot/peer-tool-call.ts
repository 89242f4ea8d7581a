import type { AttemptOutcome, PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { handshakeOf, isEndpoint, outcomeText } from '../support/offers.ts';
import { isDeclaredPeer, isStopped, judgePeers } from '../support/peers.ts';

/** Attempts that open a session; where a tool is to be called, they call it. */
const SESSIONS = ['peer-session', 'peer-published', 'platform-proxy'] as const;

export const peerToolCall = defineCheck({
  meta: {
    id: 'PIVOT-003',
    slug: 'peer-tool-call',
    area: 'PIVOT',
    severity: 'critical',
    title: 'No tool of another server runs',
    failureTitle: 'A tool of another server runs without credentials',
    description:
      'What a session is worth shows in a call: the tool of the other server runs with its files, its tokens and its reach. Nothing is called unless the audit is told which tool (`--call-tool NAME`, or `--call-read-only` for one that is marked so).',
    remediation: 'Separate the servers (see PIVOT-001), and require a bearer token on every HTTP endpoint.',
    references: [],
    framework: ['The pivot test'],
    since: '0.1.0',
  },
  requires: ['peers'],
  evaluate: (input) => judgePeers(input, SESSIONS, judge),
});

const UNKNOWN: ReadonlySet<AttemptOutcome> = new Set(['not-run', 'probe-error', 'timeout']);

/** Every control was made, and none found an endpoint. */
function lacksEndpoint({ controls }: PairedAttempt): boolean {
  return controls.length > 0 && controls.every(({ attempt }) => !isEndpoint(attempt) && !UNKNOWN.has(attempt.outcome));
}

type Result = 'ran' | 'not-offered' | 'no-endpoint' | 'kept' | 'open';

function judge(peer: Peer, sessions: readonly PairedAttempt[], { target, policy, facts }: CheckInput<'peers'>): Verdict {
  const subject = peer.target.name;
  const common = { subject, expected: 'no tool runs' } as const;
  const pairs = sessions.filter(({ spec }) => spec.call !== undefined);
  if (pairs.length === 0) {
    const wanted = facts.peers.attempts.some(({ spec }) => spec.call !== undefined);
    if (wanted && peer.addresses === undefined && !isStopped(peer)) {
      return {
        ...common,
        status: 'inconclusive',
        message: `No tool of ${subject} was called: its network could not be looked at.`,
      };
    }
    const message = wanted
      ? `${subject} offers no endpoint at which a tool could be called.`
      : `No tool of ${subject} was called: none was asked for (--call-tool, --call-read-only), or nothing offers one.`;
    return { ...common, status: 'not-applicable', message };
  }
  const judged = pairs.map((pair) => ({ pair, result: resultOf(pair) }));
  const ran = judged.filter(({ result }) => result === 'ran').map(({ pair }) => pair);
  const [first] = ran;
  if (first !== undefined) {
    const declared = isDeclaredPeer(policy, ran);
    const { tool = 'a tool', result } = first.target.peer?.called ?? {};
    const how = result === 'tool-error' ? 'was called and reported an error' : 'answered';
    const message = `The tool ${tool} of ${subject} ${how}, called at ${first.spec.subject}.`;
    return {
      ...common,
      status: 'fail',
      message: declared ? `${message} The profile declares it.` : message,
      actual: 'a tool ran',
      evidence: ran.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, first),
      ...(declared ? { severity: 'info' } : {}),
    };
  }
  const evidence = pairs.flatMap(evidenceOf);
  const open = judged.find(({ result }) => result === 'open');
  if (open !== undefined) {
    const { called } = open.pair.target.peer ?? {};
    const why = called === undefined ? outcomeText(open.pair) : `the call was not answered as one (${called.result})`;
    const message = `It is open whether a tool of ${subject} can be called at ${open.pair.spec.subject}: ${why}.`;
    return { ...common, status: 'inconclusive', message, evidence };
  }
  if (judged.some(({ result }) => result === 'not-offered')) {
    const message = `A session with ${subject} opened, and it offers no tool that was to be called.`;
    return { ...common, status: 'not-applicable', message, evidence };
  }
  if (!judged.some(({ result }) => result === 'kept')) {
    return { ...common, status: 'not-applicable', message: `${subject} offers no MCP endpoint, not even to itself.`, evidence };
  }
  const message = `No tool of ${subject} could be called: no session opened, while the endpoint answers its control.`;
  return { ...common, status: 'pass', message, actual: 'no session', evidence };
}

function resultOf(pair: PairedAttempt): Result {
  const handshake = handshakeOf(pair);
  // A port that does not speak MCP to its own neighbour has no tools to be kept from.
  if (handshake !== 'session' && lacksEndpoint(pair)) return 'no-endpoint';
  if (handshake === 'asked' || handshake === 'kept') return 'kept';
  if (handshake !== 'session') return 'open';
  switch (pair.target.peer?.called?.result) {
    case 'answered':
    case 'tool-error':
      return 'ran';
    case 'not-offered':
      return 'not-offered';
    // No control calls a tool: whether the refusal is about who asks is not known.
    case 'refused':
    case 'no-answer':
    case undefined:
      return 'open';
  }
}
