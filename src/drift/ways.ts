import { askedDirectly } from '../checks/support/decide.ts';
import { endpointOf } from '../checks/support/evidence.ts';
import { handshakeOf } from '../checks/support/offers.ts';
import { judgePair } from '../engine/matrix-evidence.ts';
import type { AttemptPurpose, AttemptSpec, PairedAttempt } from '../model/attempt.ts';
import type { Finding, Report } from '../model/report.ts';

/** One way to one place, the same in every run: which port a canary happened to get is no part of it. */
export interface Way {
  readonly key: string;
  /** Completes "it reaches …", e.g. `203.0.113.10:443/tcp directly`. */
  readonly text: string;
  /** The same without whose it is, e.g. `172.17.0.1:3000/tcp directly`: what several findings may be about. */
  readonly endpoint: string;
  readonly state: 'reached' | 'held' | 'unknown';
  /**
   * Whether options, the profile or the program choose to dial it. What is not chosen is dialled wherever it is
   * there, so that not being dialled means not being there.
   */
  readonly chosen: boolean;
  readonly spec: Pick<AttemptSpec, 'path' | 'purpose'>;
}

/** By key. */
export type Ways = ReadonlyMap<string, Way>;

/** What was tried of what a finding is about; empty where it is about no place that could be dialled from inside. */
export type WaysOf = (finding: Pick<Finding, 'check' | 'target' | 'subject'>) => Ways;

/** Found by looking at the host and at the other servers. Everything else is chosen. */
const FOUND: ReadonlySet<AttemptPurpose> = new Set([
  'host-canary',
  'host-loopback',
  'host-service',
  'peer-canary',
  'peer-port',
  'peer-session',
  'peer-published',
  'platform-proxy',
]);

/** Their port is another one in every run. */
const PLANTED: ReadonlySet<AttemptPurpose> = new Set(['host-canary', 'host-loopback', 'peer-canary']);

/** Checks that have a subject in common with others, and the attempts of which they speak. */
const SPEAKS_OF: ReadonlyMap<string, (spec: Way['spec']) => boolean> = new Map<string, (spec: Way['spec']) => boolean>([
  ['NET-004', ({ path }) => path === 'direct'],
  ['NET-005', ({ path }) => path === 'proxy'],
  ['HOST-001', ({ purpose }) => purpose === 'host-canary'],
  ['HOST-002', ({ purpose }) => purpose === 'host-loopback'],
  ['PIVOT-001', ({ purpose }) => purpose === 'peer-canary' || purpose === 'peer-port'],
  ['PIVOT-002', ({ purpose }) => purpose === 'peer-session'],
  ['PIVOT-003', ({ purpose }) => purpose === 'peer-session'],
  ['PIVOT-004', ({ purpose }) => purpose === 'peer-published'],
  ['PIVOT-005', ({ purpose }) => purpose === 'platform-proxy'],
  ['PIVOT-006', () => false],
]);

/** @param nameOf of a target by its id, as the other run calls it */
export function waysOf({ observations, targets }: Report, nameOf: (id: string) => string | undefined): WaysOf {
  const byPlace = new Map<string, Map<string, Way>>();
  const seen = new Map(observations.map(({ target, outcomes }) => [target, outcomes]));
  for (const { id } of targets) {
    for (const outcome of Object.values(seen.get(id) ?? {})) {
      if (outcome.state !== 'observed' || !('attempts' in outcome.facts)) continue;
      for (const pair of outcome.facts.attempts) {
        // What is asked from the host is about who gets in, not about what the server reaches.
        if (pair.spec.from === 'host') continue;
        const peer = pair.spec.peer === undefined ? undefined : nameOf(pair.spec.peer);
        for (const { subject, way } of waysTo(pair, peer)) {
          const place = JSON.stringify([nameOf(id), subject]);
          const ways = byPlace.get(place) ?? new Map<string, Way>();
          byPlace.set(place, ways.set(way.key, leakier(way, ways.get(way.key))));
        }
      }
    }
  }
  return ({ check, target, subject }) => {
    // A known API is named in front of its endpoint.
    const places = [subject, subject.split(' at ').at(-1)].map((place) => JSON.stringify([target, place]));
    const ways = places.map((place) => byPlace.get(place)).find((found) => found !== undefined) ?? [];
    const speaks = SPEAKS_OF.get(check);
    return new Map([...ways].filter(([, { spec }]) => speaks === undefined || speaks(spec)));
  };
}

