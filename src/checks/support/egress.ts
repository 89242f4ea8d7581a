import type { AttemptSpec, PairedAttempt } from '../../model/attempt.ts';
import type { EgressJudge, Verdict } from '../../model/check.ts';
import type { NamespaceFacts } from '../../model/observation.ts';
import type { Target } from '../../model/target.ts';
import { reachOf, type Reach } from './decide.ts';
import { evidenceOf, reproduceAttempt } from './evidence.ts';
import { IPV6_ABSENT, lacksFamily, namespaceEvidence } from './namespace.ts';

/** Whether the declaration allows what was tried. */
export function isPermitted(policy: EgressJudge, { host, port, kind }: AttemptSpec): boolean {
  return policy.permits({ host, port, protocol: kind === 'udp' ? 'udp' : 'tcp' });
}

/** The pairs under each key, in the order in which the keys first come up. */
export function groupBy(
  pairs: readonly PairedAttempt[],
  keyOf: (spec: AttemptSpec) => string,
): ReadonlyMap<string, readonly PairedAttempt[]> {
  const groups = new Map<string, PairedAttempt[]>();
  for (const pair of pairs) {
    const group = groups.get(keyOf(pair.spec));
    if (group === undefined) groups.set(keyOf(pair.spec), [pair]);
    else group.push(pair);
  }
  return groups;
}

const RANK = { reached: 0, undecided: 1, elsewhere: 2, blocked: 2 } as const satisfies Record<Reach['state'], number>;

export interface JudgedPair {
  readonly pair: PairedAttempt;
  readonly reach: Reach;
}

/** The pair that decides about a forbidden endpoint: one that got through, else one that is open, else any. */
export function leakiest(
  pairs: readonly PairedAttempt[],
  judge: (pair: PairedAttempt) => Reach = reachOf,
): JudgedPair | undefined {
  return pairs
    .map((pair) => ({ pair, reach: judge(pair) }))
    .reduce<JudgedPair | undefined>(
      (worst, next) => (worst === undefined || RANK[next.reach.state] < RANK[worst.reach.state] ? next : worst),
      undefined,
    );
}

export interface UndeclaredQuestion {
  /** Subject of the one verdict that is given when there is no endpoint to judge. */
  readonly subject: string;
  /** How it was tried, as part of a sentence: `directly`, `by UDP`. */
  readonly way: string;
  readonly pairs: readonly PairedAttempt[];
  readonly policy: EgressJudge;
  readonly target: Target;
  /** Where given, IPv6 endpoints that nothing reached do not apply in a namespace without IPv6. */
  readonly namespace?: NamespaceFacts | undefined;
}

/** One verdict for each endpoint that the declaration does not allow. */
export function judgeUndeclared(question: UndeclaredQuestion): readonly Verdict[] {
  const { subject, way, pairs, policy } = question;
  if (!policy.restricts) {
    return [{ status: 'not-applicable', subject, message: `The declaration restricts nothing: ${policy.summary}.` }];
  }
  if (pairs.length === 0) return [{ status: 'inconclusive', subject, message: `No canary was tried ${way}.` }];
  const undeclared = pairs.filter(({ spec }) => !isPermitted(policy, spec));
  if (undeclared.length === 0) {
    return [{ status: 'not-applicable', subject, message: `Every canary that was tried ${way} is declared: ${policy.summary}.` }];
  }
  return [...groupBy(undeclared, (spec) => spec.subject)].flatMap(([endpoint, group]) =>
    judgeForbidden(question, endpoint, group),
  );
}

function judgeForbidden(
  { way, target, namespace }: UndeclaredQuestion,
  subject: string,
  group: readonly PairedAttempt[],
): readonly Verdict[] {
  const decisive = leakiest(group);
  if (decisive === undefined) return [];
  const { pair, reach } = decisive;
  const facts = {
    subject,
    expected: 'not reached',
    actual: pair.target.outcome,
    evidence: group.flatMap(evidenceOf),
    reproduce: reproduceAttempt(target, pair),
  } as const;
  if (reach.state === 'reached') {
    return [{ ...facts, status: 'fail', message: `${subject} is not declared and was reached ${way}: ${reach.why}.` }];
  }
  if (namespace !== undefined && lacksFamily(group, namespace)) {
    const evidence = [...namespaceEvidence(namespace), ...facts.evidence];
    return [
      {
        ...facts,
        status: 'not-applicable',
        message: IPV6_ABSENT,
        evidence,
      },
    ];
  }
  return reach.state === 'undecided'
    ? [{ ...facts, status: 'inconclusive', message: `It is open whether ${subject} can be reached ${way}: ${reach.why}.` }]
    : [{ ...facts, status: 'pass', message: `${subject} is not declared and was not reached ${way}: ${reach.why}.` }];
}
