import { privateRanges } from '../../../../src/checks/net/private-ranges.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import { aPair, aPolicy, connected, notRun, proxyDenied, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const A = '10.0.0.5:5432';
const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const at = (target: Result, controls: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: { purpose: 'private', host: '10.0.0.5', port: 5432, subject: A, controls: ['bridge', 'host'], ...spec },
    target,
    controls,
  });

runCases(privateRanges, {
  valid: [
    {
      name: 'held back, and the host itself is let in',
      input: { facts: egress(at(timeout(), [timeout(), connected()])) },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'the proxy refuses, in every spelling',
      input: {
        facts: egress(
          at(timeout(), [connected(), connected()]),
          at(proxyDenied(), [connected(), connected()], { path: 'proxy' }),
          at(proxyDenied(), [connected(), connected()], { path: 'proxy', host: '167772165' }),
        ),
      },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'none was named',
      input: { facts: egress() },
      verdicts: ['not-applicable private destinations'],
      says: /none is searched for/,
    },
    {
      name: 'declared',
      input: { policy: aPolicy({ permits: [A] }), facts: egress(at(connected(), [connected()])) },
      verdicts: ['not-applicable private destinations'],
    },
  ],
  invalid: [
    { name: 'directly', input: { facts: egress(at(connected(), [connected(), connected()])) }, verdicts: [`fail ${A}`] },
    {
      name: 'by proxy, under another spelling',
      input: {
        facts: egress(
          at(timeout(), [connected(), connected()]),
          at(connected(), [connected(), connected()], { path: 'proxy', host: '167772165' }),
        ),
      },
      verdicts: [`fail ${A}`],
    },
  ],
  undecided: [
    {
      name: 'nobody reaches it',
      input: { facts: egress(at(timeout(), [timeout(), timeout()])) },
      verdicts: [`inconclusive ${A}`],
    },
    { name: 'not made', input: { facts: egress(at(notRun(), [connected(), connected()])) }, verdicts: [`inconclusive ${A}`] },
  ],
});
