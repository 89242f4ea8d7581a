import { declaredEgress } from '../../../../src/checks/net/declared-egress.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aPair,
  aPolicy,
  connected,
  notRun,
  outcome,
  probeError,
  proxyDenied,
  timeout,
  unreachable,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const A = 'api.example.com:443';
const policy = aPolicy({ permits: [A] });
const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const api = (target: Result, controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({ spec: { purpose: 'declared', host: 'api.example.com', ...spec }, target, ...(controls !== undefined && { controls }) });
const byProxy = (target: Result, controls?: readonly Result[]) => api(target, controls, { path: 'proxy' });
const C6 = '[2001:db8::10]:443';
const canary6 = { host: '2001:db8::10' } as const;
const six = { family: 6 } as const;

runCases(declaredEgress, {
  valid: [
    {
      name: 'a canary over IPv6, on an engine without IPv6',
      input: {
        policy: aPolicy({ permits: 'all' }),
        facts: egress(aPair({ spec: canary6, target: unreachable(), controls: [unreachable()] })),
      },
      verdicts: [`not-applicable ${C6}`],
    },
    {
      name: 'reached directly',
      input: { policy, facts: egress(api(connected())) },
      verdicts: [`pass ${A}`],
      says: /reached directly over IPv4\./,
    },
    { name: 'a connection needs no control', input: { policy, facts: egress(api(connected(), [])) }, verdicts: [`pass ${A}`] },
    {
      name: 'reached by proxy while the direct way is closed',
      input: { policy, facts: egress(api(timeout()), byProxy(connected())) },
      verdicts: [`pass ${A}`],
      says: /through the proxy settings over IPv4/,
    },
    {
      name: 'reached both ways',
      input: { policy, facts: egress(api(connected()), byProxy(connected())) },
      verdicts: [`pass ${A}`],
      says: /directly over IPv4 and through the proxy settings/,
    },
    {
      name: 'IPv6 fails where IPv4 works',
      input: { policy, facts: egress(api(unreachable(), undefined, six), api(connected())) },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'a declared canary',
      input: { policy: aPolicy({ permits: ['203.0.113.10:443'] }), facts: egress(aPair({ target: connected() })) },
      verdicts: ['pass 203.0.113.10:443'],
    },
    {
      name: 'canaries of an unrestricted server',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(aPair({ target: connected() })) },
      verdicts: ['pass 203.0.113.10:443'],
    },
    {
      name: 'nothing is declared',
      input: { facts: egress(aPair()) },
      verdicts: ['not-applicable declared destinations'],
      says: /No destination is declared/,
    },
  ],
  invalid: [
    {
      name: 'a canary over IPv6 that the control reaches',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(aPair({ spec: canary6, target: unreachable() })) },
      verdicts: [`fail ${C6}`],
    },
    {
      name: 'over IPv6, the only way there is',
      input: { policy, facts: egress(api(unreachable(), undefined, six)) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'one control is enough to show that the destination is there',
      input: { policy, facts: egress(api(timeout()), byProxy(proxyDenied(), [timeout()])) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'blocked directly, without a proxy',
      input: { policy, facts: egress(api(timeout())) },
      verdicts: [`fail ${A}`],
      says: /cannot be reached in any way: timeout, while the control succeeded/,
      shows: [/control on an ordinary bridge: connected/],
      actual: 'timeout',
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 api.example.com 443',
    },
    {
      name: 'blocked directly and refused by the proxy',
      input: { policy, facts: egress(api(unreachable()), byProxy(proxyDenied())) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'the name does not resolve inside',
      input: { policy, facts: egress(api(outcome('nxdomain'))) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'the engine without IPv6 excuses nothing',
      input: { policy, facts: egress(api(timeout()), api(unreachable(), [unreachable()], six)) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'an unrestricted server that is cut off',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(aPair()) },
      verdicts: ['fail 203.0.113.10:443'],
    },
    {
      name: 'one destination of two',
      input: {
        policy: aPolicy({ permits: [A, 'db.example.com:5432'] }),
        facts: egress(api(connected()), api(timeout(), undefined, { host: 'db.example.com', port: 5432 })),
      },
      verdicts: [`pass ${A}`, 'fail db.example.com:5432'],
    },
  ],
  undecided: [
    {
      name: 'a canary over IPv6 without a control',
      input: {
        policy: aPolicy({ permits: 'all' }),
        facts: egress(aPair({ spec: canary6, target: unreachable(), controls: [] })),
      },
      verdicts: [`inconclusive ${C6}`],
    },
    {
      name: 'a canary over IPv6 whose control broke',
      input: {
        policy: aPolicy({ permits: 'all' }),
        facts: egress(aPair({ spec: canary6, target: unreachable(), controls: [probeError()] })),
      },
      verdicts: [`inconclusive ${C6}`],
    },
    {
      name: 'a declared address over IPv6 that the control does not reach',
      input: {
        policy: aPolicy({ permits: [C6] }),
        facts: egress(aPair({ spec: { ...canary6, purpose: 'declared' }, target: unreachable(), controls: [unreachable()] })),
      },
      verdicts: [`inconclusive ${C6}`],
    },
    {
      name: 'a canary over IPv4 that the control does not reach',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(aPair({ controls: [timeout()] })) },
      verdicts: ['inconclusive 203.0.113.10:443'],
    },
    {
      name: 'no control',
      input: { policy, facts: egress(api(timeout(), [])) },
      verdicts: [`inconclusive ${A}`],
      says: /no control was made/,
    },
    {
      name: 'the control failed: the destination is down',
      input: { policy, facts: egress(api(timeout(), [timeout()])) },
      verdicts: [`inconclusive ${A}`],
      says: /control failed too/,
    },
    {
      name: 'the proxy refused, and no control shows that there is anything',
      input: { policy, facts: egress(byProxy(proxyDenied(), [timeout()])) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'blocked directly, and the proxy wants credentials',
      input: { policy, facts: egress(api(timeout()), byProxy(proxyDenied({ detail: '407' }))) },
      verdicts: [`inconclusive ${A}`],
      says: /credentials/,
    },
    {
      name: 'blocked directly, and the proxied attempt was not made',
      input: { policy, facts: egress(api(timeout()), byProxy(notRun())) },
      verdicts: [`inconclusive ${A}`],
    },
    { name: 'the client broke', input: { policy, facts: egress(api(probeError())) }, verdicts: [`inconclusive ${A}`] },
    {
      name: 'unrestricted, and nothing was tried',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress() },
      verdicts: ['inconclusive declared destinations'],
    },
    {
      name: 'ports are open to any host, and nothing was tried on them',
      input: { policy: aPolicy({ resolvesAnyName: true }), facts: egress(aPair()) },
      verdicts: ['inconclusive declared destinations'],
    },
    {
      name: 'garbage: declared attempts that the policy does not know',
      input: { policy: aPolicy(), facts: egress(api(connected()), aPair()) },
      verdicts: ['inconclusive declared destinations'],
    },
    {
      name: 'datagrams and ports beside the declared ones do not count',
      input: {
        policy: aPolicy({ permits: 'all' }),
        facts: egress(api(connected(), undefined, { kind: 'udp' }), api(connected(), undefined, { purpose: 'port-boundary' })),
      },
      verdicts: ['inconclusive declared destinations'],
    },
  ],
});
