import { fronting } from '../../../../src/checks/net/fronting.ts';
import type { AttemptSpec, PairedAttempt, PeerEvidence } from '../../../../src/model/attempt.ts';
import {
  aPair,
  aPolicy,
  connected,
  notRun,
  outcome,
  proxyDenied,
  refused,
  unreachable,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const H = 'api.example.com';
const N = 'tenant.example';
const policy = aPolicy({ permits: [`${H}:443`, `${H}:80`] });
const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const hash = (digit: string): string => digit.repeat(64);
const heard = (peer: PeerEvidence): Result => connected({ peer });

const own: PeerEvidence = { certificate: hash('a'), authorized: true, status: 200, server: 'front', body: hash('1') };
const tenant: PeerEvidence = { certificate: hash('b'), authorized: true, status: 200, server: 'front', body: hash('2') };
const page: PeerEvidence = { certificate: hash('a'), authorized: true, status: 200, server: 'front', body: hash('2') };
const misdirected: PeerEvidence = { certificate: hash('a'), authorized: true, status: 421, server: 'front', body: hash('3') };

const declared = (target: Result = heard(own), control: Result = heard(own), spec: Partial<AttemptSpec> = {}) =>
  aPair({ spec: { purpose: 'declared', host: H, tls: true, ...spec }, target, controls: [control] });
const sni = (target: Result, control: Result | undefined = heard(tenant), spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: { purpose: 'fronting', host: H, subject: H, tls: true, serverName: N, authority: N, ...spec },
    target,
    controls: control === undefined ? [] : [control],
  });
/** In HTTP alone. */
const header = (target: Result, control: Result = heard(page), spec: Partial<AttemptSpec> = {}) => {
  const pair = sni(target, control, spec);
  const { serverName: _serverName, ...rest } = pair.spec;
  return { ...pair, spec: rest };
};
const plain = { port: 80, tls: false } as const;
const ended = outcome('tls-failed', { phase: 'tls', detail: 'ECONNRESET' });

runCases(fronting, {
  valid: [
    {
      name: 'the greeting is ended where it names another, and carried where it names the declared one',
      input: { policy, facts: egress(declared(), sni(ended)) },
      verdicts: [`pass ${H}`],
      says: /were ended where they asked for another name: tenant\.example on 443\./,
      shows: [/SNI tenant\.example, Host tenant\.example direct/],
    },
    {
      name: 'a connection that was taken and closed without a word',
      input: { policy, facts: egress(declared(), sni(heard({}))) },
      verdicts: [`pass ${H}`],
    },
    {
      name: 'a reset after the greeting',
      input: { policy, facts: egress(declared(), sni(outcome('reset', { phase: 'http' }))) },
      verdicts: [`pass ${H}`],
    },
    {
      name: 'the proxy compares Host with the address',
      input: {
        policy,
        facts: egress(declared(), header(proxyDenied({ detail: 'HTTP 403' }), heard(page), { ...plain, path: 'proxy' })),
      },
      verdicts: [`pass ${H}`],
      says: /on 80 by proxy/,
    },
    {
      name: 'the host serves nobody else',
      input: { policy, facts: egress(declared(), sni(heard(own), heard(own)), header(heard(misdirected), heard(misdirected))) },
      verdicts: [`not-applicable ${H}`],
      says: /serves no other name that was asked for: tenant\.example on 443, tenant\.example on 443 in HTTP alone\./,
    },
    {
      name: 'a default page of an error, under another certificate',
      input: {
        policy,
        facts: egress(
          declared(),
          sni(
            heard({ certificate: hash('c'), authorized: false, status: 404 }),
            heard({ certificate: hash('c'), authorized: false, status: 404 }),
          ),
        ),
      },
      verdicts: [`not-applicable ${H}`],
    },
    {
      name: 'a way that carries not even the declared name says nothing beside one that does',
      input: {
        policy,
        facts: egress(
          declared(unreachable()),
          declared(heard(own), heard(own), { path: 'proxy' }),
          sni(unreachable()),
          sni(heard(own), heard(own), { path: 'proxy' }),
        ),
      },
      verdicts: [`not-applicable ${H}`],
    },
    {
      name: 'a page inside of TLS that is new each time',
      input: { policy, facts: egress(declared(heard({ ...own, body: hash('7') })), header(heard(page))) },
      verdicts: [`not-applicable ${H}`],
    },
    {
      name: 'nothing goes there at all',
      input: { policy, facts: egress(declared(unreachable()), sni(unreachable())) },
      verdicts: [`pass ${H}`],
    },
    {
      name: 'no other name is known',
      input: { policy, facts: egress(declared()) },
      verdicts: ['not-applicable other names at declared hosts'],
    },
    {
      name: 'the other name is declared',
      input: { policy: aPolicy({ permits: [`${H}:443`, `${N}:443`] }), facts: egress(declared(), sni(heard(tenant))) },
      verdicts: ['not-applicable other names at declared hosts'],
    },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(declared(), sni(heard(tenant))) },
      verdicts: ['not-applicable other names at declared hosts'],
    },
  ],
  invalid: [
    {
      name: 'another owner answers by its own certificate',
      input: { policy, facts: egress(declared(), sni(heard(tenant))) },
      verdicts: [`fail ${H}`],
      says: /another name was reached: tenant\.example on 443\./,
      reproduce: `docker run --rm --network container:weather curlimages/curl -sv -m 5 -k --connect-to ::${H}:443 -H 'Host: ${N}' https://${N}:443/`,
    },
    {
      name: 'inside of TLS alone, where no filter sees it',
      input: { policy, facts: egress(declared(), sni(ended), header(heard(page))) },
      verdicts: [`fail ${H} (low)`],
      says: /in HTTP alone/,
    },
    {
      name: 'in plain HTTP',
      input: {
        policy,
        facts: egress(
          declared(
            heard({ status: 200, server: 'front', body: hash('1') }),
            heard({ status: 200, server: 'front', body: hash('1') }),
            plain,
          ),
          header(
            heard({ status: 200, server: 'front', body: hash('2') }),
            heard({ status: 200, server: 'front', body: hash('2') }),
            plain,
          ),
        ),
      },
      verdicts: [`fail ${H}`],
    },
  ],
  undecided: [
    {
      name: 'no control',
      input: { policy, facts: egress(declared(), { ...sni(heard(tenant)), controls: [] }) },
      verdicts: [`inconclusive ${H}`],
    },
    { name: 'not made', input: { policy, facts: egress(declared(), sni(notRun())) }, verdicts: [`inconclusive ${H}`] },
    {
      name: 'what the host says under its own name is not known',
      input: { policy, facts: egress(declared(heard(own), refused()), sni(heard(tenant))) },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'TLS fails, and the declared name is not carried either',
      input: { policy, facts: egress(declared(ended), sni(ended)) },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'the control is not let in either',
      input: { policy, facts: egress(declared(), sni(ended, outcome('tls-failed', { phase: 'tls' }))) },
      verdicts: [`inconclusive ${H}`],
    },
  ],
});
