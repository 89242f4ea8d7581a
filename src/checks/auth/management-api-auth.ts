import type { Attempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import { somethingAnswered } from '../support/answer.ts';
import { evidenceOf } from '../support/evidence.ts';
import {
  anyAnswered,
  askedInside,
  askedOnHost,
  heard,
  isApi,
  sameService,
  signOf,
  type ApiGroup,
} from '../support/management.ts';

export const managementApiAuth = defineCheck({
  meta: {
    id: 'AUTH-001',
    slug: 'management-api-auth',
    area: 'AUTH',
    severity: 'high',
    title: 'The management API asks for credentials',
    failureTitle: 'The management API answers without credentials',
    description:
      'An API that starts and reconfigures servers is the way around every profile. Bound to 127.0.0.1 and open, it trusts each program and each web page of the machine, and every container for which a route to the host exists.',
    remediation:
      'Require credentials (for ToolHive `thv serve --oidc-issuer …`), or let the API listen on a Unix socket that only its user may open (`thv serve --socket PATH`).',
    references: [],
    framework: ['Management API authentication'],
    since: '0.1.0',
  },
  requires: ['management', 'hostNamespace'],
  evaluate({ facts: { management } }) {
    const inside = askedInside(management.attempts).filter(({ engine }) => !engine);
    const onHost = askedOnHost(management.attempts).filter(({ engine }) => !engine);
    const verdicts = [
      ...onHost.flatMap((group) =>
        judge(
          group,
          inside.filter((other) => sameService(group, other)),
        ),
      ),
      ...inside.filter(({ given }) => given).map(judgeGiven),
    ];
    if (verdicts.length > 0) return verdicts;
    const message = 'No known management API listens on the host, as seen from the host itself.';
    return [{ status: 'not-applicable', subject: 'management APIs', message }];
  },
});

/** What the host itself was told. Another service at a usual port is none of this check's business. */
function judge(group: ApiGroup, inside: readonly ApiGroup[]): readonly Verdict[] {
  const { subject, pairs } = group;
  const facts = { subject, expected: 'asks for credentials', evidence: evidenceFrom(group, inside) } as const;
  const isThere = pairs.some((pair) => isApi(pair, pair.target, false));
  if (!isThere) {
    if (!pairs.some(({ target }) => somethingAnswered(target) === 'unknown')) return [];
    const message = `Something listens where ${subject} would be, and could not be asked.`;
    return [{ ...facts, status: 'inconclusive', message }];
  }
  const signs = pairs.map((pair) => signOf(pair, pair.target)?.shows);
  if (signs.includes('open')) {
    const message = `${subject} answers without credentials, asked from the host; ${fromInside(inside)}.`;
    return [{ ...facts, status: 'fail', actual: 'answers', message }];
  }
  if (signs.includes('closed')) {
    const message = `${subject} asks for credentials, asked from the host; ${fromInside(inside)}.`;
    return [{ ...facts, status: 'pass', actual: 'asks for credentials', message }];
  }
  const message = `${subject} is there, and it is open whether it asks for credentials: it was heard only where it serves everybody.`;
  return [{ ...facts, status: 'inconclusive', message }];
}

function fromInside(groups: readonly ApiGroup[]): string {
  if (groups.some(({ pairs }) => pairs.some((pair) => isApi(pair, pair.target, false)))) return 'from inside it answers too';
  const none = groups.length > 0 && groups.every((group) => anyAnswered(group) === 'no');
  return none ? 'from inside it does not answer' : 'whether it answers from inside is open';
}

/** One that the user names has no signs to be known by: its status has to do. */
function judgeGiven(group: ApiGroup): Verdict {
  const { subject, pairs } = group;
  const facts = { subject, expected: 'asks for credentials', evidence: evidenceFrom(group, []) } as const;
  const asked = pairs.flatMap(({ controls }) =>
    controls.filter(({ vantage }) => vantage === 'host').map(({ attempt }) => attempt),
  );
  const statuses = asked.map(statusOf).filter((status) => status !== undefined);
  if (statuses.some((status) => status < 400)) {
    const message = `${subject} answers without credentials, asked from the host (HTTP ${statuses.join(', ')}).`;
    return { ...facts, status: 'fail', actual: 'answers', message };
  }
  if (statuses.some((status) => status === 401 || status === 403)) {
    const message = `${subject} asks for credentials, asked from the host (HTTP ${statuses.join(', ')}).`;
    return { ...facts, status: 'pass', actual: 'asks for credentials', message };
  }
  const why = asked.map((attempt) => statusOf(attempt) ?? attempt.outcome).join(', ') || 'the host could not ask';
  return { ...facts, status: 'inconclusive', message: `It is open whether ${subject} asks for credentials: ${why}.` };
}

function statusOf({ outcome, peer }: Attempt): number | undefined {
  return outcome === 'connected' ? peer?.status : undefined;
}

function evidenceFrom(group: ApiGroup, inside: readonly ApiGroup[]): readonly string[] {
  return [
    ...group.pairs.flatMap(evidenceOf),
    ...heard(group),
    ...inside.flatMap(({ pairs }) => pairs.flatMap(evidenceOf)).slice(0, 12),
  ];
}
