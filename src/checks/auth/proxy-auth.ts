import { defineCheck, type CheckInput, type Verdict } from '../../model/check.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { exposure, isOffered, maySpeakMcp, noEndpoint, ownEndpoints, type OwnEndpoint } from '../support/endpoint.ts';
import { isEndpoint, outcomeText, serviceText, statusOf } from '../support/offers.ts';

export const proxyAuth = defineCheck({
  meta: {
    id: 'AUTH-002',
    slug: 'proxy-auth',
    area: 'AUTH',
    severity: 'high',
    title: "The server's endpoint asks for credentials",
    failureTitle: "The server's endpoint opens a session without credentials",
    description:
      'An endpoint without credentials serves every program of the machine, and with a foreign Origin or name perhaps every web page: the tools of the server are theirs.',
    remediation:
      'Put a proxy before the server that requires a token (OIDC with ToolHive, `bulkhead run` gives each server a bearer token), and do not publish the port of the container itself.',
    references: [],
    framework: ['MCP proxy authentication'],
    since: '0.1.0',
  },
  requires: ['endpoint', 'configuration'],
  evaluate(input) {
    const { facts, target } = input;
    const endpoints = ownEndpoints(facts.endpoint.attempts);
    if (endpoints.length === 0) return [noEndpoint(target, facts.configuration)];
    const known = endpoints.some(({ session }) => isEndpoint(session.target));
    return endpoints.map((endpoint) => judge(endpoint, known, input));
  },
});

function judge(
  endpoint: OwnEndpoint,
  known: boolean,
  { facts: { configuration }, target }: CheckInput<'endpoint' | 'configuration'>,
): Verdict {
  const { subject, port, session } = endpoint;
  const common = {
    subject,
    expected: 'asks for credentials',
    actual: session.target.outcome,
    evidence: evidenceOf(session),
    reproduce: reproduceAttempt(target, session),
  } as const;
  const { outcome } = session.target;
  if (outcome === 'connected') {
    const where = isOffered(target, configuration, port) ? '' : ', which only the host and its own networks find';
    const message = `A session (${serviceText(session)}) opened without credentials at ${subject}${where}.`;
    return { ...common, status: 'fail', message, ...exposure(target, configuration, port) };
  }
  if (outcome === 'unauthorized') {
    const status = statusOf(session.target);
    if (status === 401) return { ...common, status: 'pass', message: `${subject} asks for credentials (HTTP 401).` };
    const message = `${subject} turns strangers away (${outcomeText(session)}), and it is open whether for the lack of credentials.`;
    return { ...common, status: 'inconclusive', message };
  }
  if (!maySpeakMcp(endpoint)) {
    const message = `What answers at ${subject} speaks no MCP at the usual paths (${outcomeText(session)}).`;
    // Where there has to be an endpoint and none was found, nobody has looked at it.
    const missing =
      target.endpoint?.port === port || (!known && (target.transport === 'streamable-http' || target.transport === 'sse'));
    return { ...common, status: missing ? 'inconclusive' : 'not-applicable', message };
  }
  const message = `It is open whether ${subject} asks for credentials: ${outcomeText(session)}.`;
  return { ...common, status: 'inconclusive', message };
}
