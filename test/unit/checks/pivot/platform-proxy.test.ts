import { platformProxy } from '../../../../src/checks/pivot/platform-proxy.ts';
import type { Peer } from '../../../../src/model/check.ts';
import { aPolicy, connected, notRun, outcome, refused, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { facts, NOTES, STOPPED, towards } from './peers.ts';

const HOST = '198.51.100.1';
const session = connected({ phase: 'mcp', peer: { service: 'notes 1.0', tools: 3 } });
const token = outcome('unauthorized', { phase: 'mcp', detail: 'HTTP 401' });
const dead = outcome('other-protocol', { phase: 'mcp', detail: 'HTTP 502' });
const at = (target: Result, controls: readonly Result[] = [session]) =>
  towards(
    {
      purpose: 'platform-proxy',
      kind: 'mcp',
      host: HOST,
      port: 13001,
      subject: `http://${HOST}:13001`,
      controls: ['host'],
      controlHost: '127.0.0.1',
    },
    target,
    controls,
  );
const proxied = (peer: Peer): Peer => ({ ...peer, target: { ...peer.target, endpoint: { address: '127.0.0.1', port: 13001 } } });
const peers = [proxied(NOTES)];

runCases(platformProxy, {
  valid: [
    { name: 'no platform offers it', input: { peers: [NOTES], facts: facts() }, verdicts: ['not-applicable notes'] },
    { name: 'it does not run', input: { peers: [proxied(STOPPED)], facts: facts() }, verdicts: ['not-applicable notes'] },
    {
      name: 'kept from it',
      input: { peers, facts: facts(at(refused())) },
      verdicts: ['pass notes'],
      says: /while its endpoint answers the host/,
    },
    {
      name: 'kept from one that asks for a token',
      input: { peers, facts: facts(at(timeout(), [token])) },
      verdicts: ['pass notes'],
    },
    {
      name: 'asked for a token',
      input: { peers, facts: facts(at(token, [token])) },
      verdicts: ['pass notes'],
      says: /asks for credentials/,
    },
  ],
  invalid: [
    {
      name: 'a session opens',
      input: { peers, facts: facts(at(session)) },
      verdicts: ['fail notes'],
      says: /^A session with notes \(notes 1\.0, 3 tools\) opened at http:\/\/198\.51\.100\.1:13001, without credentials\.$/,
    },
    { name: 'without a control', input: { peers, facts: facts(at(session, [])) }, verdicts: ['fail notes'] },
    {
      name: 'declared',
      input: { peers, facts: facts(at(session)), policy: aPolicy({ permits: [`${HOST}:13001`] }) },
      verdicts: ['fail notes (info)'],
    },
  ],
  undecided: [
    { name: 'the control failed', input: { peers, facts: facts(at(refused(), [refused()])) }, verdicts: ['inconclusive notes'] },
    {
      name: 'asked for a token, and no control',
      input: { peers, facts: facts(at(token, [])) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'the proxy has nothing behind it',
      input: { peers, facts: facts(at(dead, [dead])) },
      verdicts: ['inconclusive notes'],
    },
    { name: 'not made', input: { peers, facts: facts(at(notRun())) }, verdicts: ['inconclusive notes'] },
    { name: 'nothing was tried', input: { peers, facts: facts() }, verdicts: ['inconclusive notes'], says: /127\.0\.0\.1:13001/ },
  ],
});
