/** Bundles of any content for property tests: three servers that try the same places, with any outcome. */
import fc from 'fast-check';
import { CHECKS as ALL } from '../../src/checks/registry.ts';
import type { AttemptSpec, PairedAttempt } from '../../src/model/attempt.ts';
import type { ObservationBundle, TargetObservations } from '../../src/model/bundle.ts';
import type { ObservationSet } from '../../src/model/observation.ts';
import type { Profile } from '../../src/model/profile.ts';
import { aBundle } from './bundle.ts';
import {
  aConfiguration,
  aDeclaration,
  aHostNamespace,
  aNamespace,
  anId,
  anInterface,
  aPair,
  aTarget,
  answered,
  connected,
  dnsAnswer,
  notRun,
  outcome,
  probeError,
  proxyDenied,
  refused,
  timeout,
  unreachable,
  type Result,
} from './observations.ts';

/** The checks for which these bundles hold evidence; all others would say that they could not look. */
const FED = new Set(
  'NET-004 NET-005 NET-006 NET-007 NET-010 NET-012 NET-013 NET-014 HOST-001 HOST-002 HOST-003 HOST-005 PIVOT-001 PIVOT-002'.split(
    ' ',
  ),
);
export const FED_CHECKS = ALL.filter(({ meta }) => FED.has(meta.id));

export const NAMES = ['weather', 'notes', 'files'] as const;
export const ids = NAMES.map((_, index) => anId('abc'[index]));
const addressOf = (index: number): string => `172.30.0.${index + 2}`;

const results: fc.Arbitrary<Result> = fc.constantFrom(
  connected(),
  connected({ peer: { status: 200, body: 'aa', service: 'application/json {"version":"v1"}' } }),
  connected({ peer: { banner: 'SSH-2.0-x' } }),
  answered(),
  connected({ nonce: 'mismatch' }),
  refused(),
  timeout(),
  timeout({ phase: 'resolve' }),
  unreachable(),
  notRun(),
  probeError(),
  proxyDenied(),
  outcome('unauthorized', { phase: 'mcp' }),
  outcome('other-protocol', { phase: 'http' }),
  outcome('tls-failed', { phase: 'tls' }),
  outcome('reset', { phase: 'http' }),
  outcome('proxy-unreachable', { phase: 'proxy' }),
);
const answers: fc.Arbitrary<Result> = fc.constantFrom(
  dnsAnswer('NXDOMAIN', { soa: 'canary.test' }),
  dnsAnswer('NOERROR', { addresses: ['203.0.113.10'] }),
  dnsAnswer('REFUSED'),
  dnsAnswer('NXDOMAIN'),
  timeout({ phase: 'resolve' }),
  notRun(),
);

const at = (spec: Partial<AttemptSpec>): Partial<AttemptSpec> => spec;
const EGRESS = [
  at({}),
  at({ host: 'canary.test', family: 4 }),
  at({ host: '2001:db8:203::10', family: 6 }),
  at({ path: 'proxy' }),
  at({ purpose: 'declared', host: 'api.test' }),
  at({ purpose: 'declared', host: 'api.test', path: 'proxy' }),
  at({ purpose: 'port-boundary', host: 'api.test', port: 22 }),
];
const HOST = [
  at({ purpose: 'host-canary', host: '172.30.0.1', port: 40001, nonce: 'n', controls: ['bridge', 'host'] }),
  at({ purpose: 'host-loopback', host: '127.0.0.1', port: 40002, nonce: 'n', controls: ['host'] }),
  at({ purpose: 'host-service', host: '172.30.0.1', port: 22, controls: ['host'] }),
  at({ id: 'host-service:closed:172.30.0.1', purpose: 'host-service', host: '172.30.0.1', port: 1, controls: ['host'] }),
];
const MANAGEMENT = [
  at({
    id: 'management:ToolHive API:172.30.0.1',
    purpose: 'management',
    kind: 'http',
    host: '172.30.0.1',
    port: 8080,
    request: '/api/v1beta/version',
    controls: ['host', 'bridge'],
  }),
  at({
    id: 'management:given:172.30.0.1:9999',
    purpose: 'management',
    kind: 'http',
    host: '172.30.0.1',
    port: 9999,
    request: '/',
    controls: ['host', 'bridge'],
  }),
];
const towards = (index: number): readonly Partial<AttemptSpec>[] => {
  const base = { host: addressOf(index), peer: ids[index] ?? '', controls: ['peer' as const] };
  return [
    { ...base, purpose: 'peer-canary', port: 40003, nonce: 'n' },
    { ...base, purpose: 'peer-port', port: 3000 },
    { ...base, purpose: 'peer-session', kind: 'mcp', port: 3000 },
  ];
};

