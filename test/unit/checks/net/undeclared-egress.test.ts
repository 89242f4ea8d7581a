import { undeclaredEgress } from '../../../../src/checks/net/undeclared-egress.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  answered,
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
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const leak = aPair({ target: connected() });
const A = '203.0.113.10:443';
const certificate = (digit: string, authorized = false) =>
  connected({ phase: 'tls', peer: { certificate: digit.repeat(64), authorized } });

runCases(undeclaredEgress, {
  valid: [
    {
      name: 'timeout beside a control',
      input: { facts: egress(aPair()) },
      verdicts: [`pass ${A}`],
      says: /not reached directly: timeout, while the control succeeded/,
      shows: [/timeout after 2000 ms and 2 tries/, /control on an ordinary bridge: connected/],
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 203.0.113.10 443',
    },
    { name: 'refused beside a control', input: { facts: egress(aPair({ target: refused() })) }, verdicts: [`pass ${A}`] },
    { name: 'unreachable beside a control', input: { facts: egress(aPair({ target: unreachable() })) }, verdicts: [`pass ${A}`] },
    {
      name: 'one control of two succeeds',
      input: { facts: egress(aPair({ controls: [timeout(), connected()] })) },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'another peer answered',
      input: {
        facts: egress(
          aPair({
            target: connected({ peer: { certificate: 'b'.repeat(64), authorized: false, status: 403, server: 'filter' } }),
            controls: [connected({ peer: { certificate: 'c'.repeat(64), authorized: true, status: 200, server: 'origin' } })],
          }),
        ),
      },
      verdicts: [`pass ${A}`],
      says: /another peer answered/,
    },
    {
      name: 'everything is declared',
      input: { facts: egress(leak), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['not-applicable undeclared destinations'],
    },
    {
      name: 'every canary is declared',
      input: { facts: egress(leak), policy: aPolicy({ permits: [A] }) },
      verdicts: ['not-applicable undeclared destinations'],
      says: /Every canary that was tried directly is declared/,
    },
  ],
  invalid: [
    {
      name: 'reached',
      input: { facts: egress(leak) },
      verdicts: [`fail ${A}`],
      says: /203\.0\.113\.10:443 is not declared and was reached directly/,
      shows: [/direct, IPv4: connected/],
    },
    {
      name: 'reached without a control',
      input: { facts: egress(aPair({ target: connected(), controls: [] })) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'the canary gave its nonce',
      input: { facts: egress(aPair({ spec: { nonce: 'n' }, target: answered(), controls: [timeout()] })) },
      verdicts: [`fail ${A}`],
      says: /nonce/,
    },
    {
      name: 'another certificate of the same name',
      input: { facts: egress(aPair({ target: certificate('b', true), controls: [certificate('c', true)] })) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'one endpoint of three',
      input: { facts: egress(leak, aPair({ spec: { host: '203.0.113.11' } }), aPair({ spec: { port: 80 }, controls: [] })) },
      verdicts: [`fail ${A}`, 'pass 203.0.113.11:443', 'inconclusive 203.0.113.10:80'],
    },
    {
      name: 'one of two tries at one endpoint',
      input: { facts: egress(aPair(), aPair({ controls: [] }), leak) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'a declared port leaves the others undeclared',
      input: { facts: egress(leak), policy: aPolicy({ permits: ['203.0.113.10:80'] }) },
      verdicts: [`fail ${A}`],
    },
  ],
  undecided: [
    {
      name: 'another certificate, and nothing that it carries',
      input: { facts: egress(aPair({ target: certificate('b'), controls: [certificate('c', true)] })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'no control',
      input: { facts: egress(aPair({ controls: [] })) },
      verdicts: [`inconclusive ${A}`],
      says: /no control was made/,
      shows: [/no control/],
    },
    {
      name: 'the control failed',
      input: { facts: egress(aPair({ controls: [timeout()] })) },
      verdicts: [`inconclusive ${A}`],
      says: /control failed too/,
    },
    {
      name: 'the control was not made',
      input: { facts: egress(aPair({ controls: [notRun()] })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'the control reached something without the nonce',
      input: { facts: egress(aPair({ spec: { nonce: 'n' }, controls: [connected()] })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'the client broke',
      input: { facts: egress(aPair({ target: probeError() })) },
      verdicts: [`inconclusive ${A}`],
      says: /the probe failed \(EMFILE\)/,
    },
    { name: 'not made', input: { facts: egress(aPair({ target: notRun() })) }, verdicts: [`inconclusive ${A}`] },
    {
      name: 'TLS failed on a connection',
      input: { facts: egress(aPair({ target: outcome('tls-failed') })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'reset after the connection',
      input: { facts: egress(aPair({ target: outcome('reset', { phase: 'http' }) })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'one of two tries at one endpoint',
      input: { facts: egress(aPair(), aPair({ controls: [] })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'one server, two answers',
      input: {
        facts: egress(
          aPair({
            target: connected({ peer: { status: 503, server: 'nginx' } }),
            controls: [connected({ peer: { status: 200, server: 'nginx' } })],
          }),
        ),
      },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'garbage: a refusal by proxy on the direct path',
      input: { facts: egress(aPair({ target: proxyDenied(), controls: [] })) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'nothing was tried',
      input: { facts: egress() },
      verdicts: ['inconclusive undeclared destinations'],
      says: /No canary was tried directly/,
    },
    {
      name: 'what belongs to other checks is left to them',
      input: {
        facts: egress(
          aPair({ spec: { path: 'proxy' }, target: connected() }),
          aPair({ spec: { host: '2001:db8::10' }, target: connected() }),
          aPair({ spec: { purpose: 'declared' }, target: connected() }),
          aPair({ spec: { purpose: 'port-boundary' }, target: connected() }),
        ),
      },
      verdicts: ['inconclusive undeclared destinations'],
    },
  ],
});
