import { CHECKS } from '../../src/checks/registry.ts';
import type { AttemptSpec, PairedAttempt } from '../../src/model/attempt.ts';
import type { ObservationBundle, TargetObservations } from '../../src/model/bundle.ts';
import type { ObservationSet } from '../../src/model/observation.ts';
import type { Profile } from '../../src/model/profile.ts';
import { aBundle } from './bundle.ts';
import {
  aConfiguration,
  aDeclaration,
  aFilesystem,
  aHostNamespace,
  aNamespace,
  anInterface,
  answered,
  aPair,
  aPath,
  aProcess,
  aTarget,
  connected,
  dnsAnswer,
  refused,
  timeout,
  unreachable,
  type Result,
} from './observations.ts';

/** One in so many was looked into; a run as large as this is one in which much could not be. */
const LOOKED_INTO = 3;
/** Those in which the other targets were dialled too: of each, every check of that says something about every other target. */
const CROWD = 4;

const PROFILES: readonly Profile[] = [
  {},
  { network: { outbound: { allow_host: ['api.weather.example', '.files.example'], allow_port: [443] } } },
  { network: { outbound: { insecure_allow_all: true } } },
];

const idOf = (index: number): string => index.toString(16).padStart(64, '0');
const addressOf = (index: number): string => `172.30.${index >> 8}.${index & 255}`;
const observed = <T>(facts: T) => ({ state: 'observed', facts }) as const;
const attempts = (list: readonly PairedAttempt[]) => observed({ attempts: [...list] });

/** A bundle as of an engine with so many targets: some leak, some are held, into most of them nobody could look. */
export function manyTargets(number: number): ObservationBundle {
  const targets = Array.from({ length: number }, (_, index): TargetObservations => {
    const profile = PROFILES[index % PROFILES.length];
    return {
      target: aTarget({
        id: idOf(index),
        name: `server-${index}`,
        image: { reference: `registry.example/mcp/server-${index}:1.0.0`, id: `sha256:${idOf(index)}` },
        transport: 'streamable-http',
      }),
      declaration: aDeclaration(profile, { location: `profiles/server-${index}.json` }),
      observations: index < CROWD ? crowded(index) : index % LOOKED_INTO === 0 ? looked(index) : unseen(),
    };
  });
  const bundle = aBundle(...targets);
  return { ...bundle, options: { ...bundle.options, checks: CHECKS.map(({ meta }) => meta.id) } };
}

function unseen(): ObservationSet {
  const reason = 'the container ended while it was looked at';
  return { configuration: { state: 'unavailable', reason }, namespace: { state: 'unavailable', reason } };
}

/** Everything but the neighbours. */
function looked(index: number): ObservationSet {
  const leaks = index % 2 === 0;
  const end: Result = leaks ? connected() : index % 5 === 0 ? unreachable() : timeout();
  const gateway = `172.30.${index >> 8}.1`;
  const pairs = (specs: readonly Partial<AttemptSpec>[], target = end) => specs.map((spec) => aPair({ spec, target }));
  const named = ['203.0.113.10', 'canary.test', 'api.weather.example'].flatMap((host) =>
    [443, 80].flatMap((port) => (['direct', 'proxy'] as const).map((path) => ({ host, port, path }))),
  );
  return {
    namespace: observed(aNamespace({ interfaces: [anInterface({ address: addressOf(index) })], gateways: [gateway] })),
    hostNamespace: observed(aHostNamespace()),
    process: observed(aProcess(leaks ? { uids: [0, 0, 0, 0], noNewPrivileges: false } : {})),
    filesystem: observed(aFilesystem({ paths: ['/data', '/home/node', '/etc/ssl'].map((path) => aPath({ path })) })),
    egress: attempts([
      ...pairs(named),
      ...pairs([22, 25, 53, 8443].map((port) => ({ purpose: 'port-boundary', host: 'api.weather.example', port }))),
      ...pairs(['weather.example', 'api.weather.example.test'].map((host) => ({ purpose: 'name-boundary', host }))),
      ...pairs(['10.0.0.1', '192.168.0.1'].map((host) => ({ purpose: 'private', host }))),
    ]),
    dns: attempts([
      aPair({
        spec: {
          host: `t-${index}.canary.test`,
          port: 0,
          kind: 'dns',
          purpose: 'dns-exfiltration',
          subject: 'a name below canary.test',
        },
        target: leaks ? dnsAnswer('NXDOMAIN', { soa: 'canary.test' }) : dnsAnswer('REFUSED'),
        controls: [dnsAnswer('NXDOMAIN', { soa: 'canary.test' })],
      }),
    ]),
    metadata: attempts(
      pairs([{ purpose: 'metadata', host: '169.254.169.254', port: 80, controls: ['bridge', 'host'] }], unreachable()),
    ),
    host: attempts([
      ...pairs(
        [gateway, '198.51.100.1', '172.17.0.1'].map((host) => ({
          purpose: 'host-canary',
          host,
          port: 40_001,
          nonce: 'n',
          controls: ['host'],
        })),
        leaks ? answered() : timeout(),
      ),
      ...pairs([{ purpose: 'host-service', host: gateway, port: 22, controls: ['host'] }], refused()),
    ]),
    management: attempts(
      pairs(
        [8080, 50_051].map((port) => ({
          id: `management:given:${gateway}:${port}`,
          purpose: 'management',
          kind: 'http',
          host: gateway,
          port,
          request: '/',
          controls: ['host', 'bridge'],
        })),
      ),
    ),
  };
}

/** On one network with the rest of the crowd. */
function crowded(index: number): ObservationSet {
  const peers = Array.from({ length: CROWD }, (_, peer) => peer).filter((peer) => peer !== index);
  return {
    ...looked(index),
    configuration: observed(aConfiguration()),
    peers: attempts(
      peers.flatMap((peer) => {
        const base = { host: addressOf(peer), peer: idOf(peer), controls: ['peer' as const] };
        return [
          aPair({ spec: { ...base, purpose: 'peer-canary', port: 40_003, nonce: 'n' }, target: answered() }),
          aPair({ spec: { ...base, purpose: 'peer-port', port: 3000 }, target: connected() }),
          aPair({
            spec: { ...base, purpose: 'peer-session', kind: 'mcp', port: 3000 },
            target: connected({ peer: { service: `server-${peer} 1`, tools: 3 } }),
          }),
        ];
      }),
    ),
  };
}