/** Some of these attempts, each with any outcome, beside no control, or one with any outcome. */
function pairs(specs: readonly Partial<AttemptSpec>[], outcomes = results): fc.Arbitrary<PairedAttempt[]> {
  const each = specs.map((spec) =>
    fc.option(
      fc.tuple(outcomes, fc.array(outcomes, { maxLength: 2 })).map(([target, controls]) => aPair({ spec, target, controls })),
      { nil: undefined, freq: 4 },
    ),
  );
  return fc.tuple(...each).map((list) => list.filter((pair) => pair !== undefined));
}

function seen(attempts: fc.Arbitrary<PairedAttempt[]>): fc.Arbitrary<ObservationSet['egress']> {
  return fc.oneof(
    { weight: 8, arbitrary: attempts.map((list) => ({ state: 'observed' as const, facts: { attempts: list } })) },
    { weight: 1, arbitrary: fc.constant({ state: 'unavailable' as const, reason: 'the container was paused' }) },
  );
}

const profiles: fc.Arbitrary<Profile> = fc.constantFrom<Profile>(
  {},
  { network: { outbound: { allow_host: ['api.test'], allow_port: [443] } } },
  { network: { outbound: { allow_host: ['api.test', addressOf(1)], allow_port: [443, 3000] } } },
  { network: { outbound: { allow_host: ['172.30.0.1'], allow_port: [22] } } },
  { network: { outbound: { allow_port: [443] } } },
  { network: { outbound: { insecure_allow_all: true } } },
  { network: { mode: 'host' } },
);

const observed = <T>(facts: T) => ({ state: 'observed', facts }) as const;
const PROXY = { proxyVariables: [{ name: 'HTTPS_PROXY', value: 'http://egress:3128' }] };

function target(index: number): fc.Arbitrary<TargetObservations> {
  const others = NAMES.flatMap((_, other) => (other === index ? [] : towards(other)));
  const noted = fc.record({
    egress: seen(pairs(EGRESS)),
    udp: seen(pairs([at({ purpose: 'udp', kind: 'udp', port: 7 })])),
    dns: seen(
      pairs(
        [at({ purpose: 'dns-exfiltration', kind: 'dns', host: 't-s.canary.test', port: 0, subject: 'below canary.test' })],
        answers,
      ),
    ),
    metadata: seen(pairs([at({ purpose: 'metadata', host: '169.254.169.254', port: 80, controls: ['bridge', 'host'] })])),
    host: seen(pairs(HOST)),
    management: seen(pairs(MANAGEMENT)),
    peers: seen(pairs(others)),
  });
  return fc
    .record({ noted, profile: profiles, state: fc.constantFrom('running', 'running', 'exited') })
    .map(({ noted: set, profile, state }) => ({
      target: aTarget({ id: ids[index] ?? '', name: NAMES[index] ?? '', state }),
      declaration: aDeclaration(profile),
      observations: {
        configuration: observed(aConfiguration(PROXY)),
        namespace: observed(aNamespace({ interfaces: [anInterface({ address: addressOf(index) })] })),
        hostNamespace: observed(aHostNamespace()),
        ...(set as ObservationSet),
      },
    }));
}

export const bundles: fc.Arbitrary<ObservationBundle> = fc
  .tuple(...NAMES.map((_, index) => target(index)))
  .map((targets) => aBundle(...targets));
