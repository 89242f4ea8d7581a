import type { PairedAttempt } from '../../model/attempt.ts';
import type { EgressJudge } from '../../model/check.ts';
import type { NamespaceFacts } from '../../model/observation.ts';
import { reachOf } from './decide.ts';
import { isPermitted } from './egress.ts';
import { evidenceOf } from './evidence.ts';
import { ipv6Absent } from './namespace.ts';

/** What direct attempts to undeclared destinations say about leaving, whichever network they took. */
export interface Exits {
  readonly state: 'open' | 'closed' | 'undecided';
  /** Part of a sentence. */
  readonly why: string;
  readonly evidence: readonly string[];
}

/**
 * Closed means that something undeclared was stopped, beside a control that got through, and that no canary
 * is undecided. What lies beside the declared endpoints leaves nothing undecided: mostly nobody is there, so
 * its controls fail. IPv6 counts unless it is absent inside.
 */
export function exitsOf(attempts: readonly PairedAttempt[], policy: EgressJudge, namespace: NamespaceFacts | undefined): Exits {
  const judged = attempts
    .filter(({ spec }) => spec.path === 'direct' && !isPermitted(policy, spec))
    .map((pair) => ({ pair, reach: reachOf(pair) }));
  const reached = judged.find(({ reach }) => reach.state === 'reached');
  if (reached !== undefined) {
    const why = `${reached.pair.spec.subject} is not declared and was reached directly: ${reached.reach.why}`;
    return { state: 'open', why, evidence: evidenceOf(reached.pair) };
  }
  const withoutIpv6 = namespace !== undefined && ipv6Absent(namespace);
  const relevant = judged.filter(({ pair }) => !(withoutIpv6 && pair.spec.family === 6));
  const doubt = relevant.find(({ pair, reach }) => reach.state === 'undecided' && pair.spec.purpose === 'internet');
  if (doubt !== undefined) {
    return { state: 'undecided', why: `${doubt.pair.spec.subject}: ${doubt.reach.why}`, evidence: evidenceOf(doubt.pair) };
  }
  if (namespace?.defaultRoute6 === true && relevant.every(({ pair }) => pair.spec.family === 4)) {
    return {
      state: 'undecided',
      why: 'there is a default route for IPv6, and no undeclared destination was tried over it',
      evidence: [],
    };
  }
  const stopped = relevant.filter(({ reach }) => reach.state === 'blocked' || reach.state === 'elsewhere');
  if (stopped.length === 0) {
    return {
      state: 'undecided',
      why: 'no undeclared destination was tried directly beside a control that got through',
      evidence: [],
    };
  }
  return {
    state: 'closed',
    why: `${stopped.length} attempts at undeclared destinations were made directly and none got there`,
    evidence: stopped.flatMap(({ pair }) => evidenceOf(pair)),
  };
}
