import type { PairedAttempt } from '../../model/attempt.ts';
import type { Severity, Verdict } from '../../model/check.ts';
import type { Declaration, Target } from '../../model/target.ts';
import { groupBy, leakiest } from './egress.ts';
import { evidenceOf, reproduceAttempt } from './evidence.ts';

/** The host's own network is declared: then everything on it is. */
export function declaresHostNetwork({ profile }: Declaration): boolean {
  return profile.network?.mode === 'host';
}

export interface CanaryQuestion {
  /** What answers, as part of a sentence: `A listener on the host`. */
  readonly what: string;
  readonly none: string;
  readonly pairs: readonly PairedAttempt[];
  readonly target: Target;
  readonly declaration: Declaration;
  readonly severity?: Severity | undefined;
}

/** One verdict for each address at which a canary of the host was looked for. */
export function judgeCanaries(question: CanaryQuestion): readonly Verdict[] {
  const { what, none, pairs, target, declaration, severity } = question;
  if (declaresHostNetwork(declaration)) {
    return [{ status: 'not-applicable', subject: none, message: 'The profile declares the host network: the host is what it gets.' }];
  }
  if (pairs.length === 0) return [{ status: 'inconclusive', subject: none, message: 'No canary of the host was tried: none could be planted, or no address is known.' }];
  return [...groupBy(pairs, (spec) => spec.subject)].flatMap(([subject, group]): readonly Verdict[] => {
    const decisive = leakiest(group);
    if (decisive === undefined) return [];
    const { pair, reach } = decisive;
    const facts = {
      subject,
      expected: 'not reached',
      actual: pair.target.outcome,
      evidence: group.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, pair),
      ...(severity === undefined ? {} : { severity }),
    } as const;
    if (reach.state === 'reached') return [{ ...facts, status: 'fail', message: `${what} answered at ${subject}: ${reach.why}.` }];
    return reach.state === 'undecided'
      ? [{ ...facts, status: 'inconclusive', message: `It is open whether the host can be reached at ${subject}: ${reach.why}.` }]
      : [{ ...facts, status: 'pass', message: `${what} was not reached at ${subject}: ${reach.why}.` }];
  });
}
