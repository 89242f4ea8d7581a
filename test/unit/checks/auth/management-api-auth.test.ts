import { managementApiAuth } from '../../../../src/checks/auth/management-api-auth.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import { aPair, connected, notRun, outcome, refused, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const VERSION = '/api/v1beta/version';
const facts = (...attempts: readonly PairedAttempt[]) => ({ management: { attempts: [...attempts] } });
const http = (status: number, service?: string): Result =>
  connected({ phase: 'http', peer: { status, ...(service === undefined ? {} : { service }) } });
const open = http(200, 'application/json cross-origin-resource-policy=same-origin {"version":"v0.44.0"}');
const oidc = http(401, 'application/json cross-origin-resource-policy=same-origin authorization header required');
const health = http(204, 'x-toolhive-nonce');
const ask = (spec: Partial<AttemptSpec>, target: Result, controls: readonly Result[] = []) =>
  aPair({ spec: { purpose: 'management', kind: 'http', port: 8080, request: VERSION, ...spec }, target, controls });
const onHost = (target: Result, spec: Partial<AttemptSpec> = {}) => {
  const { port = 8080, request = VERSION } = spec;
  return ask({ host: '127.0.0.1', from: 'host', controls: [], id: `management-host:${port}${request}`, ...spec }, target);
};
const inside = (target: Result, ...controls: readonly Result[]) =>
  ask({ host: '172.30.0.1', id: 'management:ToolHive API', controls: ['host', 'bridge'] }, target, controls);
const given = (...controls: readonly Result[]) =>
  ask(
    { host: '172.30.0.1', port: 9999, request: '/', id: 'management:given:x', controls: ['host', 'bridge'] },
    timeout(),
    controls,
  );
const SUBJECT = 'ToolHive API at 127.0.0.1:8080';
const INSPECTOR = { port: 6277, request: '/health' } as const;
const CONFIG = { port: 6277, request: '/config' } as const;
const alive = http(200, 'application/json; charset=utf-8 {"status":"ok"}');

runCases(managementApiAuth, {
  valid: [
    { name: 'none listens', input: { facts: facts() }, verdicts: ['not-applicable management APIs'] },
    { name: 'it asks for a token', input: { facts: facts(onHost(oidc)) }, verdicts: [`pass ${SUBJECT}`] },
    {
      name: 'known by a page for everybody, and asks for a token',
      input: { facts: facts(onHost(alive, INSPECTOR), onHost(http(401), CONFIG)) },
      verdicts: ['pass MCP Inspector proxy at 127.0.0.1:6277'],
    },
    {
      name: 'another service has the port',
      input: { facts: facts(onHost(http(404, 'text/html Hello'))) },
      verdicts: ['not-applicable management APIs'],
    },
    {
      name: 'another one, which asks for a token',
      input: { facts: facts(onHost(http(401, 'text/html Log in'))) },
      verdicts: ['not-applicable management APIs'],
    },
    {
      name: 'a given one asks for a token',
      input: { facts: facts(given(http(401), timeout())) },
      verdicts: ['pass 172.30.0.1:9999'],
    },
  ],
  invalid: [
    {
      name: 'it answers the host, not the target',
      input: { facts: facts(onHost(open), onHost(health, { request: '/health' }), inside(refused(), refused())) },
      verdicts: [`fail ${SUBJECT}`],
      says: /without credentials, asked from the host; from inside it does not answer\./,
      shows: [/from the host itself/, /"version":"v0\.44\.0"/],
    },
    {
      name: 'it answers both',
      input: { facts: facts(onHost(open), inside(open, open)) },
      verdicts: [`fail ${SUBJECT}`],
      says: /from inside it answers too\./,
    },
    {
      name: 'nobody tried from inside',
      input: { facts: facts(onHost(open)) },
      verdicts: [`fail ${SUBJECT}`],
      says: /is open\.$/,
    },
    {
      name: 'its list is open, of which the status is all that is kept',
      input: { facts: facts(onHost(alive, INSPECTOR), onHost(http(200), CONFIG)) },
      verdicts: ['fail MCP Inspector proxy at 127.0.0.1:6277'],
    },
    { name: 'a given one answers', input: { facts: facts(given(http(200), timeout())) }, verdicts: ['fail 172.30.0.1:9999'] },
  ],
  undecided: [
    {
      name: 'only its health was heard',
      input: { facts: facts(onHost(health, { request: '/health' })) },
      verdicts: [`inconclusive ${SUBJECT}`],
    },
    { name: 'the host could not ask', input: { facts: facts(onHost(notRun())) }, verdicts: [`inconclusive ${SUBJECT}`] },
    {
      name: 'a given one that says nothing of it',
      input: { facts: facts(given(http(404))) },
      verdicts: ['inconclusive 172.30.0.1:9999'],
    },
    {
      name: 'a given one that is not there',
      input: { facts: facts(given(refused())) },
      verdicts: ['inconclusive 172.30.0.1:9999'],
    },
    {
      name: 'a given one that speaks no HTTP',
      input: { facts: facts(given(outcome('other-protocol', { phase: 'http' }))) },
      verdicts: ['inconclusive 172.30.0.1:9999'],
    },
    { name: 'a given one without a control', input: { facts: facts(given()) }, verdicts: ['inconclusive 172.30.0.1:9999'] },
  ],
});
