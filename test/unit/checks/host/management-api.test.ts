import { managementApi } from '../../../../src/checks/host/management-api.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import { connected, aPair, notRun, outcome, probeError, refused, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const HOST = '172.30.0.1';
const KNOWN = `ToolHive API at ${HOST}:8080`;
const GIVEN = `${HOST}:9999`;
const http = (status: number, service: string): Result => connected({ phase: 'http', peer: { status, service } });
const api = http(200, 'application/json {"version":"0.1"}');
const otherService = http(200, 'text/html <title>A web page');
const facts = (...attempts: readonly PairedAttempt[]) => ({ management: { attempts: [...attempts] } });
const attempt = (id: string, spec: Partial<AttemptSpec>, target: Result, controls: readonly Result[]) =>
  aPair({
    spec: { purpose: 'management', kind: 'http', host: HOST, request: '/', controls: ['host', 'bridge'], ...spec, id },
    target,
    controls,
  });
const known = (target: Result, ...controls: readonly Result[]) =>
  attempt(`management:ToolHive API:${HOST}`, { port: 8080, request: '/api/v1beta/version' }, target, controls);
const given = (target: Result, ...controls: readonly Result[]) =>
  attempt(`management:given:${GIVEN}`, { port: 9999 }, target, controls);

/** Asked by the host itself, where it is bound. */
const bound = (answer: Result) =>
  attempt(
    `management-host:ToolHive API:127.0.0.1:8080`,
    { port: 8080, request: '/api/v1beta/version', host: '127.0.0.1', from: 'host', controls: [] },
    answer,
    [],
  );

runCases(managementApi, {
  valid: [
    {
      name: 'one on the loopback answers the host, and nobody at its addresses',
      input: { facts: facts(known(refused(), refused(), timeout()), bound(api)) },
      verdicts: ['pass ToolHive API at 127.0.0.1:8080'],
      says: /from inside at none of 1 addresses of the host/,
    },
    {
      name: 'what is on the loopback is something else',
      input: { facts: facts(known(refused(), refused(), timeout()), bound(otherService)) },
      verdicts: ['not-applicable management APIs'],
    },
    {
      name: "the engine's own API is the business of HOST-004",
      input: {
        facts: facts(
          attempt('management:Engine API:x', { port: 2375, request: '/_ping' }, http(200, 'text/plain api-version=1.43 OK'), []),
        ),
      },
      verdicts: ['not-applicable management APIs'],
    },
    {
      name: 'a known API answers the host and not the target',
      input: { facts: facts(known(timeout(), api, timeout())) },
      verdicts: [`pass ${KNOWN}`],
      says: /does not answer from inside \(timeout\), while it answers the control/,
    },
    { name: 'a given one too', input: { facts: facts(given(refused(), connected())) }, verdicts: [`pass ${GIVEN}`] },
    { name: 'nothing listens on a known port', input: { facts: facts() }, verdicts: ['not-applicable management APIs'] },
    {
      name: 'another HTTP service has a known port, and is reached',
      input: { facts: facts(known(otherService, otherService, otherService)) },
      verdicts: ['not-applicable management APIs'],
    },
    {
      name: 'the sign with another status',
      input: { facts: facts(known(http(404, 'application/json {"version"'), refused())) },
      verdicts: ['not-applicable management APIs'],
    },
    {
      name: 'nobody finds it at this address',
      input: { facts: facts(known(refused(), refused(), timeout())) },
      verdicts: ['not-applicable management APIs'],
    },
  ],
  invalid: [
    {
      name: 'a known API answers',
      input: { facts: facts(known(api, api)) },
      verdicts: [`fail ${KNOWN}`],
      shows: [/it said: application\/json/],
    },
    { name: 'and no control was made', input: { facts: facts(known(api)) }, verdicts: [`fail ${KNOWN}`] },
    {
      name: 'a given port answers whatever it says',
      input: { facts: facts(given(otherService)) },
      verdicts: [`fail ${GIVEN}`],
    },
    {
      name: 'a given port that asks for credentials',
      input: { facts: facts(given(outcome('unauthorized', { phase: 'http' }))) },
      verdicts: [`fail ${GIVEN}`],
    },
    {
      name: 'hostile text in what it said',
      input: { facts: facts(known(http(200, '\u001b[2J"version"</td>'))) },
      verdicts: [`fail ${KNOWN}`],
    },
    {
      name: 'one of several',
      input: { facts: facts(known(timeout(), api), given(connected(), connected())) },
      verdicts: [`pass ${KNOWN}`, `fail ${GIVEN}`],
    },
  ],
  undecided: [
    {
      name: 'one on the loopback, and no address was tried',
      input: { facts: facts(bound(api)) },
      verdicts: ['inconclusive ToolHive API at 127.0.0.1:8080'],
    },
    {
      name: 'one on the loopback, and an address that could not be tried',
      input: { facts: facts(known(notRun(), refused()), bound(api)) },
      verdicts: [`inconclusive ${KNOWN}`],
    },
    {
      name: 'a given port whose control fails',
      input: { facts: facts(given(refused(), refused())) },
      verdicts: [`inconclusive ${GIVEN}`],
    },
    { name: 'a given port without a control', input: { facts: facts(given(timeout())) }, verdicts: [`inconclusive ${GIVEN}`] },
    { name: 'a known port without a control', input: { facts: facts(known(timeout())) }, verdicts: [`inconclusive ${KNOWN}`] },
    {
      name: 'its control was not made',
      input: { facts: facts(known(timeout(), notRun())) },
      verdicts: [`inconclusive ${KNOWN}`],
    },
    {
      name: 'the probe of its control failed',
      input: { facts: facts(known(otherService, probeError())) },
      verdicts: [`inconclusive ${KNOWN}`],
    },
    {
      name: 'the attempt was not made',
      input: { facts: facts(known(notRun(), api)) },
      verdicts: [`inconclusive ${KNOWN}`],
      says: /the attempt was not made/,
    },
    {
      name: 'it tells the target something else than the control',
      input: { facts: facts(known(http(403, 'text/plain forbidden'), api)) },
      verdicts: [`inconclusive ${KNOWN}`],
      says: /is not what it tells the control/,
    },
  ],
});
