import { hostCanary } from '../../../../src/checks/host/host-canary.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aDeclaration,
  aNamespace,
  answered,
  aPair,
  aPolicy,
  connected,
  notRun,
  probeError,
  refused,
  timeout,
  unreachable,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const GATEWAY = '172.30.0.1';
/** The first address of a network on which the host has none. */
const NOBODY = '172.31.0.1';
const facts = (...attempts: readonly PairedAttempt[]) => ({ host: { attempts: [...attempts] } });
const canary = (target: Result, controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: {
      purpose: 'host-canary',
      host: GATEWAY,
      port: 40001,
      nonce: 'n',
      subject: spec.host ?? GATEWAY,
      controls: ['bridge', 'host'],
      ...spec,
    },
    target,
    ...(controls !== undefined && { controls }),
  });
const silent = [timeout(), unreachable()];

runCases(hostCanary, {
  valid: [
    {
      name: 'silence, while the control hears the canary',
      input: { facts: facts(canary(timeout())) },
      verdicts: [`pass ${GATEWAY}`],
      says: /was not reached at 172\.30\.0\.1: timeout, while the control succeeded/,
      shows: [/control on an ordinary bridge: connected/],
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 172.30.0.1 40001',
    },
    {
      name: 'the ordinary bridge is closed too, and the host itself hears it',
      input: { facts: facts(canary(refused(), [timeout(), answered()])) },
      verdicts: [`pass ${GATEWAY}`],
    },
    {
      name: 'something else answers there',
      input: { facts: facts(canary(connected({ nonce: 'mismatch' }))) },
      verdicts: [`pass ${GATEWAY}`],
    },
    {
      name: 'the host network is declared',
      input: { facts: facts(canary(answered())), declaration: aDeclaration({ network: { mode: 'host' } }) },
      verdicts: ['not-applicable addresses of the host'],
    },
    {
      name: 'an address that is not the host’s and where nobody answers anybody',
      input: { facts: facts(canary(timeout()), canary(timeout(), silent, { host: NOBODY })) },
      verdicts: [`pass ${GATEWAY}`, `not-applicable ${NOBODY}`],
    },
  ],
  invalid: [
    {
      name: 'the nonce came back',
      input: { facts: facts(canary(answered())) },
      verdicts: [`fail ${GATEWAY}`],
      says: /A listener on the host answered at 172\.30\.0\.1: the canary answered with its nonce/,
    },
    { name: 'and no control was made', input: { facts: facts(canary(answered(), [])) }, verdicts: [`fail ${GATEWAY}`] },
    {
      name: 'one address of several, the others decided apart',
      input: { facts: facts(canary(timeout()), canary(answered(), undefined, { host: '198.51.100.1' })) },
      verdicts: [`pass ${GATEWAY}`, 'fail 198.51.100.1'],
    },
    {
      name: 'an address that the host does not know as its own',
      input: { facts: facts(canary(answered(), silent, { host: NOBODY })) },
      verdicts: [`fail ${NOBODY}`],
    },
    {
      name: 'IPv6 alone',
      input: { facts: facts(canary(answered(), undefined, { host: 'fd00::1' })) },
      verdicts: ['fail fd00::1'],
    },
    {
      name: 'everything is declared: the host is part of it, and less of a breach',
      input: { facts: facts(canary(answered())), policy: aPolicy({ permits: 'all' }) },
      verdicts: [`fail ${GATEWAY} (medium)`],
    },
  ],
  undecided: [
    { name: 'no canary', input: { facts: facts() }, verdicts: ['inconclusive addresses of the host'] },
    { name: 'no control', input: { facts: facts(canary(timeout(), [])) }, verdicts: [`inconclusive ${GATEWAY}`] },
    { name: 'every control failed', input: { facts: facts(canary(timeout(), silent)) }, verdicts: [`inconclusive ${GATEWAY}`] },
    {
      name: 'the control heard another nonce',
      input: { facts: facts(canary(timeout(), [connected({ nonce: 'mismatch' })])) },
      verdicts: [`inconclusive ${GATEWAY}`],
    },
    { name: 'not made', input: { facts: facts(canary(notRun())) }, verdicts: [`inconclusive ${GATEWAY}`] },
    { name: 'the probe failed', input: { facts: facts(canary(probeError())) }, verdicts: [`inconclusive ${GATEWAY}`] },
    {
      name: 'attempts of another purpose',
      input: { facts: facts(aPair({ target: answered(), spec: { purpose: 'host-loopback', nonce: 'n' } })) },
      verdicts: ['inconclusive addresses of the host'],
    },
    {
      name: 'a strange address, and a control that was not made',
      input: { facts: facts(canary(timeout(), [timeout(), notRun()], { host: NOBODY })) },
      verdicts: [`inconclusive ${NOBODY}`],
    },
    {
      name: 'a strange address that a name of the host means',
      input: {
        facts: {
          ...facts(canary(timeout(), silent, { host: NOBODY })),
          namespace: aNamespace({ aliases: [{ name: 'host.docker.internal', addresses: [NOBODY] }] }),
        },
      },
      verdicts: [`inconclusive ${NOBODY}`],
    },
    {
      name: 'a strange address, and nobody knows those of the host',
      input: { facts: { ...facts(canary(timeout(), silent, { host: NOBODY })), hostNamespace: undefined } },
      verdicts: [`inconclusive ${NOBODY}`],
    },
  ],
});
