import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Severity, type Verdict } from '../../model/check.ts';
import { somethingAnswered } from '../support/answer.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { exposure, maySpeakMcp, noEndpoint, ownEndpoints, type OwnEndpoint } from '../support/endpoint.ts';
import { isEndpoint, outcomeText, statusOf } from '../support/offers.ts';

export const originValidation = defineCheck({
  meta: {
    id: 'AUTH-003',
    slug: 'origin-validation',
    area: 'AUTH',
    severity: 'high',
    title: 'No foreign Origin or Host is accepted',
    failureTitle: 'A foreign Origin or Host is accepted',
    description:
      'A web page can let its own name mean 127.0.0.1 (DNS rebinding) and then talk to what listens there as if it were its own server. The browser says so in Origin and Host: an endpoint that looks at neither serves every page that its user opens. The transport of MCP requires a look at Origin.',
    remediation:
      'Let the server or the proxy before it refuse every Origin that is not configured, and every Host that is not its own (`allowedOrigins`, `allowedHosts` of the SDKs; ToolHive and `bulkhead run` do on the loopback).',
    references: [],
    framework: ['MCP proxy authentication'],
    since: '0.1.0',
  },
  requires: ['endpoint', 'configuration'],
  evaluate(input) {
    const { facts, target } = input;
    const endpoints = ownEndpoints(facts.endpoint.attempts);
    if (endpoints.length === 0) return [noEndpoint(target, facts.configuration)];
    const spoken = endpoints.filter(maySpeakMcp);
    if (spoken.length === 0) {
      const message = 'What answers speaks no MCP at the usual paths; AUTH-002 says more.';
      return [
        {
          status: 'not-applicable',
          subject: 'endpoint',
          message,
          evidence: endpoints.flatMap(({ session }) => evidenceOf(session)),
        },
      ];
    }
    return spoken.flatMap((endpoint) => judge(endpoint, input));
  },
});

/** `accepted`: a session opened. `refused`: turned away, where the baseline was not. `open`: no difference can be seen. */
type Result = 'accepted' | 'refused' | 'open';

function judge(endpoint: OwnEndpoint, input: CheckInput<'endpoint' | 'configuration'>): readonly Verdict[] {
  const { session, origin, host } = endpoint;
  const byOrigin = resultOf(session, origin);
  const byHost = resultOf(session, host);
  return [
    // A page that comes by rebinding shows a foreign name in both; one look at either keeps it out.
    verdictOf(endpoint, 'Origin', origin, byOrigin, byHost === 'refused' ? 'medium' : undefined, input),
    verdictOf(endpoint, 'Host', host, byHost, byOrigin === 'refused' ? 'low' : undefined, input),
  ];
}

/** What a foreign name changes. Where the baseline is asked for credentials, only another answer than that is one about the name. */
function resultOf(baseline: PairedAttempt, foreign: PairedAttempt | undefined): Result {
  if (foreign === undefined) return 'open';
  if (foreign.target.outcome === 'connected') return 'accepted';
  if (!isEndpoint(baseline.target) || somethingAnswered(foreign.target) !== 'yes') return 'open';
  const status = statusOf(foreign.target);
  if (status === undefined || status < 400 || status >= 500) return 'open';
  return status === statusOf(baseline.target) ? 'open' : 'refused';
}

function verdictOf(
  { subject, port, session }: OwnEndpoint,
  what: 'Origin' | 'Host',
  foreign: PairedAttempt | undefined,
  result: Result,
  milder: Severity | undefined,
  { facts: { configuration }, target }: CheckInput<'endpoint' | 'configuration'>,
): Verdict {
  const pair = foreign ?? session;
  const name = foreign?.spec.origin ?? foreign?.spec.authority ?? 'a foreign name';
  const common = {
    subject: `${what} at ${subject}`,
    expected: 'refused',
    actual: pair.target.outcome,
    evidence: [...(foreign === undefined ? [] : evidenceOf(foreign)), `without it: ${evidenceOf(session).join('; ')}`],
    reproduce: reproduceAttempt(target, pair),
  } as const;
  switch (result) {
    case 'accepted': {
      const message = `A session opened at ${subject} for the ${what} ${name}.`;
      return { ...common, status: 'fail', message, ...exposure(target, configuration, port, milder) };
    }
    case 'refused': {
      const message = `${subject} refused the ${what} ${name} (${outcomeText(pair)}); without it: ${outcomeText(session)}.`;
      return { ...common, status: 'pass', message };
    }
    case 'open': {
      const credentials = session.target.outcome === 'unauthorized' && foreign?.target.outcome === 'unauthorized';
      const why = credentials
        ? `credentials are asked for before the ${what} makes a difference (${outcomeText(pair)})`
        : `${outcomeText(pair)}; without it: ${outcomeText(session)}`;
      return { ...common, status: 'inconclusive', message: `It is open whether ${subject} accepts the ${what} ${name}: ${why}.` };
    }
  }
}
