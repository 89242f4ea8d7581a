import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { reachOf } from '../support/decide.ts';
import { groupBy, isPermitted } from '../support/egress.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';

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
      return [...groupBy(undeclared, ({ host }) => host)].map(([host, group]) => judge(host, group, target));
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

function judge(host: string, group: readonly PairedAttempt[], target: Target): Verdict {
  const judged = group.map((pair) => ({ pair, reach: reachOf(pair) }));
  const reached = judged.filter(({ reach }) => reach.state === 'reached');
  const open = judged.filter(({ reach }) => reach.state === 'undecided');
  const stopped = judged.filter(({ reach }) => reach.state === 'blocked' || reach.state === 'elsewhere');
  const decisive = reached[0] ?? stopped[0] ?? open[0];
  const undecided = portsOf(open);
  const facts = {
    subject: host,
    expected: 'no undeclared port reached',
    actual: reached.length === 0 ? 'none reached' : `reached: ${portsOf(reached)}`,
    evidence: [
      ...[...reached, ...stopped].flatMap(({ pair }) => evidenceOf(pair)),
      ...(open.length === 0 ? [] : [`undecided ports, mostly because no service answers the control there: ${undecided}`]),
      ...open.flatMap(({ pair }) => evidenceOf(pair)),
    ],
    ...(decisive !== undefined && { reproduce: reproduceAttempt(target, decisive.pair) }),
  };
  if (reached.length > 0) {
    return { ...facts, status: 'fail', message: `${host} was reached on ports that are not declared: ${portsOf(reached)}.` };
  }
  if (stopped.length === 0) {
    return {
      ...facts,
      status: 'inconclusive',
      message: `No undeclared port of ${host} could be decided (${undecided}): ${open[0]?.reach.why ?? 'none was tried'}.`,
    };
  }
  const rest = open.length === 0 ? '' : `; open are ${undecided}`;
  return {
    ...facts,
    status: 'pass',
    message: `${host} was not reached on undeclared ports, shown by controls for ${portsOf(stopped)}${rest}.`,
  };
}

function portsOf(judged: readonly { readonly pair: PairedAttempt }[]): string {
  const specs = judged.map(({ pair }) => pair.spec).toSorted((a, b) => a.port - b.port || a.family - b.family);
  return [
    ...new Set(
      specs.map(({ port, family, path }) => `${port}${family === 6 ? ' over IPv6' : ''}${path === 'proxy' ? ' by proxy' : ''}`),
    ),
  ].join(', ');
}
