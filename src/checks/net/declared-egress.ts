import type { AttemptSpec, PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from '../support/answer.ts';
import { controlSucceeded, reachOf } from '../support/decide.ts';
import { groupBy, isPermitted, type JudgedPair } from '../support/egress.ts';
import { endpointOf, evidenceOf, reproduceAttempt } from '../support/evidence.ts';

export const declaredEgress = defineCheck({
  meta: {
    id: 'NET-006',
    slug: 'declared-egress',
    area: 'NET',
    severity: 'medium',
    title: 'Every declared destination is reached',
    failureTitle: 'A declared destination cannot be reached',
    description:
      'A policy that blocks what a server needs is switched off sooner or later, and usually as a whole. It also means that what is enforced is not what was declared and reviewed.',
    remediation:
      'Allow the destination where the policy is enforced (the allow list of the proxy, the firewall), or attach the server to the network on which its proxy listens. If it reaches declared hosts by proxy only, set `HTTPS_PROXY` and `HTTP_PROXY`. If the server does not need the destination, take it out of `network.outbound`.',
    references: [],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['egress'],
  evaluate({ facts: { egress }, policy, target }) {
    const subject = 'declared destinations';
    const planned = egress.attempts.filter(
      ({ spec }) => spec.kind === 'tcp' && (spec.purpose === 'declared' || spec.purpose === 'internet'),
    );
    const permitted = planned.filter(({ spec }) => isPermitted(policy, spec));
    if (permitted.length > 0)
      return [...groupBy(permitted, (spec) => endpointOf({ spec })).values()].map((group) => judge(group, target));
    const declaresSome = !policy.restricts || policy.resolvesAnyName || planned.some(({ spec }) => spec.purpose === 'declared');
    return declaresSome
      ? [{ status: 'inconclusive', subject, message: `No declared destination was tried (${policy.summary}).` }]
      : [{ status: 'not-applicable', subject, message: `No destination is declared: ${policy.summary}.` }];
  },
});

function judge(group: readonly PairedAttempt[], target: Target): Verdict {
  const judged = group.map((pair) => ({ pair, reach: reachOf(pair) }));
  const facts = {
    subject: judged[0]?.pair.spec.subject ?? '',
    expected: 'reached',
    evidence: group.flatMap(evidenceOf),
  } as const;
  const reached = judged.filter(({ reach }) => reach.state === 'reached');
  if (reached.length > 0) {
    const ways = [...new Set(reached.map(({ pair }) => wayOf(pair.spec)))].join(' and ');
    return { ...facts, status: 'pass', actual: 'reached', message: `${facts.subject} is declared and was reached ${ways}.` };
  }
  if (group.every(isIpv6CanaryOutOfReach)) {
    const message = `${facts.subject} is a canary over IPv6, which the control does not reach either; no profile names it.`;
    return { ...facts, status: 'not-applicable', actual: 'not reached', message };
  }
  const blocked = families(judged).find(isOverBlocked)?.[0];
  const { pair, reach } = blocked ?? judged.find((one) => one.reach.state === 'undecided') ?? judged[0] ?? {};
  const why = reach?.why ?? 'nothing was tried';
  const rest = {
    ...facts,
    actual: pair?.target.outcome ?? 'not tried',
    ...(pair !== undefined && { reproduce: reproduceAttempt(target, pair) }),
  };
  return blocked === undefined
    ? {
        ...rest,
        status: 'inconclusive',
        message: `${facts.subject} is declared and was not reached, which proves nothing: ${why}.`,
      }
    : { ...rest, status: 'fail', message: `${facts.subject} is declared and cannot be reached in any way: ${why}.` };
}

/**
 * A server that may reach anything is measured with canaries, and an engine without IPv6 is no fault of its
 * policy. Declared destinations never end here, nor does a canary whose control was not made.
 */
function isIpv6CanaryOutOfReach({ spec, controls }: PairedAttempt): boolean {
  return (
    spec.purpose === 'internet' &&
    spec.family === 6 &&
    controls.length > 0 &&
    controls.every(({ attempt }) => somethingAnswered(attempt) === 'no')
  );
}

/** Families are judged apart: an engine without IPv6 leaves those attempts open, and they excuse nothing. */
function families(judged: readonly JudgedPair[]): readonly (readonly JudgedPair[])[] {
  return ([4, 6] as const).map((family) => judged.filter(({ pair }) => pair.spec.family === family));
}

/** Every way of one family was stopped, and a control shows that the destination is there. */
function isOverBlocked(ways: readonly JudgedPair[]): boolean {
  const stopped = ways.every(({ reach }) => reach.state === 'blocked' || reach.state === 'elsewhere');
  return stopped && ways.some(({ pair }) => controlSucceeded(pair));
}

function wayOf({ path, family }: AttemptSpec): string {
  return `${path === 'proxy' ? 'through the proxy settings' : 'directly'} over IPv${family}`;
}
