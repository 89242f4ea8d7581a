import { hostLoopback } from '../../../../src/checks/host/host-loopback.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aDeclaration,
  answered,
  aPair,
  aPolicy,
  connected,
  notRun,
  refused,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const facts = (...attempts: readonly PairedAttempt[]) => ({ host: { attempts: [...attempts] } });
const canary = (target: Result, controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: {
      purpose: 'host-loopback',
      host: '127.0.0.1',
      port: 40002,
      nonce: 'n',
      subject: spec.host ?? '127.0.0.1',
      controls: ['host'],
      ...spec,
    },
    target,
    ...(controls !== undefined && { controls }),
  });

runCases(hostLoopback, {
  valid: [
    {
      name: 'its own loopback refuses, while the host hears the canary',
      input: { facts: facts(canary(refused())) },
      verdicts: ['pass 127.0.0.1'],
      shows: [/control on the host itself: connected/],
    },
    {
      name: 'a service of its own has the port',
      input: { facts: facts(canary(connected({ nonce: 'mismatch' }))) },
      verdicts: ['pass 127.0.0.1'],
    },
    {
      name: 'the host network is declared',
      input: { facts: facts(canary(answered())), declaration: aDeclaration({ network: { mode: 'host' } }) },
      verdicts: ['not-applicable loopback of the host'],
    },
  ],
  invalid: [
    {
      name: 'shared loopback',
      input: { facts: facts(canary(answered())) },
      verdicts: ['fail 127.0.0.1'],
      says: /A listener on the host's loopback/,
    },
    {
      name: 'by an address that is mapped to it',
      input: { facts: facts(canary(refused()), canary(answered(), undefined, { host: '192.168.65.254' })) },
      verdicts: ['pass 127.0.0.1', 'fail 192.168.65.254'],
    },
    {
      name: '"any host" does not mean it',
      input: { facts: facts(canary(answered())), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['fail 127.0.0.1'],
    },
    {
      name: 'another mode is declared',
      input: { facts: facts(canary(answered())), declaration: aDeclaration({ network: { mode: 'HOST' } }) },
      verdicts: ['fail 127.0.0.1'],
    },
  ],
  undecided: [
    { name: 'no canary', input: { facts: facts() }, verdicts: ['inconclusive loopback of the host'] },
    { name: 'no control', input: { facts: facts(canary(refused(), [])) }, verdicts: ['inconclusive 127.0.0.1'] },
    { name: 'the canary is dead', input: { facts: facts(canary(timeout(), [refused()])) }, verdicts: ['inconclusive 127.0.0.1'] },
    { name: 'not made', input: { facts: facts(canary(notRun())) }, verdicts: ['inconclusive 127.0.0.1'] },
    {
      name: 'the wildcard canary says nothing about the loopback',
      input: { facts: facts(aPair({ spec: { purpose: 'host-canary', nonce: 'n' }, target: answered() })) },
      verdicts: ['inconclusive loopback of the host'],
    },
  ],
});
