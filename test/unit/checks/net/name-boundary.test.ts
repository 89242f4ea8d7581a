import { nameBoundary } from '../../../../src/checks/net/name-boundary.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aDeclaration,
  aPair,
  aPolicy,
  connected,
  notRun,
  outcome,
  proxyDenied,
  refused,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const H = 'api.example.com';
const policy = aPolicy({ permits: [`${H}:443`] });
const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const beside = (host: string, target: Result = timeout(), controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({ spec: { purpose: 'name-boundary', host, subject: H, ...spec }, target, ...(controls !== undefined && { controls }) });
const byProxy = { path: 'proxy' } as const;
const declared = aPair({ spec: { purpose: 'declared', host: H }, target: connected() });
const nxdomain = outcome('nxdomain', { phase: 'resolve', detail: 'NXDOMAIN from 127.0.0.11' });
const refusedName = outcome('servfail', { phase: 'resolve', detail: 'REFUSED from 127.0.0.1' });
const gaveUp = proxyDenied({ detail: 'HTTP 502' });

runCases(nameBoundary, {
  valid: [
    {
      name: 'a parent that the control reaches',
      input: { policy, facts: egress(declared, beside('example.com')) },
      verdicts: [`pass ${H}`],
      says: /shown for example\.com:443\./,
      actual: 'none reached',
    },
    {
      name: 'a proxy that refuses by the name, whether or not it exists',
      input: { policy, facts: egress(beside(`evil-${H}`, proxyDenied(), [nxdomain], byProxy)) },
      verdicts: [`pass ${H}`],
      says: /by proxy/,
    },
    {
      name: 'a name server that refuses a name which does not exist for the control',
      input: { policy, facts: egress(beside(`www.${H}`, refusedName, [nxdomain])) },
      verdicts: [`pass ${H}`],
    },
    {
      name: 'no neighbour exists, and the control is not cut off',
      input: {
        policy,
        facts: egress(declared, beside(`www.${H}`, nxdomain, [nxdomain]), beside('example.com', timeout(), [refused()])),
      },
      verdicts: [`not-applicable ${H}`],
      says: /the control finds none of www\.api\.example\.com:443, example\.com:443/,
    },
    {
      name: 'a proxy that found nobody there',
      input: { policy, facts: egress(declared, beside(`www.${H}`, gaveUp, [nxdomain], byProxy)) },
      verdicts: [`not-applicable ${H}`],
    },
  ],
  invalid: [
    {
      name: 'a parent, directly',
      input: { policy, facts: egress(beside(`www.${H}`), beside('example.com', connected())) },
      verdicts: [`fail ${H}`],
      says: /A neighbour of api\.example\.com was reached: example\.com:443\./,
      actual: 'reached: example.com:443',
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 example.com 443',
    },
    {
      name: 'the address of the declared host, by proxy',
      input: {
        policy,
        facts: egress(beside('203.0.113.10', connected(), undefined, { ...byProxy, serverName: H, authority: H, tls: true })),
      },
      verdicts: [`fail ${H}`],
      says: /203\.0\.113\.10:443 by proxy/,
      shows: [/SNI api\.example\.com, Host api\.example\.com/],
      reproduce: `docker run --rm --network container:weather curlimages/curl -sv -m 5 --proxytunnel -x http://egress:3128 -k --connect-to ::203.0.113.10:443 -H 'Host: ${H}' https://${H}:443/`,
    },
    {
      name: 'one that the user named',
      input: {
        policy,
        facts: egress(beside('evil.example', connected(), undefined, { subject: 'evil.example:443' }), beside('example.com')),
      },
      verdicts: ['fail evil.example:443', `pass ${H}`],
      says: /^An undeclared endpoint was reached: evil\.example:443\./,
    },
  ],
  undecided: [
    {
      name: 'nothing was tried',
      input: { policy, facts: egress(declared) },
      verdicts: ['inconclusive neighbours of declared names'],
    },
    {
      name: 'no control',
      input: { policy, facts: egress(declared, beside('example.com', timeout(), [])) },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'not made',
      input: { policy, facts: egress(declared, beside('example.com', notRun())) },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'no neighbour for a control that reaches nothing at all',
      input: { policy, facts: egress(beside(`www.${H}`, nxdomain, [nxdomain])) },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'a name server that refuses, and a control that was not answered either',
      input: { policy, facts: egress(declared, beside(`www.${H}`, refusedName, [refusedName])) },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'a name server that fails is no decision',
      input: {
        policy,
        facts: egress(
          beside(`www.${H}`, outcome('servfail', { phase: 'resolve', detail: 'SERVFAIL from 127.0.0.1' }), [nxdomain]),
        ),
      },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'somebody takes the connection to one, and another is held back',
      input: {
        policy,
        facts: egress(
          beside('example.com', connected({ peer: {} }), [connected({ peer: { banner: 'SSH-2.0-x' } })]),
          beside('www.example.com'),
        ),
      },
      verdicts: [`inconclusive ${H}`],
      says: /example\.com:443/,
    },
  ],
});

runCases(nameBoundary, {
  valid: [
    {
      name: 'an address is declared, and has no neighbours',
      input: {
        policy: aPolicy({ permits: ['203.0.113.10:443'] }),
        facts: egress(aPair({ spec: { purpose: 'declared' }, target: connected() })),
      },
      verdicts: ['not-applicable neighbours of declared names'],
    },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(beside('example.com', connected())) },
      verdicts: ['not-applicable neighbours of declared names'],
    },
    {
      name: 'a long profile is tried in part, and says so',
      input: {
        policy,
        declaration: aDeclaration({ network: { outbound: { allow_host: ['API.example.com', '.late.example'] } } }),
        facts: egress(declared, beside('example.com')),
      },
      verdicts: [`pass ${H}`, 'not-applicable further declared hosts'],
    },
  ],
  invalid: [],
  undecided: [
    {
      name: 'a neighbour that is declared is none',
      input: {
        policy: aPolicy({ permits: [`${H}:443`, 'example.com:443'] }),
        facts: egress(declared, beside('example.com', connected())),
      },
      verdicts: ['inconclusive neighbours of declared names'],
    },
  ],
});
