import type { EgressJudge } from '../model/check.ts';
import type { Profile } from '../model/profile.ts';
import { describePolicy, egressPolicy, isAllowed } from '../profiles/match.ts';

/** The egress part of a profile as checks may ask it. */
export function judgeOf(profile: Profile): EgressJudge {
  const policy = egressPolicy(profile);
  return {
    restricts: policy.kind !== 'everything',
    resolvesAnyName: policy.kind === 'everything' || policy.kind === 'public',
    summary: describePolicy(policy),
    permits: (endpoint) => isAllowed(policy, endpoint),
  };
}
