import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Verdict } from '../../model/check.ts';
import type { ConfigurationFacts } from '../../model/observation.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from '../support/answer.ts';
import { endpointText } from '../support/endpoint.ts';
import { evidenceOf, reproduceAttempt, reproduceInspect } from '../support/evidence.ts';

export const bindAddress = defineCheck({
  meta: {
    id: 'AUTH-004',
    slug: 'bind-address',
    area: 'AUTH',
    severity: 'high',
    title: 'No endpoint is offered on all interfaces of the host',
    failureTitle: 'An endpoint is offered on all interfaces of the host',
    description:
      'A port that is published without an address is open to every network that the machine is in, and engines open their own way through its firewall for it. MCP servers are made for the local user, and mostly ask for nothing.',
    remediation:
      'Publish on the loopback: `-p 127.0.0.1:PORT:PORT`, or `"ip": "127.0.0.1"` in the configuration of the engine; let a platform\'s proxy bind to 127.0.0.1. What has to be reached from elsewhere belongs behind TLS and credentials.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.14'] }],
    framework: ['MCP proxy authentication'],
    since: '0.1.0',
  },
  requires: ['endpoint', 'configuration'],
  uses: ['hostNamespace'],
  evaluate(input) {
    const { facts, target } = input;
    const places = placesOf(target, facts.configuration);
    if (places.length === 0) {
      return [
        { status: 'not-applicable', subject: 'endpoint', message: 'Neither the engine nor a platform offers it on the host.' },
      ];
    }
    return places.map((place) => judge(place, input));
  },
});

/** One port of the host, and the addresses to which it is said to be bound. */
interface Place {
  readonly port: number;
  readonly bound: readonly string[];
  readonly by: 'the engine' | 'the platform';
}

function placesOf({ endpoint }: Target, { publishedPorts }: ConfigurationFacts): readonly Place[] {
  const ports = [...new Set(publishedPorts.map(({ port }) => port))];
  const engine = ports.map((port): Place => ({
    port,
    bound: publishedPorts.filter((published) => published.port === port).map(({ address }) => address),
    by: 'the engine',
  }));
  if (endpoint === undefined || ports.includes(endpoint.port)) return engine;
  return [{ port: endpoint.port, bound: [endpoint.address], by: 'the platform' }, ...engine];
}

const ALL: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function judge(
  { port, bound, by }: Place,
  { facts: { endpoint, hostNamespace }, target }: CheckInput<'endpoint' | 'configuration', 'hostNamespace'>,
): Verdict {
  const at = endpoint.attempts.filter(({ spec }) => spec.port === port);
  const elsewhere = at.filter(({ spec }) => spec.purpose === 'own-address' && !bound.includes(spec.host));
  const own = at.filter(({ spec }) => spec.purpose === 'own-session');
  const listening = (hostNamespace?.listeners ?? []).filter((listener) => listener.port === port).map(({ address }) => address);
  const places = bound.map((address) => endpointText(address, port)).join(', ');
  const reached = elsewhere.filter(({ target: { outcome } }) => outcome === 'connected');
  const common = {
    subject: `port ${port}`,
    expected: 'bound to the loopback, or to one address',
    actual: places,
    evidence: [
      `${by} offers it at ${places}`,
      ...(listening.length === 0
        ? []
        : [`listening on the host: ${listening.map((address) => endpointText(address, port)).join(', ')}`]),
      ...[...own, ...elsewhere].flatMap(evidenceOf),
    ],
    reproduce: reproduction(target, reached[0] ?? elsewhere[0]),
  } as const;
  const addresses = reached.map(({ spec }) => spec.host).join(', ');
  if (bound.some((address) => ALL.has(address)) || (by === 'the platform' && listening.some((address) => ALL.has(address)))) {
    const seen = reached.length > 0 ? `, and it answers there at ${addresses}` : '';
    return { ...common, status: 'fail', message: `Port ${port} is offered on all interfaces of the host${seen}.` };
  }
  if (reached.length > 0) {
    const message = `Port ${port} is said to be bound to ${bound.join(', ')}, and answers at ${addresses} too.`;
    return { ...common, status: 'fail', message };
  }
  const alive = own.some((pair) => somethingAnswered(pair.target) === 'yes');
  const silent = elsewhere.length > 0 && elsewhere.every((pair) => somethingAnswered(pair.target) === 'no');
  if (alive && silent) {
    const message = `Port ${port} answers at ${bound.join(', ')}, and at none of ${elsewhere.length} other addresses of the host.`;
    return { ...common, status: 'pass', message };
  }
  const why = alive ? 'no other address of the host could be tried' : 'it did not answer where it is said to be';
  return { ...common, status: 'inconclusive', message: `It is open where port ${port} answers: ${why}.` };
}

function reproduction(target: Target, pair: PairedAttempt | undefined): string {
  return pair === undefined ? reproduceInspect(target, '{{json .NetworkSettings.Ports}}') : reproduceAttempt(target, pair);
}
