import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { Declaration, Target } from '../../model/target.ts';
import { judgeAround, sortAround, wayOf } from '../support/boundary.ts';
import { groupBy, isPermitted, type JudgedPair } from '../support/egress.ts';

export const nameBoundary = defineCheck({
  meta: {
    id: 'NET-008',
    slug: 'name-boundary',
    area: 'NET',
    severity: 'high',
    title: 'No neighbour of a declared name is reached',
    failureTitle: 'A neighbour of a declared name is reached',
    description:
      'A filter that compares the ends or the beginnings of names lets `evil-example.com` or `example.com.evil.example` pass for `example.com`; one that knows a domain as a whole opens its parent and every sibling; one that reads names in one way and addresses in another lets the same host pass under a spelling of its address. Parent, sibling, child, look-alikes, the literal address and its other spellings are tried for each declared name.',
    remediation:
      'Compare whole names, in lower case and without the dot at the end, against the entries of `network.outbound.allow_host`; below an entry only where it begins with a dot. Refuse literal addresses that are not declared, in every spelling. If the neighbour is needed, add it to `allow_host`.',
    references: [{ source: 'NIST SP 800-190', ids: ['4.4.2'] }],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['egress'],
  evaluate({ facts: { egress }, policy, target, declaration }) {
    const subject = 'neighbours of declared names';
    if (!policy.restricts)
      return [{ status: 'not-applicable', subject, message: `The declaration restricts nothing: ${policy.summary}.` }];
    const tried = egress.attempts.filter(({ spec }) => spec.purpose === 'name-boundary' && !isPermitted(policy, spec));
    const declared = new Set(egress.attempts.filter(({ spec }) => spec.purpose === 'declared').map(({ spec }) => spec.host));
    const further = untried(declared, declaration);
    if (tried.length > 0) {
      return [
        ...[...groupBy(tried, (spec) => spec.subject)].map(([name, group]) => judge(name, group, egress.attempts, target)),
        ...further,
      ];
    }
    // A letter in the last label: an address has no neighbours, and what lies beside it is somebody else's.
    return [...declared].some((host) => /[a-z][^.:]*$/i.test(host) && !host.includes(':'))
      ? [
          { status: 'inconclusive', subject, message: `No neighbour of a declared name was tried (${policy.summary}).` },
          ...further,
        ]
      : [
          {
            status: 'not-applicable',
            subject,
            message: `No name is declared whose neighbours could be tried: ${policy.summary}.`,
          },
          ...further,
        ];
  },
});

function judge(subject: string, group: readonly PairedAttempt[], all: readonly PairedAttempt[], target: Target): Verdict {
  // Named by the user: it is the subject itself.
  const what = group.every(({ spec }) => endpoint(spec) === subject) ? 'An undeclared endpoint' : `A neighbour of ${subject}`;
  return judgeAround(
    sortAround(group, all),
    {
      subject,
      expected: 'no undeclared neighbour reached',
      list: endpoints,
      failed: (reached) => `${what} was reached: ${reached}`,
      held: (stopped) => `${what} was not reached, shown for ${stopped}`,
      undecided: (open) => `It is open whether a neighbour is reached (${open})`,
      nothing: (absent) => `There is nobody to reach: the control finds none of ${absent}`,
    },
    target,
  );
}

/** How many are told in a message; the evidence has all. */
const MAX_LISTED = 6;

function endpoints(judged: readonly JudgedPair[]): string {
  const all = [...new Set(judged.map(({ pair }) => `${endpoint(pair.spec)}${wayOf(pair)}`))];
  const rest = all.length - MAX_LISTED;
  return rest > 0 ? `${all.slice(0, MAX_LISTED).join(', ')} and ${rest} more` : all.join(', ');
}

function endpoint({ host, port }: PairedAttempt['spec']): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A long profile is tried in part, and that is said. */
function untried(declared: ReadonlySet<string>, { profile }: Declaration): readonly Verdict[] {
  const entries = new Set((profile.network?.outbound?.allow_host ?? []).map((entry) => entry.toLowerCase().replace(/^\./, '')));
  const left = [...entries].filter((entry) => !declared.has(entry));
  if (declared.size === 0 || left.length === 0) return [];
  const message = `${left.length} more declared hosts were not tried, so that an audit is no scan; the first of them is ${left[0] ?? ''}.`;
  return [{ status: 'not-applicable', subject: 'further declared hosts', message }];
}
