import { portBoundary } from '../../../../src/checks/net/port-boundary.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import { aPair, aPolicy, connected, notRun, proxyDenied, refused, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const H = 'api.example.com';
const policy = aPolicy({ permits: [`${H}:443`] });
const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const port = (number: number, target: Result = timeout(), controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({
    spec: { purpose: 'port-boundary', host: H, port: number, ...spec },
    target,
    ...(controls !== undefined && { controls }),
  });

runCases(portBoundary, {
  valid: [
    {
      name: 'one port blocked, another without a service',
      input: { policy, facts: egress(port(22, timeout(), [timeout()]), port(80)) },
      verdicts: [`pass ${H}`],
      says: /shown by controls for 80; open are 22\./,
      actual: 'none reached',
      shows: [/undecided ports.*: 22/, /api\.example\.com:22\/tcp/],
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 api.example.com 80',
    },
    { name: 'all blocked', input: { policy, facts: egress(port(80), port(22)) }, verdicts: [`pass ${H}`], says: /for 22, 80\./ },
    {
      name: 'the proxy refuses to tunnel there',
      input: { policy, facts: egress(port(22, proxyDenied(), [timeout()], { path: 'proxy' })) },
      verdicts: [`pass ${H}`],
      says: /22 by proxy/,
    },
    {
      name: 'a declared port is no boundary',
      input: { policy, facts: egress(port(443, connected()), port(80)) },
      verdicts: [`pass ${H}`],
    },
    {
      name: 'only declared ports were tried',
      input: { policy, facts: egress(port(443, connected())) },
      verdicts: ['not-applicable ports of declared hosts'],
      says: /Every port/,
    },
    {
      name: 'nobody answers there, not even a control that gets through elsewhere',
      input: {
        policy,
        facts: egress(
          aPair({ spec: { purpose: 'declared', host: H }, target: connected() }),
          port(22, timeout(), [refused()]),
          port(8080, timeout(), [timeout()]),
        ),
      },
      verdicts: [`not-applicable ${H}`],
      says: /nobody answers the control on 22, 8080\./,
    },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: egress(port(22, connected())) },
      verdicts: ['not-applicable ports of declared hosts'],
    },
    {
      name: 'no host is declared',
      input: { facts: egress(aPair({ target: connected() })) },
      verdicts: ['not-applicable ports of declared hosts'],
      says: /No host is declared/,
    },
  ],
  invalid: [
    {
      name: 'one port reached',
      input: { policy, facts: egress(port(80), port(22, connected())) },
      verdicts: [`fail ${H}`],
      says: /not declared: 22\./,
      actual: 'reached: 22',
      shows: [/api\.example\.com:22\/tcp direct, IPv4: connected/],
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 api.example.com 22',
    },
    { name: 'reached without a control', input: { policy, facts: egress(port(22, connected(), [])) }, verdicts: [`fail ${H}`] },
    {
      name: 'the proxy tunnels to any port',
      input: { policy, facts: egress(port(22), port(22, connected(), undefined, { path: 'proxy' })) },
      verdicts: [`fail ${H}`],
      says: /22 by proxy/,
    },
    {
      name: 'IPv6 alone',
      input: { policy, facts: egress(port(22), port(22, connected(), undefined, { family: 6 })) },
      verdicts: [`fail ${H}`],
      says: /22 over IPv6/,
    },
    {
      name: 'a greeting that differs from one connection to the next',
      input: {
        policy,
        facts: egress(
          port(22, connected({ peer: { banner: 'SSH-2.0-OpenSSH_9.2 a' } }), [
            connected({ peer: { banner: 'SSH-2.0-OpenSSH_9.2 b' } }),
          ]),
        ),
      },
      verdicts: [`fail ${H}`],
    },
    {
      name: 'one host of two',
      input: { policy, facts: egress(port(80), port(80, connected(), undefined, { host: 'b.example.com' })) },
      verdicts: [`pass ${H}`, 'fail b.example.com'],
    },
  ],
  undecided: [
    {
      name: 'no control',
      input: { policy, facts: egress(port(22, timeout(), [])) },
      verdicts: [`inconclusive ${H}`],
      says: /no control was made/,
    },
    {
      name: 'no service answers any control',
      input: { policy, facts: egress(port(22, timeout(), [timeout()]), port(80, timeout(), [timeout()])) },
      verdicts: [`inconclusive ${H}`],
      says: /22, 80/,
    },
    {
      name: 'somebody takes the connection and says nothing, where the control hears a greeting; another port is held back',
      input: {
        policy,
        facts: egress(port(22, connected({ peer: {} }), [connected({ peer: { banner: 'SSH-2.0-x' } })]), port(80)),
      },
      verdicts: [`inconclusive ${H}`],
      says: /\(22\): a connection was made, but less was heard/,
    },
    { name: 'not made', input: { policy, facts: egress(port(22, notRun())) }, verdicts: [`inconclusive ${H}`] },
    {
      name: 'another greeting',
      input: {
        policy,
        facts: egress(
          port(25, connected({ peer: { banner: '220 mx1.example' } }), [connected({ peer: { banner: '220 mx2.example' } })]),
        ),
      },
      verdicts: [`inconclusive ${H}`],
    },
    {
      name: 'hosts are declared and their other ports were not tried',
      input: { policy, facts: egress(aPair(), aPair({ spec: { purpose: 'declared', host: H } })) },
      verdicts: ['inconclusive ports of declared hosts'],
    },
  ],
});