/** Under each subject that a finding about this attempt may have. */
function waysTo(pair: PairedAttempt, peer: string | undefined): readonly { readonly subject: string; readonly way: Way }[] {
  const { spec, target } = pair;
  const way: Way = {
    key: keyOf(spec, peer),
    text: textOf(pair, peer),
    endpoint: `${spec.kind === 'dns' ? spec.subject : endpointOf(pair)} ${howOf(spec)}`,
    state: stateOf(pair),
    chosen: isChosen(spec),
    spec,
  };
  const subjects = peer === undefined ? [spec.subject] : [peer];
  if (spec.purpose !== 'host-service') return subjects.map((subject) => ({ subject, way }));
  // Whoever refuses has a network stack that answers: of that a finding of its own speaks.
  const subject = `route to ${spec.host}`;
  const answers = target.outcome === 'refused' ? 'reached' : way.state;
  return [
    ...subjects.map((each) => ({ subject: each, way })),
    { subject, way: { ...way, key: subject, text: `the network stack at ${spec.host}`, endpoint: subject, state: answers } },
  ];
}

const ASKED = { reached: 'reached', elsewhere: 'held', blocked: 'held', undecided: 'unknown' } as const;
const PUBLISHED = { session: 'reached', asked: 'reached', answered: 'reached', kept: 'held', open: 'unknown' } as const;
const OFFERED = { session: 'reached', asked: 'held', answered: 'unknown', kept: 'held', open: 'unknown' } as const;

/** As the check judges it that speaks of such attempts. */
function stateOf(pair: PairedAttempt): Way['state'] {
  const { purpose } = pair.spec;
  if (purpose === 'direct-dns') return ASKED[askedDirectly(pair).state];
  if (purpose === 'peer-published') return PUBLISHED[handshakeOf(pair)];
  if (purpose === 'platform-proxy') return OFFERED[handshakeOf(pair)];
  // Whoever asks for credentials opens no session.
  return purpose === 'peer-session' && pair.target.outcome === 'unauthorized' ? 'held' : judgePair(pair);
}

const RANK = { reached: 2, unknown: 1, held: 0 } as const;

function leakier(way: Way, known: Way | undefined): Way {
  return known === undefined || RANK[way.state] > RANK[known.state] ? way : known;
}

function keyOf(spec: AttemptSpec, peer: string | undefined): string {
  const { authority, family, host, kind, origin, path, port, purpose, request, resolver, serverName, subject } = spec;
  const isPlanted = PLANTED.has(purpose);
  return JSON.stringify([
    // An endpoint is one way for whatever purpose it is dialled, but for what stands for more than itself.
    isPlanted || kind === 'mcp' || peer !== undefined ? purpose : null,
    peer ?? (kind === 'dns' ? subject : host),
    isPlanted || kind === 'dns' ? null : port,
    kind === 'udp' || kind === 'dns' ? kind : 'tcp',
    path,
    // The control of one run may have reached over IPv6 alone.
    peer === undefined ? family : null,
    [serverName, authority, origin, request, resolver?.address, resolver?.tcp].map((each) => each ?? null),
  ]);
}

function isChosen({ id, purpose }: AttemptSpec): boolean {
  // A known management API is dialled where something listens on its port, one that the user names in any case.
  return purpose === 'management' ? id.startsWith('management:given:') : !FOUND.has(purpose);
}

function textOf(pair: PairedAttempt, peer: string | undefined): string {
  const { spec, target } = pair;
  const { authority, family, host, kind, path, purpose, resolver, serverName, subject } = spec;
  const how = howOf(spec);
  if (kind === 'dns') {
    return resolver === undefined
      ? `${subject} by DNS`
      : `the resolver ${resolver.address} by ${resolver.tcp ? 'TCP' : 'UDP'}, ${how}`;
  }
  if (purpose === 'host-canary') return `the host at ${host} ${how}`;
  if (purpose === 'host-loopback') return `the loopback of the host at ${host} ${how}`;
  const endpoint = purpose === 'peer-canary' ? `${host} (a canary beside it)` : endpointOf(pair);
  return [
    peer === undefined ? endpoint : `${peer} at ${endpoint}`,
    ...(target.address !== undefined && target.address !== host && path === 'direct' ? [` (${target.address})`] : []),
    ` ${how}`,
    ...(family === 6 && !host.includes(':') ? [' over IPv6'] : []),
    ...(kind === 'mcp' ? [' in an MCP session'] : []),
    ...(serverName !== undefined && serverName !== host ? [` as ${serverName} in SNI`] : []),
    ...(authority === undefined ? [] : [` as ${authority} in Host`]),
  ].join('');
}

function howOf({ path }: AttemptSpec): string {
  return path === 'proxy' ? 'by proxy' : 'directly';
}
