import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type EgressJudge, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from '../support/answer.ts';
import { groupBy, isPermitted } from '../support/egress.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';

export const metadataService = defineCheck({
  meta: {
    id: 'NET-014',
    slug: 'metadata-service',
    area: 'NET',
    severity: 'critical',
    title: 'No cloud metadata service answers',
    failureTitle: 'A cloud metadata service answers',
    description:
      "The metadata service of a cloud hands the machine's credentials to whoever connects from it. A server that reaches it can act as the machine, wherever that machine has rights.",
    remediation:
      'Remove the route: `docker network create --internal` or `--network none`. Where the server needs other destinations, drop 169.254.0.0/16, fd00:ec2::/32, 168.63.129.16 and 100.100.100.200 in the chain DOCKER-USER (or the equivalent of your firewall), and deny them in the proxy, the NAT64 spelling 64:ff9b::a9fe:a9fe included. On AWS require IMDSv2 with a hop limit of 1.',
    references: [
      { source: 'NIST SP 800-190', ids: ['3.4.2'] },
      { source: 'MITRE ATT&CK', ids: ['T1552.005'] },
    ],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['metadata'],
  evaluate({ facts: { metadata }, policy, target }) {
    const attempts = metadata.attempts.filter(({ spec }) => spec.purpose === 'metadata');
    if (attempts.length === 0)
      return [{ status: 'inconclusive', subject: 'metadata addresses', message: 'No metadata address was tried.' }];
    return [...groupBy(attempts, (spec) => spec.subject)].flatMap(([subject, group]) => judge(subject, group, policy, target));
  },
});

const RANK = { answered: 0, open: 1, absent: 2, closed: 3 } as const;
type State = keyof typeof RANK;

/** Who answers does not matter here: at such an address even an interposed service is one too many. */
function stateOf({ spec, target, controls }: PairedAttempt): State {
  const inside = somethingAnswered(target);
  if (inside === 'yes') return 'answered';
  if (inside === 'unknown') return 'open';
  const seen = controls.map(({ attempt }) => somethingAnswered(attempt));
  if (seen.includes('yes')) return 'closed';
  // Only if every control that was planned ran: one from a container says little about hop limits.
  return seen.length > 0 && seen.length >= spec.controls.length && !seen.includes('unknown') ? 'absent' : 'open';
}

function judge(subject: string, group: readonly PairedAttempt[], policy: EgressJudge, target: Target): readonly Verdict[] {
  const [pair] = group.toSorted((a, b) => RANK[stateOf(a)] - RANK[stateOf(b)]);
  if (pair === undefined) return [];
  const facts = {
    subject,
    expected: 'no answer',
    actual: pair.target.outcome,
    evidence: group.flatMap(evidenceOf),
    reproduce: reproduceAttempt(target, pair),
  } as const;
  if (policy.restricts && isPermitted(policy, pair.spec)) {
    return [{ ...facts, status: 'not-applicable', message: `The metadata address ${subject} is declared literally.` }];
  }
  switch (stateOf(pair)) {
    case 'answered':
      return policy.restricts
        ? [{ ...facts, status: 'fail', message: `The metadata address ${subject} answered (${pair.target.outcome}).` }]
        : [
            {
              ...facts,
              status: 'fail',
              severity: 'info',
              message: `The metadata address ${subject} answered; the declaration allows any host, and this is what that includes.`,
            },
          ];
    case 'closed':
      return [
        {
          ...facts,
          status: 'pass',
          message: `The metadata address ${subject} did not answer (${pair.target.outcome}), while it answers the control.`,
        },
      ];
    case 'absent':
      return [
        {
          ...facts,
          status: 'not-applicable',
          message: `No metadata service answers at ${subject} on this engine, not even the control.`,
        },
      ];
    case 'open':
      return [
        {
          ...facts,
          status: 'inconclusive',
          message: `It is open whether ${subject} would answer (${pair.target.outcome}): no control shows whether there is a service.`,
        },
      ];
  }
}
