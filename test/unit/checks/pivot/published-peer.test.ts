import { publishedPeer } from '../../../../src/checks/pivot/published-peer.ts';
import type { Peer } from '../../../../src/model/check.ts';
import {
  aConfiguration,
  aPolicy,
  connected,
  notRun,
  outcome,
  refused,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { facts, notes, STOPPED, towards } from './peers.ts';

const HOST = '198.51.100.1';
const session = connected({ phase: 'mcp', peer: { service: 'notes 1.0', tools: 3 } });
const stranger = connected({ phase: 'mcp', peer: { service: 'weather 2.0' } });
const token = outcome('unauthorized', { phase: 'mcp', detail: 'HTTP 401' });
const noMcp = outcome('other-protocol', { phase: 'mcp', detail: 'HTTP 404' });
const at = (target: Result, controls: readonly Result[] = [session], host = HOST) =>
  towards(
    {
      purpose: 'peer-published',
      kind: 'mcp',
      host,
      port: 3101,
      subject: `http://${host}:3101`,
      controls: ['host'],
      controlHost: '127.0.0.1',
    },
    target,
    controls,
  );
const publishing = (...ports: readonly number[]): Peer => ({
  ...notes(['172.30.0.3']),
  configuration: aConfiguration({
    publishedPorts: ports.map((port) => ({ address: '0.0.0.0', port, containerPort: 3001 })),
  }),
});
const peers = [publishing(3101)];
const SUBJECT = 'notes';

runCases(publishedPeer, {
  valid: [
    { name: 'one server alone', input: { facts: facts() }, verdicts: ['not-applicable other servers'] },
    { name: 'it publishes nothing', input: { peers: [publishing()], facts: facts() }, verdicts: [`not-applicable ${SUBJECT}`] },
    {
      name: 'nobody listens behind it',
      input: { peers, facts: facts() },
      verdicts: [`not-applicable ${SUBJECT}`],
      says: /Nobody listens/,
    },
    { name: 'it does not run', input: { peers: [STOPPED], facts: facts() }, verdicts: [`not-applicable ${SUBJECT}`] },
    {
      name: 'kept from it at every address',
      input: { peers, facts: facts(at(refused()), at(timeout(), [session], '172.17.0.1')) },
      verdicts: [`pass ${SUBJECT}`],
      shows: [/control on the host itself: connected/],
    },
    {
      name: 'kept from one that asks for a token',
      input: { peers, facts: facts(at(refused(), [token])) },
      verdicts: [`pass ${SUBJECT}`],
    },
  ],
  invalid: [
    {
      name: 'a session opens',
      input: { peers, facts: facts(at(session)) },
      verdicts: [`fail ${SUBJECT}`],
      says: /^notes was reached through the host at http:\/\/198\.51\.100\.1:3101: a session opened \(notes 1\.0, 3 tools\)\.$/,
    },
    { name: 'without a control', input: { peers, facts: facts(at(session, [])) }, verdicts: [`fail ${SUBJECT}`] },
    {
      name: 'at one address of two',
      input: { peers, facts: facts(at(refused()), at(session, [session], '172.17.0.1')) },
      verdicts: [`fail ${SUBJECT}`],
    },
    { name: 'it asks for a token', input: { peers, facts: facts(at(token, [token])) }, verdicts: [`fail ${SUBJECT} (medium)`] },
    {
      name: 'it speaks something else',
      input: { peers, facts: facts(at(noMcp, [noMcp])) },
      verdicts: [`fail ${SUBJECT}`],
      says: /it answers/,
    },
    {
      name: 'declared',
      input: { peers, facts: facts(at(session)), policy: aPolicy({ permits: [`${HOST}:3101`] }) },
      verdicts: [`fail ${SUBJECT} (info)`],
    },
  ],
  undecided: [
    {
      name: 'the control failed',
      input: { peers, facts: facts(at(refused(), [refused()])) },
      verdicts: [`inconclusive ${SUBJECT}`],
    },
    { name: 'no control', input: { peers, facts: facts(at(timeout(), [])) }, verdicts: [`inconclusive ${SUBJECT}`] },
    { name: 'not made', input: { peers, facts: facts(at(notRun())) }, verdicts: [`inconclusive ${SUBJECT}`] },
    { name: 'another server answers there', input: { peers, facts: facts(at(stranger)) }, verdicts: [`inconclusive ${SUBJECT}`] },
    { name: 'a page in place of the session', input: { peers, facts: facts(at(noMcp)) }, verdicts: [`inconclusive ${SUBJECT}`] },
    { name: 'its ports are not known', input: { peers: [notes([])], facts: facts() }, verdicts: [`inconclusive ${SUBJECT}`] },
    {
      name: 'nothing was tried, and the host could not be looked at',
      input: { peers, facts: { ...facts(), hostNamespace: undefined } },
      verdicts: [`inconclusive ${SUBJECT}`],
    },
  ],
});
