import type { Attempt, PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import { MANAGEMENT_APIS, type ManagementApi } from '../../model/management-apis.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from '../support/answer.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';

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
    const pairs = management.attempts.filter(({ spec }) => spec.purpose === 'management');
    const verdicts = pairs.flatMap((pair) => judge(pair, target));
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
function judge(pair: PairedAttempt, target: Target): readonly Verdict[] {
  const { spec } = pair;
  const given = spec.id.startsWith('management:given:');
  const api = MANAGEMENT_APIS.find(({ port, path }) => port === spec.port && path === spec.request);
  const facts = {
    subject: given || api === undefined ? spec.subject : `${api.name} at ${spec.subject}`,
    expected: 'no answer',
    actual: pair.target.outcome,
    evidence: [...evidenceOf(pair), ...(pair.target.peer?.service === undefined ? [] : [`it said: ${pair.target.peer.service}`])],
    reproduce: reproduceAttempt(target, pair),
  } as const;
  const inside = somethingAnswered(pair.target);
  // What the user names is a management API, whatever it says; elsewhere another service may have the port.
  const isIt = (attempt: Attempt): boolean =>
    given ? somethingAnswered(attempt) === 'yes' : api !== undefined && shows(api, attempt);
  if (inside === 'yes' && isIt(pair.target))
    return [{ ...facts, status: 'fail', message: `${facts.subject} answers from inside.` }];
  const controls = pair.controls.map(({ attempt }) => attempt);
  if (inside === 'no' && controls.some(isIt)) {
    return [
      {
        ...facts,
        status: 'pass',
        message: `${facts.subject} does not answer from inside (${pair.target.outcome}), while it answers the control.`,
      },
    ];
  }
  if (inside === 'unknown') {
    return [
      { ...facts, status: 'inconclusive', message: `It is open whether ${facts.subject} answers: the attempt was not made.` },
    ];
  }
  if (controls.some(isIt)) {
    const message = `It is open whether ${facts.subject} can be used: what it said inside (${pair.target.outcome}) is not what it tells the control.`;
    return [{ ...facts, status: 'inconclusive', message }];
  }
  const seen = controls.length > 0 && controls.every((attempt) => somethingAnswered(attempt) !== 'unknown');
  if (seen && !given) return [];
  const message = `It is open whether ${facts.subject} would answer: no control shows that it is there.`;
  return [{ ...facts, status: 'inconclusive', message }];
}

function shows({ statuses, sign }: ManagementApi, { peer }: Attempt): boolean {
  if (peer?.status === undefined || !statuses.includes(peer.status)) return false;
  return sign === undefined || (peer.service ?? '').includes(sign);
}
