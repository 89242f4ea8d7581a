import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from '../support/answer.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { anyAnswered, askedInside, askedOnHost, heard, isApi, sameService, type ApiGroup } from '../support/management.ts';

const NONE = 'management APIs';

export const managementApi = defineCheck({
  meta: {
    id: 'HOST-003',
    slug: 'management-api',
    area: 'HOST',
    severity: 'critical',
    title: 'No MCP management API answers from inside',
    failureTitle: 'An MCP management API answers from inside',
    description:
      'Platforms start, stop and reconfigure servers through an API that often asks for no credentials, since only the local user is expected. A server that reaches it can give itself, or another one, any permission.',
    remediation:
      'Bind the API to a Unix socket or to 127.0.0.1, require credentials for it, and take the route to the host away from the server (see HOST-001).',
    references: [],
    framework: ['Host reachability', 'The host test'],
    since: '0.1.0',
  },
  requires: ['management', 'hostNamespace'],
  evaluate({ facts: { management }, target }) {
    const inside = askedInside(management.attempts).filter(({ engine }) => !engine);
    const here = inside.flatMap((group) => judge(group, target));
    const elsewhere = askedOnHost(management.attempts)
      .filter(({ engine }) => !engine)
      .flatMap((group) =>
        judgeBound(
          group,
          inside.filter((other) => sameService(group, other)),
        ),
      );
    const judged = new Set(here.map(({ subject }) => subject));
    const verdicts = [...here, ...elsewhere.filter(({ subject }) => !judged.has(subject))];
    if (verdicts.length > 0) return verdicts;
    return [
      {
        status: 'not-applicable',
        subject: NONE,
        message: 'No known management API listens on the host, as seen from the host itself.',
      },
    ];
  },
});

/** Nothing to say about a known API that does not run here: neither the target nor the host itself finds it. */
function judge(group: ApiGroup, target: Target): readonly Verdict[] {
  const { subject, given, pairs } = group;
  const [first] = pairs;
  const hit = pairs.find((pair) => somethingAnswered(pair.target) === 'yes' && isApi(pair, pair.target, given));
  const decisive = hit ?? first;
  if (decisive === undefined) return [];
  const facts = {
    subject,
    expected: 'no answer',
    actual: decisive.target.outcome,
    evidence: [...pairs.flatMap(evidenceOf), ...heard(group)],
    reproduce: reproduceAttempt(target, decisive),
  } as const;
  if (hit !== undefined) return [{ ...facts, status: 'fail', message: `${subject} answers from inside.` }];
  const inside = anyAnswered(group);
  if (pairs.some(({ target: { outcome } }) => outcome === 'not-run' || outcome === 'probe-error')) {
    return [{ ...facts, status: 'inconclusive', message: `It is open whether ${subject} answers: the attempt was not made.` }];
  }
  const confirmed = pairs.some((pair) => pair.controls.some(({ attempt }) => isApi(pair, attempt, given)));
  if (inside === 'no' && confirmed) {
    const message = `${subject} does not answer from inside (${decisive.target.outcome}), while it answers the control.`;
    return [{ ...facts, status: 'pass', message }];
  }
  if (confirmed) {
    const message = `It is open whether ${subject} can be used: what it said inside (${decisive.target.outcome}) is not what it tells the control.`;
    return [{ ...facts, status: 'inconclusive', message }];
  }
  if (!given && pairs.every(wasSeen)) return [];
  const message = `It is open whether ${subject} would answer: no control shows that it is there.`;
  return [{ ...facts, status: 'inconclusive', message }];
}

function wasSeen({ controls }: PairedAttempt): boolean {
  return controls.length > 0 && controls.every(({ attempt }) => somethingAnswered(attempt) !== 'unknown');
}

/** An API that is bound to the loopback of the host answers at no other address, not even the control: its own does. */
function judgeBound(group: ApiGroup, inside: readonly ApiGroup[]): readonly Verdict[] {
  if (!group.pairs.some((pair) => isApi(pair, pair.target, false))) return [];
  const evidence = [...group.pairs.flatMap(evidenceOf), ...inside.flatMap(({ pairs }) => pairs.flatMap(evidenceOf)).slice(0, 16)];
  const facts = { subject: group.subject, expected: 'no answer', evidence } as const;
  const addresses = new Set(inside.flatMap(({ pairs }) => pairs.map(({ spec }) => spec.host)));
  if (addresses.size === 0) {
    const message = `${group.subject} answers on the host, and no address of the host is known at which it could be tried from inside.`;
    return [{ ...facts, status: 'inconclusive', message }];
  }
  // One that answered, or could not be tried, has a verdict of its own.
  if (inside.some((other) => anyAnswered(other) !== 'no')) return [];
  const message = `${group.subject} answers on the host itself, and from inside at none of ${addresses.size} addresses of the host.`;
  return [{ ...facts, status: 'pass', message }];
}
