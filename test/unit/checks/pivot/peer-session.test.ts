import { peerSession } from '../../../../src/checks/pivot/peer-session.ts';
import type { AttemptSpec } from '../../../../src/model/attempt.ts';
import {
  aPeer,
  aPolicy,
  connected,
  notRun,
  outcome,
  probeError,
  refused,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { ADDRESS, facts, NOTES, notes, STOPPED, towards, UNSEEN } from './peers.ts';

const peers = [NOTES];
const MCP = { purpose: 'peer-session', kind: 'mcp', port: 8080, request: '/mcp', subject: `http://${ADDRESS}:8080/mcp` } as const;
const SSE = { ...MCP, request: '/sse', subject: `http://${ADDRESS}:8080/sse` } as const;
const session = (target: Result, controls: readonly Result[] = [open], spec: Partial<AttemptSpec> = MCP) =>
  towards(spec, target, controls);
const open = connected({ phase: 'mcp', peer: { service: 'notes 1.0', tools: 3 } });
const unauthorized = outcome('unauthorized', { phase: 'mcp', detail: 'HTTP 401' });
const silent = outcome('timeout', { phase: 'mcp', detail: 'no MCP answer in time' });
const noMcp = outcome('other-protocol', { phase: 'mcp', detail: 'HTTP 404' });

runCases(peerSession, {
  valid: [
    { name: 'one server alone', input: { facts: facts() }, verdicts: ['not-applicable other servers'] },
    {
      name: 'kept away from an endpoint that lives',
      input: { peers, facts: facts(session(timeout()), session(timeout(), [noMcp], SSE)) },
      verdicts: ['pass notes'],
    },
    {
      name: 'a port of another protocol takes connections and says nothing, also to its neighbour',
      input: { peers, facts: facts(session(silent, [silent])) },
      verdicts: ['not-applicable notes'],
      says: /not even to itself/,
    },
    {
      name: 'kept from a silent port, whatever speaks there',
      input: {
        peers: [aPeer({ target: { transport: 'sse' } })],
        facts: facts(session(timeout(), [silent])),
      },
      verdicts: ['not-applicable notes'],
    },
    { name: 'asked for credentials', input: { peers, facts: facts(session(unauthorized)) }, verdicts: ['pass notes'] },
    { name: 'so is everybody', input: { peers, facts: facts(session(unauthorized, [unauthorized])) }, verdicts: ['pass notes'] },
    {
      name: 'kept away from one that asks for credentials',
      input: { peers, facts: facts(session(refused(), [unauthorized])) },
      verdicts: ['pass notes'],
    },
    {
      name: 'no endpoint, not even for itself',
      input: { peers, facts: facts(session(noMcp, [noMcp]), session(noMcp, [noMcp], SSE)) },
      verdicts: ['not-applicable notes'],
    },
    { name: 'it listens nowhere', input: { peers: [notes([])], facts: facts() }, verdicts: ['not-applicable notes'] },
    { name: 'it does not run', input: { peers: [STOPPED], facts: facts() }, verdicts: ['not-applicable notes'] },
    {
      name: 'kept away from the port, whose other path was not asked',
      input: { peers, facts: facts(session(timeout()), session(timeout(), [notRun()], SSE)) },
      verdicts: ['pass notes'],
    },
  ],
  invalid: [
    {
      name: 'a session opens',
      input: { peers, facts: facts(session(open)) },
      verdicts: ['fail notes'],
      says: /^A session with notes \(notes 1\.0, 3 tools\) opened at http:\/\/172\.30\.0\.3:8080\/mcp\.$/,
    },
    { name: 'without a control', input: { peers, facts: facts(session(open, [])) }, verdicts: ['fail notes'] },
    {
      name: 'over the older transport alone',
      input: { peers, facts: facts(session(unauthorized), session(connected({ phase: 'mcp' }), [open], SSE)) },
      verdicts: ['fail notes'],
      says: /an MCP server\)/,
    },
    {
      name: 'declared',
      input: { peers, facts: facts(session(open)), policy: aPolicy({ permits: [`${ADDRESS}:8080`] }) },
      verdicts: ['fail notes (info)'],
    },
    {
      name: '"any host" is not about neighbours',
      input: { peers, facts: facts(session(open)), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['fail notes'],
    },
    {
      name: 'a hostile name of the service',
      input: { peers, facts: facts(session(connected({ peer: { service: '\u001b]0;owned\u0007<script>', tools: 1 } }))) },
      verdicts: ['fail notes'],
    },
  ],
  undecided: [
    { name: 'nobody could look at its network', input: { peers: [UNSEEN], facts: facts() }, verdicts: ['inconclusive notes'] },
    { name: 'no control', input: { peers, facts: facts(session(timeout(), [])) }, verdicts: ['inconclusive notes'] },
    ...[notRun(), probeError(), timeout()].map((control) => ({
      name: `the control is ${control.outcome}`,
      input: { peers, facts: facts(session(timeout(), [control])) },
      verdicts: ['inconclusive notes'],
    })),
    { name: 'not made', input: { peers, facts: facts(session(notRun())) }, verdicts: ['inconclusive notes'] },
    { name: 'the probe failed', input: { peers, facts: facts(session(probeError())) }, verdicts: ['inconclusive notes'] },
    {
      name: 'something answers the target that speaks no MCP, and the control opens a session',
      input: { peers, facts: facts(session(noMcp)) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'a connection is made and nothing said on it, while the control opens a session',
      input: { peers, facts: facts(session(silent)) },
      verdicts: ['inconclusive notes'],
      says: /a connection was made/,
    },
    {
      name: 'nothing is said to the control either, by a server that should speak',
      input: { peers: [aPeer({ target: { transport: 'streamable-http' } })], facts: facts(session(silent, [silent])) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'another port could not be asked',
      input: { peers, facts: facts(session(timeout()), session(timeout(), [notRun()], { ...MCP, port: 9090 })) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'another path that the target reached could not be asked',
      input: { peers, facts: facts(session(unauthorized), session(noMcp, [probeError()], SSE)) },
      verdicts: ['inconclusive notes'],
    },
  ],
});
