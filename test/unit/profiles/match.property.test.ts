import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutboundPermissions } from '../../../src/model/profile.ts';
import { decide, declaredEndpoints, egressPolicy, isAllowed } from '../../../src/profiles/match.ts';
import type { Endpoint } from '../../../src/profiles/match.ts';
import { profileProblems } from '../../../src/profiles/validate.ts';

/** A host of which the generator knows the truth: its spelling is what the matcher sees, the rest what the oracle sees. */
interface KnownHost {
  readonly spelling: string;
  /** Labels of a name from the right, or the sixteen bytes of an address (IPv4 as ::ffff:a.b.c.d). */
  readonly truth: { readonly labels: readonly string[] } | { readonly bytes: readonly number[] };
  readonly public: boolean;
}

// Few labels, so that names meet, contain and prolong each other often.
const label = fc.constantFrom('a', 'b', 'ab', 'evila', 'example', 'x-1', '_s');
const top = fc.constantFrom(
  { label: 'com', public: true },
  { label: 'evilcom', public: true },
  { label: 'example', public: true },
  { label: 'internal', public: false },
  { label: 'local', public: false },
);

function shuffleCase(text: string, mask: number): string {
  return text
    .split('')
    .map((c, i) => ((mask >> (i % 31)) & 1 ? c.toUpperCase() : c))
    .join('');
}

const knownName: fc.Arbitrary<KnownHost> = fc
  .tuple(fc.array(label, { maxLength: 3 }), top, fc.nat())
  .map(([rest, last, mask]) => ({
    spelling: shuffleCase([...rest, last.label].join('.'), mask),
    truth: { labels: [last.label, ...rest.toReversed()] },
    public: last.public && rest.length > 0,
  }));

const byte = fc.integer({ min: 0, max: 255 });
const last3 = fc.tuple(byte, byte, byte);
const ipv4: fc.Arbitrary<{ bytes: readonly number[]; public: boolean }> = fc.oneof(
  fc.constantFrom(1, 8, 9, 11, 45, 93, 151).chain((a) => last3.map((t) => ({ bytes: [a, ...t], public: true }))),
  fc.constantFrom(0, 10, 127, 224, 239, 240, 255).chain((a) => last3.map((t) => ({ bytes: [a, ...t], public: false }))),
  fc
    .tuple(fc.constantFrom([192, 168], [169, 254], [172, 20], [100, 64]), byte, byte)
    .map(([head, c, d]) => ({ bytes: [...head, c, d], public: false })),
  fc
    .tuple(fc.constantFrom([203, 0, 113], [198, 51, 100]), fc.integer({ min: 1, max: 3 }))
    .map(([head, d]) => ({ bytes: [...head, d], public: true })),
);

const known4: fc.Arbitrary<KnownHost> = fc.tuple(ipv4, fc.boolean()).map(([{ bytes, public: isPublic }, mapped]) => ({
  spelling: `${mapped ? '::ffff:' : ''}${bytes.join('.')}`,
  truth: { bytes: [...Array.from({ length: 10 }, () => 0), 255, 255, ...bytes] },
  public: isPublic,
}));

const ipv6Head = fc.constantFrom(
  { head: [0x20, 0x01, 0x0d, 0xb8], public: true },
  { head: [0x2a, 0x00, 0x14, 0x50], public: true },
  { head: [0xfd, 0x00, 0x00, 0x01], public: false },
  { head: [0xfe, 0x80, 0x00, 0x00], public: false },
  { head: [0xff, 0x02, 0x00, 0x00], public: false },
);

const known6: fc.Arbitrary<KnownHost> = fc
  .tuple(ipv6Head, fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 12, maxLength: 12 }), fc.boolean(), fc.nat())
  .map(([{ head, public: isPublic }, tail, padded, mask]) => {
    const bytes = [...head, ...tail];
    const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16));
    const text = groups.map((group) => (padded ? group.padStart(4, '0') : group)).join(':');
    return { spelling: shuffleCase(text, mask), truth: { bytes }, public: isPublic };
  });

