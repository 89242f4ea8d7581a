import type { EgressJudge } from '../model/check.ts';
import type { Profile } from '../model/profile.ts';
import { describePolicy, egressPolicy, isAllowed } from '../profiles/match.ts';

/** The egress part of a profile as checks may ask it. */
export function judgeOf(profile: Profile): EgressJudge {
  const policy = egressPolicy(profile);
  const outbound = profile.network?.outbound;
  const anyHost = (outbound?.allow_port?.length ?? 0) > 0 && (outbound?.allow_host?.length ?? 0) === 0;
  return {
    restricts: outbound?.insecure_allow_all !== true,
    resolvesAnyName: outbound?.insecure_allow_all === true || anyHost,
    summary: describePolicy(policy),
    permits: (endpoint) => isAllowed(policy, endpoint),
  };
}
