import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type EgressJudge, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { judgeAround, sortAround, wayOf } from '../support/boundary.ts';
import { fronted, frontedName, isCarried, isHidden } from '../support/fronting.ts';
import { groupBy, isPermitted, type JudgedPair } from '../support/egress.ts';

export const fronting = defineCheck({
  meta: {
    id: 'NET-009',
    slug: 'fronting',
    area: 'NET',
    severity: 'medium',
    title: 'A declared name leads to no other name',
    failureTitle: 'Another name is reached by way of a declared one',
    description:
      'One address serves many names. Whoever is let through to a declared one may ask for another on that connection: in the greeting of TLS (SNI), or in the `Host` header. A proxy that looks at CONNECT alone, or a filter of addresses, opens every site that is served from the same place. Where the name differs only inside TLS, no filter that leaves TLS closed can tell, and the severity is low.',
    remediation:
      'Compare the server name of the TLS greeting, and the `Host` header of plain HTTP, with the name that was asked for, and end the connection where they differ (squid: `ssl_bump peek` with `ssl::server_name`; an SNI-aware proxy elsewhere). Declare hosts that serve one owner only: what shares a front with others shares its boundary.',
    references: [],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['egress'],
  evaluate({ facts: { egress }, policy, target }) {
    const subject = 'other names at declared hosts';
    if (!policy.restricts)
      return [{ status: 'not-applicable', subject, message: `The declaration restricts nothing: ${policy.summary}.` }];
    const tried = egress.attempts.filter(({ spec }) => spec.purpose === 'fronting' && isBeyond(policy, spec));
    if (tried.length === 0) {
      const message = `No undeclared name is known that could be asked for at a declared host: ${policy.summary}.`;
      return [{ status: 'not-applicable', subject, message }];
    }
    return [...groupBy(tried, (spec) => spec.subject)].map(([host, group]) => judge(host, group, egress.attempts, target));
  },
});

/** The host is declared, and what is asked for at it is not. */
function isBeyond(policy: EgressJudge, spec: PairedAttempt['spec']): boolean {
  const name = frontedName(spec);
  return name !== undefined && isPermitted(policy, spec) && !isPermitted(policy, { ...spec, host: name });
}

function judge(host: string, group: readonly PairedAttempt[], all: readonly PairedAttempt[], target: Target): Verdict {
  const carried = group.filter((pair) => isCarried(pair, all));
  const around = sortAround(carried.length > 0 ? carried : group, all, (pair) => fronted(pair, all));
  const verdict = judgeAround(
    around,
    {
      subject: host,
      expected: 'no other name reached',
      list: namesOf,
      failed: (names) => `By way of ${host} another name was reached: ${names}`,
      held: (names) => `Connections to ${host} were ended where they asked for another name: ${names}`,
      undecided: (names) => `It is open whether another name is reached by way of ${host} (${names})`,
      nothing: (names) => `${host} serves no other name that was asked for: ${names}`,
    },
    target,
  );
  const hidden = around.reached.length > 0 && around.reached.every(({ pair }) => isHidden(pair.spec));
  return hidden ? { ...verdict, severity: 'low' } : verdict;
}

function namesOf(judged: readonly JudgedPair[]): string {
  return [
    ...new Set(
      judged.map(({ pair }) => {
        const { spec } = pair;
        const where = isHidden(spec) ? ' in HTTP alone' : '';
        return `${frontedName(spec) ?? ''} on ${spec.port}${where}${wayOf(pair)}`;
      }),
    ),
  ].join(', ');
}