const knownHost = fc.oneof({ weight: 3, arbitrary: knownName }, known4, known6);
/** An entry: any host, or a leading dot and a name. */
const knownEntry = fc.oneof(
  knownHost.map((host) => ({ text: host.spelling, host, subtree: false })),
  knownName.map((host) => ({ text: `.${host.spelling}`, host, subtree: true })),
);
const port = fc.constantFrom(22, 80, 443, 8080);
const knownProfile = fc.record({
  all: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  entries: fc.array(knownEntry, { maxLength: 4 }),
  ports: fc.array(port, { maxLength: 3 }),
});
type KnownProfile = typeof knownProfile extends fc.Arbitrary<infer T> ? T : never;
const knownEndpoint = fc.record({
  host: knownHost,
  dot: fc.boolean(),
  port,
  protocol: fc.constantFrom('tcp' as const, 'tcp' as const, 'udp' as const),
});
type KnownEndpoint = typeof knownEndpoint extends fc.Arbitrary<infer T> ? T : never;

function toOutbound({ all, entries, ports }: KnownProfile): OutboundPermissions {
  return { insecure_allow_all: all, allow_host: entries.map((entry) => entry.text), allow_port: ports };
}

function toEndpoint({ host, dot, port: p, protocol }: KnownEndpoint): Endpoint {
  return { host: `${host.spelling}${dot && 'labels' in host.truth ? '.' : ''}`, port: p, protocol };
}

/** The semantics again, from the truth that the generator kept: labels and bytes, no texts. */
function oracle(profile: KnownProfile, endpoint: KnownEndpoint): boolean {
  if (profile.all) return true;
  if (endpoint.protocol === 'udp') return false;
  const { entries, ports } = profile;
  if (entries.length === 0 && ports.length === 0) return false;
  const portFits = ports.length === 0 ? [80, 443].includes(endpoint.port) : ports.includes(endpoint.port);
  if (!portFits) return false;
  if (entries.length === 0) return endpoint.host.public;
  return entries.some((entry) => {
    const declared = entry.host.truth;
    const asked = endpoint.host.truth;
    if ('bytes' in declared) return 'bytes' in asked && declared.bytes.every((b, i) => asked.bytes[i] === b);
    if ('bytes' in asked) return false;
    if (!entry.subtree && declared.labels.length !== asked.labels.length) return false;
    return declared.labels.every((l, i) => asked.labels[i] === l);
  });
}

const RUNS = { numRuns: 3000 };

