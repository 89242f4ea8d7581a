import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { judgeAround, sortAround, wayOf } from '../support/boundary.ts';
import { groupBy, isPermitted, type JudgedPair } from '../support/egress.ts';

export const portBoundary = defineCheck({
  meta: {
    id: 'NET-007',
    slug: 'port-boundary',
    area: 'NET',
    severity: 'high',
    title: 'Declared hosts are reached on declared ports only',
    failureTitle: 'A declared host is reached on an undeclared port',
    description:
      'A rule on the host alone opens every service of that host: administration, mail, other tenants behind one address. A declared port is part of the policy, and a proxy that tunnels to any port leaves it out.',
    remediation:
      'Enforce host and port together: allow CONNECT to the ports in `network.outbound.allow_port` only (80 and 443 where none is listed), and write firewall rules with the port. If the port is needed, add it to `allow_port`.',
    references: [{ source: 'NIST SP 800-190', ids: ['4.4.2'] }],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['egress'],
  evaluate({ facts: { egress }, policy, target }) {
    const subject = 'ports of declared hosts';
    if (!policy.restricts)
      return [{ status: 'not-applicable', subject, message: `The declaration restricts nothing: ${policy.summary}.` }];
    const tried = egress.attempts.filter(({ spec }) => spec.purpose === 'port-boundary');
    const undeclared = tried.filter(({ spec }) => !isPermitted(policy, spec));
    if (undeclared.length > 0)
      return [...groupBy(undeclared, ({ host }) => host)].map(([host, group]) => judge(host, group, egress.attempts, target));
    if (tried.length > 0)
      return [{ status: 'not-applicable', subject, message: `Every port that was tried is declared: ${policy.summary}.` }];
    return egress.attempts.some(({ spec }) => spec.purpose === 'declared')
      ? [{ status: 'inconclusive', subject, message: `No undeclared port of a declared host was tried (${policy.summary}).` }]
      : [
          {
            status: 'not-applicable',
            subject,
            message: `No host is declared whose other ports could be tried: ${policy.summary}.`,
          },
        ];
  },
});

function judge(host: string, group: readonly PairedAttempt[], all: readonly PairedAttempt[], target: Target): Verdict {
  return judgeAround(
    sortAround(group, all),
    {
      subject: host,
      expected: 'no undeclared port reached',
      list: portsOf,
      failed: (ports) => `${host} was reached on ports that are not declared: ${ports}`,
      held: (ports) => `${host} was not reached on undeclared ports, shown by controls for ${ports}`,
      undecided: (ports) => `No undeclared port of ${host} could be decided (${ports})`,
      nothing: (ports) => `${host} has nothing on undeclared ports that could be reached: nobody answers the control on ${ports}`,
    },
    target,
  );
}

function portsOf(judged: readonly JudgedPair[]): string {
  const pairs = judged.map(({ pair }) => pair).toSorted((a, b) => a.spec.port - b.spec.port || a.spec.family - b.spec.family);
  return [...new Set(pairs.map((pair) => `${pair.spec.port}${wayOf(pair)}`))].join(', ');
}
