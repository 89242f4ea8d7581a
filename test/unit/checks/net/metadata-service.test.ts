import { metadataService } from '../../../../src/checks/net/metadata-service.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aPair,
  aPolicy,
  connected,
  notRun,
  outcome,
  probeError,
  proxyDenied,
  refused,
  timeout,
  unreachable,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const M = '169.254.169.254:80';
const metadata = (...attempts: readonly PairedAttempt[]) => ({ metadata: { attempts: [...attempts] } });
const asked = (target: Result, controls: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({ spec: { purpose: 'metadata', kind: 'http', host: '169.254.169.254', port: 80, ...spec }, target, controls });
const unauthorized = outcome('unauthorized', { phase: 'http', peer: { status: 401 } });

runCases(metadataService, {
  valid: [
    {
      name: 'closed while the control is answered',
      input: { facts: metadata(asked(timeout(), [connected()])) },
      verdicts: [`pass ${M}`],
      says: /did not answer \(timeout\), while it answers the control/,
    },
    {
      name: 'the control is asked for a token, which is an answer',
      input: { facts: metadata(asked(unreachable(), [unauthorized])) },
      verdicts: [`pass ${M}`],
    },
    { name: 'a proxy refused', input: { facts: metadata(asked(proxyDenied(), [connected()])) }, verdicts: [`pass ${M}`] },
    {
      name: 'no cloud: not even the control',
      input: { facts: metadata(asked(timeout(), [timeout()])) },
      verdicts: [`not-applicable ${M}`],
      says: /not even the control/,
    },
    {
      name: 'no cloud: no control of two',
      input: { facts: metadata(asked(timeout(), [timeout(), refused()], { controls: ['bridge', 'host'] })) },
      verdicts: [`not-applicable ${M}`],
    },
    {
      name: 'declared literally',
      input: { policy: aPolicy({ permits: [M] }), facts: metadata(asked(connected(), [connected()])) },
      verdicts: [`not-applicable ${M}`],
      says: /declared literally/,
    },
    {
      name: 'allow-all, and nothing answers',
      input: { policy: aPolicy({ permits: 'all' }), facts: metadata(asked(timeout(), [timeout()])) },
      verdicts: [`not-applicable ${M}`],
    },
  ],
  invalid: [
    {
      name: 'answered',
      input: { facts: metadata(asked(connected(), [connected()])) },
      verdicts: [`fail ${M}`],
      says: /answered \(connected\)/,
      shows: [/169\.254\.169\.254:80\/tcp/],
    },
    { name: 'answered, without a control', input: { facts: metadata(asked(connected(), [])) }, verdicts: [`fail ${M}`] },
    {
      name: 'answered by another peer than the control',
      input: {
        facts: metadata(asked(connected({ peer: { status: 404 } }), [connected({ peer: { status: 200, server: 'EC2ws' } })])),
      },
      verdicts: [`fail ${M}`],
    },
    { name: 'it wants a token', input: { facts: metadata(asked(unauthorized, [timeout()])) }, verdicts: [`fail ${M}`] },
    {
      name: 'it reset an open connection',
      input: { facts: metadata(asked(outcome('reset', { phase: 'http' }), [])) },
      verdicts: [`fail ${M}`],
    },
    {
      name: 'TLS failed on an open connection',
      input: { facts: metadata(asked(outcome('tls-failed'), [])) },
      verdicts: [`fail ${M}`],
    },
    {
      name: 'it speaks something else',
      input: { facts: metadata(asked(outcome('other-protocol'), [])) },
      verdicts: [`fail ${M}`],
    },
    {
      name: 'allow-all: information only',
      input: { policy: aPolicy({ permits: 'all' }), facts: metadata(asked(connected(), [connected()])) },
      verdicts: [`fail ${M} (info)`],
      says: /the declaration allows any host/,
    },
    {
      name: 'another port is declared',
      input: { policy: aPolicy({ permits: ['169.254.169.254:8080'] }), facts: metadata(asked(connected(), [])) },
      verdicts: [`fail ${M}`],
    },
    {
      name: 'one address of two',
      input: { facts: metadata(asked(timeout(), [connected()]), asked(connected(), [], { host: 'fd00:ec2::254' })) },
      verdicts: [`pass ${M}`, 'fail [fd00:ec2::254]:80'],
    },
    {
      name: 'one try of two',
      input: { facts: metadata(asked(timeout(), [connected()]), asked(connected(), [])) },
      verdicts: [`fail ${M}`],
    },
  ],
  undecided: [
    { name: 'nothing was tried', input: { facts: metadata() }, verdicts: ['inconclusive metadata addresses'] },
    {
      name: 'garbage: attempts of another purpose',
      input: { facts: metadata(aPair({ target: connected() })) },
      verdicts: ['inconclusive metadata addresses'],
    },
    { name: 'no control', input: { facts: metadata(asked(timeout(), [])) }, verdicts: [`inconclusive ${M}`] },
    {
      name: 'no control was planned',
      input: { facts: metadata(asked(timeout(), [], { controls: [] })) },
      verdicts: [`inconclusive ${M}`],
    },
    {
      name: 'the control was not made',
      input: { facts: metadata(asked(timeout(), [notRun()])) },
      verdicts: [`inconclusive ${M}`],
    },
    { name: 'the control broke', input: { facts: metadata(asked(timeout(), [probeError()])) }, verdicts: [`inconclusive ${M}`] },
    {
      name: 'one control of two was made, and failed',
      input: { facts: metadata(asked(timeout(), [timeout()], { controls: ['bridge', 'host'] })) },
      verdicts: [`inconclusive ${M}`],
    },
    {
      name: 'one control of two failed, the other broke',
      input: { facts: metadata(asked(timeout(), [timeout(), probeError()], { controls: ['bridge', 'host'] })) },
      verdicts: [`inconclusive ${M}`],
    },
    { name: 'not made', input: { facts: metadata(asked(notRun(), [connected()])) }, verdicts: [`inconclusive ${M}`] },
    { name: 'the client broke', input: { facts: metadata(asked(probeError(), [timeout()])) }, verdicts: [`inconclusive ${M}`] },
  ],
});