describe('the matcher, for any profile and endpoint', () => {
  it('agrees with a naive oracle', () => {
    fc.assert(
      fc.property(knownProfile, knownEndpoint, (profile, endpoint) => {
        const policy = egressPolicy({ network: { outbound: toOutbound(profile) } });
        expect(isAllowed(policy, toEndpoint(endpoint))).toBe(oracle(profile, endpoint));
      }),
      RUNS,
    );
  });

  it('agrees with the oracle on an endpoint that the profile names', () => {
    const related = knownProfile
      .filter(({ entries }) => entries.length > 0)
      .chain((profile) =>
        fc.record({
          profile: fc.constant(profile),
          endpoint: fc
            .tuple(fc.constantFrom(...profile.entries), fc.array(label, { maxLength: 2 }), knownEndpoint)
            .map(([{ host }, extra, endpoint]) => {
              if ('bytes' in host.truth) return { ...endpoint, host };
              const labels = [...host.truth.labels, ...extra];
              return {
                ...endpoint,
                host: { ...host, spelling: [...extra.toReversed(), host.spelling].join('.'), truth: { labels } },
              };
            }),
        }),
      );
    fc.assert(
      fc.property(related, ({ profile, endpoint }) => {
        const policy = egressPolicy({ network: { outbound: toOutbound(profile) } });
        expect(isAllowed(policy, toEndpoint(endpoint))).toBe(oracle(profile, endpoint));
      }),
      RUNS,
    );
  });

  it('accepts as valid every profile of these generators', () => {
    fc.assert(
      fc.property(knownProfile, (profile) => {
        expect(profileProblems({ network: { outbound: toOutbound(profile) } })).toEqual([]);
      }),
    );
  });

  it('never allows a look-alike: text glued to the front or the back of an allowed name', () => {
    const glue = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    const anyEntry = fc.tuple(fc.domain(), fc.boolean()).map(([domain, dot]) => ({ domain, text: `${dot ? '.' : ''}${domain}` }));
    fc.assert(
      fc.property(anyEntry, glue, ({ domain, text }, extra) => {
        const policy = egressPolicy({ network: { outbound: { allow_host: [text], allow_port: [443] } } });
        for (const host of [
          `${extra}${domain}`,
          `${domain}${extra}`,
          `${domain}.${extra}`,
          `${domain}.${extra}.`,
          `-${domain}`,
        ]) {
          expect({ host, allowed: isAllowed(policy, { host, port: 443, protocol: 'tcp' }) }).toEqual({ host, allowed: false });
        }
      }),
      RUNS,
    );
  });

  it('keeps what is allowed when entries are added to lists that have some', () => {
    // A first entry is another matter, see below: it ends the meaning of the empty list.
    const entries = fc.array(knownEntry, { minLength: 1, maxLength: 3 });
    const ports = fc.array(port, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(knownProfile, entries, ports, knownEndpoint, (profile, moreEntries, morePorts, endpoint) => {
        const grown = {
          all: profile.all,
          entries: profile.entries.length > 0 ? [...profile.entries, ...moreEntries] : profile.entries,
          ports: profile.ports.length > 0 ? [...profile.ports, ...morePorts] : profile.ports,
        };
        const asked = toEndpoint(endpoint);
        const before = isAllowed(egressPolicy({ network: { outbound: toOutbound(profile) } }), asked);
        const after = isAllowed(egressPolicy({ network: { outbound: toOutbound(grown) } }), asked);
        expect(!before || after).toBe(true);
        const all = egressPolicy({ network: { outbound: { ...toOutbound(grown), insecure_allow_all: true } } });
        expect(isAllowed(all, asked)).toBe(true);
      }),
      RUNS,
    );
  });

  it('allows less after the first host or the first port: the empty list meant more', () => {
    const ask = (outbound: OutboundPermissions, host: string, p: number): boolean =>
      isAllowed(egressPolicy({ network: { outbound } }), { host, port: p, protocol: 'tcp' });
    expect(ask({ allow_port: [443] }, 'b.example', 443)).toBe(true);
    expect(ask({ allow_port: [443], allow_host: ['a.example'] }, 'b.example', 443)).toBe(false);
    expect(ask({ allow_host: ['a.example'] }, 'a.example', 80)).toBe(true);
    expect(ask({ allow_host: ['a.example'], allow_port: [8080] }, 'a.example', 80)).toBe(false);
  });

  it('allows every endpoint that it calls declared', () => {
    fc.assert(
      fc.property(knownProfile, (profile) => {
        const policy = egressPolicy({ network: { outbound: toOutbound(profile) } });
        for (const endpoint of declaredEndpoints(policy)) {
          expect(isAllowed(policy, { ...endpoint, protocol: 'tcp' })).toBe(true);
        }
      }),
    );
  });

  it('answers for any text as host, with a reason that is safe to print', () => {
    fc.assert(
      fc.property(knownProfile, fc.string({ unit: 'binary' }), fc.integer(), (profile, host, p) => {
        const decision = decide(egressPolicy({ network: { outbound: toOutbound(profile) } }), { host, port: p, protocol: 'tcp' });
        expect(decision.reason).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
      }),
      RUNS,
    );
  });
});
