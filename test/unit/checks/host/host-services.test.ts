import { hostServices } from '../../../../src/checks/host/host-services.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aDeclaration,
  aHostNamespace,
  aNamespace,
  anInterface,
  aPair,
  aPolicy,
  connected,
  notRun,
  outcome,
  refused,
  timeout,
  unreachable,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const HOST = '172.30.0.1';
const NOBODY = '172.31.0.1';
const facts = (...attempts: readonly PairedAttempt[]) => ({ host: { attempts: [...attempts] } });
const service = (port: number, target: Result, controls: readonly Result[] = [connected()], spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: {
      id: `host-service:${spec.host ?? HOST}:${port}`,
      purpose: 'host-service',
      host: HOST,
      port,
      subject: `${spec.host ?? HOST}:${port}`,
      controls: ['host'],
      ...spec,
    },
    target,
    controls,
  });
/** Port 1, at which nobody listens. */
const closed = (target: Result, controls: readonly Result[] = [refused()], host = HOST) =>
  service(1, target, controls, { id: `host-service:closed:${host}`, host });
const named = aNamespace({ aliases: [{ name: 'host.docker.internal', addresses: [HOST] }] });

runCases(hostServices, {
  valid: [
    {
      name: 'silence at each service, while the host finds all',
      input: { facts: facts(service(22, timeout()), service(5432, timeout()), closed(timeout())) },
      verdicts: [`pass services at ${HOST}`],
      says: /^None of 2 services/,
    },
    {
      name: 'no service, and silence at the closed port',
      input: { facts: facts(closed(unreachable())) },
      verdicts: [`not-applicable services at ${HOST}`],
    },
    {
      name: 'a listener that is gone for the host as well does not count',
      input: { facts: facts(service(22, timeout()), service(40000, timeout(), [refused()]), closed(timeout())) },
      verdicts: [`pass services at ${HOST}`],
      says: /^None of 1 services/,
    },
    {
      name: 'the host network is declared',
      input: { facts: facts(service(22, connected())), declaration: aDeclaration({ network: { mode: 'host' } }) },
      verdicts: ['not-applicable services of the host'],
    },
    {
      name: 'a router that refuses at an address which is not the host’s',
      input: { facts: facts(service(22, refused(), [timeout()], { host: NOBODY }), closed(refused(), [refused()], NOBODY)) },
      verdicts: [`not-applicable services at ${NOBODY}`],
    },
    {
      name: 'the namespace has the address of the host for itself, and answers itself',
      input: {
        facts: {
          ...facts(service(22, connected()), closed(refused())),
          namespace: aNamespace({ interfaces: [anInterface({ address: HOST })] }),
        },
      },
      verdicts: [`not-applicable services at ${HOST}`],
    },
  ],
  invalid: [
    {
      name: 'a service answers, and that beats the refusal',
      input: { facts: facts(closed(refused()), service(22, connected()), service(5432, timeout())) },
      verdicts: [`fail ${HOST}:22`],
    },
    {
      name: 'each service that answers',
      input: { facts: facts(service(22, connected()), service(5432, connected(), [])) },
      verdicts: [`fail ${HOST}:22`, `fail ${HOST}:5432`],
    },
    {
      name: 'refused is a route',
      input: { facts: facts(service(22, timeout()), closed(refused())) },
      verdicts: [`fail route to ${HOST} (low)`],
      says: /answered \(refused\): there is a route to the host/,
      actual: 'refused',
    },
    {
      name: 'refused at an address of the host, though no control was made',
      input: { facts: facts(closed(refused(), [])) },
      verdicts: [`fail route to ${HOST} (low)`],
    },
    {
      name: 'addresses are judged apart',
      input: { facts: facts(service(22, timeout()), service(22, connected(), undefined, { host: '198.51.100.1' })) },
      verdicts: [`pass services at ${HOST}`, 'fail 198.51.100.1:22'],
    },
    {
      name: 'declared by address',
      input: { facts: facts(service(5432, connected())), policy: aPolicy({ permits: [`${HOST}:5432`] }) },
      verdicts: [`fail ${HOST}:5432 (info)`],
    },
    {
      name: 'declared by a name of the host, on that port alone',
      input: {
        facts: { ...facts(service(5432, connected()), service(22, connected())), namespace: named },
        policy: aPolicy({ permits: ['host.docker.internal:5432'] }),
      },
      verdicts: [`fail ${HOST}:5432 (info)`, `fail ${HOST}:22`],
    },
    {
      name: 'a declared name that the server itself gave to the host in /etc/hosts',
      input: {
        facts: {
          ...facts(service(443, connected())),
          namespace: aNamespace({ hosts: [{ name: 'api.example.com', address: HOST }] }),
        },
        policy: aPolicy({ permits: ['api.example.com:443'] }),
      },
      verdicts: [`fail ${HOST}:443`],
    },
    {
      name: 'everything is declared',
      input: { facts: facts(service(22, connected())), policy: aPolicy({ permits: 'all' }) },
      verdicts: [`fail ${HOST}:22 (medium)`],
    },
    {
      name: 'the address is its own because the namespace is the host’s',
      input: { facts: { ...facts(service(22, connected())), namespace: aHostNamespace() } },
      verdicts: [`fail ${HOST}:22`],
    },
  ],
  undecided: [
    { name: 'no address is known', input: { facts: facts() }, verdicts: ['inconclusive services of the host'] },
    { name: 'no control', input: { facts: facts(service(22, timeout(), [])) }, verdicts: [`inconclusive services at ${HOST}`] },
    {
      name: 'the control failed',
      input: { facts: facts(service(22, timeout(), [timeout()])) },
      verdicts: [`inconclusive services at ${HOST}`],
    },
    {
      name: 'not made',
      input: { facts: facts(service(22, notRun()), service(80, timeout())) },
      verdicts: [`inconclusive services at ${HOST}`],
    },
    {
      name: 'not made, where nobody listens any more',
      input: { facts: facts(service(22, notRun(), [refused()])) },
      verdicts: [`inconclusive services at ${HOST}`],
    },
    {
      name: 'a connection that was reset later',
      input: { facts: facts(service(22, outcome('reset', { phase: 'http' }))) },
      verdicts: [`inconclusive services at ${HOST}`],
    },
    {
      name: 'attempts of another purpose',
      input: { facts: facts(aPair({ spec: { purpose: 'host-canary' }, target: connected() })) },
      verdicts: ['inconclusive services of the host'],
    },
  ],
});
