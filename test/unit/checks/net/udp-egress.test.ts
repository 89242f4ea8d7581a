import { udpEgress } from '../../../../src/checks/net/udp-egress.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aNamespace,
  answered,
  aPair,
  aPolicy,
  connected,
  notRun,
  timeout,
  unreachable,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const U = '203.0.113.53:53';
const facts = (...attempts: readonly PairedAttempt[]) => ({ udp: { attempts: [...attempts] } });
const datagram = (target: Result, controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: { purpose: 'udp', kind: 'udp', host: '203.0.113.53', port: 53, nonce: 'n', ...spec },
    target,
    ...(controls !== undefined && { controls }),
  });
const six = { host: '2001:db8::53' } as const;

runCases(udpEgress, {
  valid: [
    {
      name: 'silence beside a control',
      input: { facts: facts(datagram(timeout())) },
      verdicts: [`pass ${U}`],
      says: /not reached by UDP: timeout/,
      reproduce: 'docker run --rm --network container:weather busybox nc -u -w 2 203.0.113.53 53',
    },
    { name: 'no route', input: { facts: facts(datagram(unreachable())) }, verdicts: [`pass ${U}`] },
    {
      name: 'something else answered',
      input: { facts: facts(datagram(connected({ nonce: 'mismatch' }))) },
      verdicts: [`pass ${U}`],
    },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: facts(datagram(answered())) },
      verdicts: ['not-applicable undeclared peers by UDP'],
    },
    {
      name: 'IPv6 is absent inside',
      input: { facts: facts(datagram(timeout()), datagram(unreachable(), [unreachable()], six)) },
      verdicts: [`pass ${U}`, 'not-applicable [2001:db8::53]:53'],
    },
  ],
  invalid: [
    {
      name: 'the nonce came back',
      input: { facts: facts(datagram(answered())) },
      verdicts: [`fail ${U}`],
      says: /was reached by UDP/,
    },
    {
      name: 'a peer without nonce answered',
      input: {
        facts: facts(aPair({ spec: { purpose: 'udp', kind: 'udp', host: '203.0.113.53', port: 53 }, target: connected() })),
      },
      verdicts: [`fail ${U}`],
    },
    {
      name: 'a declared TCP endpoint allows no datagrams',
      input: { policy: aPolicy({ permits: ['203.0.113.53:53'] }), facts: facts(datagram(answered())) },
      verdicts: [`fail ${U}`],
    },
    {
      name: 'over IPv6, though it seemed absent',
      input: { facts: facts(datagram(answered(), [], six)) },
      verdicts: ['fail [2001:db8::53]:53'],
    },
  ],
  undecided: [
    { name: 'no control', input: { facts: facts(datagram(timeout(), [])) }, verdicts: [`inconclusive ${U}`] },
    { name: 'the control failed', input: { facts: facts(datagram(timeout(), [timeout()])) }, verdicts: [`inconclusive ${U}`] },
    {
      name: 'the control heard another nonce',
      input: { facts: facts(datagram(timeout(), [connected({ nonce: 'mismatch' })])) },
      verdicts: [`inconclusive ${U}`],
    },
    {
      name: 'another nonce, and the control failed',
      input: { facts: facts(datagram(connected({ nonce: 'mismatch' }), [timeout()])) },
      verdicts: [`inconclusive ${U}`],
    },
    { name: 'not made', input: { facts: facts(datagram(notRun())) }, verdicts: [`inconclusive ${U}`] },
    {
      name: 'nothing was tried',
      input: { facts: facts() },
      verdicts: ['inconclusive undeclared peers by UDP'],
      says: /No canary was tried by UDP/,
    },
    {
      name: 'garbage: attempts of another purpose',
      input: { facts: facts(aPair({ target: connected() })) },
      verdicts: ['inconclusive undeclared peers by UDP'],
    },
    {
      name: 'IPv6 is inside, without a control',
      input: { facts: { ...facts(datagram(unreachable(), [], six)), namespace: aNamespace({ defaultRoute6: true }) } },
      verdicts: ['inconclusive [2001:db8::53]:53'],
    },
    {
      name: 'whether IPv6 is inside is unknown',
      input: { facts: { ...facts(datagram(unreachable(), [], six)), namespace: undefined } },
      verdicts: ['inconclusive [2001:db8::53]:53'],
    },
  ],
});
