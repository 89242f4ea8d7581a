import fc from 'fast-check';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import type { AttemptSpec } from '../../../src/model/attempt.ts';
import type { PlanContext } from '../../../src/probes/context.ts';
import { planEgress } from '../../../src/probes/egress.ts';
import { fairly, isName, namesBeside, spellingsOf } from '../../../src/probes/neighbours.ts';
import { planDns, planUdp } from '../../../src/probes/datagrams.ts';
import { controlOf } from '../../../src/probes/plan.ts';
import { canonicalName } from '../../../src/profiles/hosts.ts';
import { declaredEndpoints, egressPolicy, isAllowed, type EgressPolicy } from '../../../src/profiles/match.ts';
import { aConfiguration, aDeclaration, aTarget } from '../../support/observations.ts';

const PROXIES = { http: 'http://proxy.test:3128', https: 'http://proxy.test:3128' };

/** A context as the engine makes it of a profile, with what else a case needs. */
function context(hosts: readonly string[], ports: readonly number[], over: Partial<PlanContext> = {}): PlanContext {
  const policy = policyOf(hosts, ports);
  return {
    session: '0011aabbccdd',
    target: aTarget({ name: 'one' }),
    declaration: aDeclaration(),
    configuration: aConfiguration(),
    declared: declaredEndpoints(policy),
    permits: (endpoint) => isAllowed(policy, endpoint),
    internet: [{ host: 'canary.test', port: 443, protocol: 'tcp' }],
    management: [],
    private: [],
    proxies: {},
    peers: [],
    ...over,
  };
}

function policyOf(hosts: readonly string[], ports: readonly number[]): EgressPolicy {
  return egressPolicy({ network: { outbound: { allow_host: [...hosts], allow_port: [...ports] } } });
}

const of = (plan: readonly AttemptSpec[], ...purposes: readonly string[]): readonly AttemptSpec[] =>
  plan.filter(({ purpose }) => purposes.includes(purpose));
/** As a browser reads a host, which shares no code with the planner: odd spellings of addresses become plain. */
function read(host: string): string {
  const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}/`);
  const bare = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(bare);
  if (mapped === null) return bare;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const name = fc.domain().map((text) => text.toLowerCase());
const host = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 2, arbitrary: name.map((text) => `.${text}`) },
  { weight: 1, arbitrary: fc.ipV4() },
  { weight: 2, arbitrary: fc.constant('203.0.113.10') },
  { weight: 1, arbitrary: fc.ipV6() },
  {
    weight: 1,
    arbitrary: fc.constantFrom('example.com', 'www.example.com', 'api.example.com', '.api.example.com', 'db', 'x.internal'),
  },
);
const port = fc.constantFrom(22, 53, 80, 443, 853, 5432, 8080, 8443);
const endpoint = fc.record({ host: fc.oneof(name, fc.ipV4(), fc.constant('203.0.113.10')), port });
const world = fc
  .record({
    hosts: fc.array(host, { minLength: 1, maxLength: 12 }),
    ports: fc.array(port, { maxLength: 4 }),
    byProxy: fc.boolean(),
    given: fc.array(endpoint, { maxLength: 3 }),
    private: fc.array(endpoint, { maxLength: 3 }),
    internet: fc.array(
      fc.record({ host: fc.oneof(name, fc.ipV4()), port, protocol: fc.constantFrom('tcp' as const, 'udp' as const) }),
      {
        maxLength: 4,
      },
    ),
    resolved: fc.array(fc.oneof(fc.ipV4(), fc.constant('203.0.113.10')), { minLength: 1, maxLength: 4 }),
  })
  .map((one) => {
    const policy = policyOf(one.hosts, one.ports);
    const names = declaredEndpoints(policy).map((declared) => declared.host);
    const addresses = new Map(names.map((declared, at) => [declared, [one.resolved[at % one.resolved.length] ?? '']]));
    return {
      policy,
      addresses,
      one,
      plan: () =>
        planEgress(
          context(one.hosts, one.ports, {
            proxies: one.byProxy ? PROXIES : {},
            neighbors: one.given,
            private: one.private,
            internet: one.internet,
            addresses,
          }),
        ),
    };
  });
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const FORBIDDEN = ['port-boundary', 'name-boundary', 'private'] as const;
const allows = (policy: EgressPolicy, where: string, at: number): boolean =>
  isAllowed(policy, { host: where, port: at, protocol: 'tcp' });

describe('the endpoints beyond a declaration', () => {
  it.each<[string, (one: World) => boolean]>([
    [
      'never are declared, however their host is read',
      ({ policy, plan }) =>
        of(plan(), ...FORBIDDEN).every(
          (spec) => !allows(policy, spec.host, spec.port) && !allows(policy, read(spec.host), spec.port),
        ),
    ],
    [
      'leave nothing forbidden among the declared',
      ({ policy, plan }) => of(plan(), 'declared').every((spec) => allows(policy, spec.host, spec.port)),
    ],
    [
      'front by declared hosts, and only for names that are not',
      ({ policy, plan }) =>
        of(plan(), 'fronting').every((spec) => {
          const asked = spec.serverName ?? spec.authority?.replace(/:\d+$/, '') ?? '';
          return allows(policy, spec.host, spec.port) && !allows(policy, asked, spec.port) && asked.toLowerCase() !== spec.host;
        }),
    ],
    ['are the same each time', ({ plan }) => JSON.stringify(plan()) === JSON.stringify(plan())],
    ['have ids of their own', ({ plan }) => new Set(plan().map(({ id }) => id)).size === plan().length],
    [
      'are hosts that can be written down',
      ({ plan }) =>
        of(plan(), ...FORBIDDEN, 'fronting').every(
          (spec) => net.isIP(read(spec.host)) !== 0 || canonicalName(spec.host.replace(/\.$/, '')) !== undefined,
        ),
    ],
    [
      'hold no address but those that were declared, resolved or named',
      ({ plan, addresses, one }) => {
        const known = new Set(
          [
            ...[...addresses].flat(2),
            ...one.hosts,
            ...one.given.map((given) => given.host),
            ...one.private.map((given) => given.host),
          ].map(safe),
        );
        return of(plan(), ...FORBIDDEN).every((spec) => net.isIP(read(spec.host)) === 0 || known.has(read(spec.host)));
      },
    ],
    [
      'have a control, from a place without the proxy',
      ({ plan }) =>
        plan().every((spec) => spec.controls.every((at) => controlOf(spec, at).path === 'direct') && spec.controls.length > 0),
    ],
  ])('%s', (_, holds) => {
    expect(() => fc.assert(fc.property(world, holds), { numRuns: 60 })).not.toThrow();
  });

  it('are bounded, and every host has its share', () => {
    const size = fc.integer({ min: 1, max: 400 });
    const holds = (count: number, by: boolean): boolean => {
      const hosts = Array.from({ length: count }, (_, at) => `h${at}.zone${at}.test`);
      const addresses = new Map(hosts.map((one) => [one, ['203.0.113.10']]));
      const plan = planEgress(context(hosts, [80, 443], { proxies: by ? PROXIES : {}, addresses }));
      const tried = new Set(of(plan, 'name-boundary').map(({ subject }) => subject));
      const ports = new Set(of(plan, 'port-boundary').map((spec) => spec.host));
      return plan.length < 1500 && tried.size === Math.min(count, 64) && ports.size === Math.min(count, 64);
    };
    expect(() => fc.assert(fc.property(size, fc.boolean(), holds), { numRuns: 40 })).not.toThrow();
  });
});

/** Hosts of profiles that no browser reads stand for themselves. */
function safe(text: string): string {
  try {
    return read(text);
  } catch {
    return text;
  }
}

describe('neighbours', () => {
  const hostsOf = (declared: string, zone?: string): readonly string[] => namesBeside(declared, zone).map((one) => one.host);
  it.each([
    [
      'api.example.com',
      'z.test',
      [
        'example.com',
        'www.example.com',
        'www.api.example.com',
        'bulkhead-lookalike-api.example.com',
        'api.example.com.z.test',
        'api.example.com-bulkhead-lookalike.z.test',
      ],
    ],
    [
      'www.example.com',
      undefined,
      ['example.com', 'api.example.com', 'www.www.example.com', 'bulkhead-lookalike-www.example.com'],
    ],
    // Neither the top-level domain, nor names of strangers beside it.
    ['example.com', undefined, ['www.example.com', 'bulkhead-lookalike-example.com']],
    // What is known inside alone is told to nobody outside.
    ['db', 'z.test', ['www.db', 'bulkhead-lookalike-db']],
    [
      'db.corp.internal',
      'z.test',
      ['corp.internal', 'www.corp.internal', 'www.db.corp.internal', 'bulkhead-lookalike-db.corp.internal'],
    ],
    ['203.0.113.10', 'z.test', []],
    ['2001:db8::1', 'z.test', []],
  ])('of %s are few and known', (declared, zone, expected) => {
    expect(hostsOf(declared, zone)).toEqual(expected);
  });
  it('are left out where they would be too long', () => {
    const long = `${'a'.repeat(63)}.test`;
    expect(hostsOf(long, 'z.test').some((text) => text.startsWith('bulkhead'))).toBe(false);
    expect(hostsOf(long, 'z.test')).toContain(`www.${long}`);
  });
  it('of an entry with a leading dot are outside of it', () => {
    const names = of(planEgress(context(['.api.example.com'], [443])), 'name-boundary').map((spec) => spec.host);
    expect(new Set(names)).toEqual(
      new Set([
        'example.com',
        'www.example.com',
        'bulkhead-lookalike-api.example.com',
        'api.example.com.canary.test',
        'api.example.com-bulkhead-lookalike.canary.test',
      ]),
    );
  });
  it('are asked of the proxy and around it; addresses and odd spellings of the proxy alone', () => {
    const plan = of(
      planEgress(
        context(['api.example.com'], [443], { proxies: PROXIES, addresses: new Map([['api.example.com', ['203.0.113.10']]]) }),
      ),
      'name-boundary',
    );
    const ways = (text: string): string =>
      plan
        .filter((spec) => spec.host === text)
        .map(({ path }) => path)
        .toSorted()
        .join(' ');
    expect(ways('example.com')).toBe('direct proxy');
    for (const text of [
      '203.0.113.10',
      '3405803786',
      '0xcb00710a',
      '0313.0000.0161.0012',
      '::ffff:203.0.113.10',
      'EXAMPLE.COM.',
    ]) {
      expect([text, ways(text)]).toEqual([text, 'proxy']);
    }
    // Who answers can be told only by its name.
    expect(plan.find((spec) => spec.host === '203.0.113.10')).toMatchObject({
      serverName: 'api.example.com',
      authority: 'api.example.com',
    });
  });
  it('of a declared address are its other spellings, at a port that is not declared', () => {
    const plan = of(planEgress(context(['203.0.113.10'], [443], { proxies: PROXIES })), 'name-boundary');
    expect(plan.map((spec) => `${spec.host} ${spec.port} ${spec.path}`)).toEqual([
      '3405803786 80 proxy',
      '0xcb00710a 80 proxy',
      '0313.0000.0161.0012 80 proxy',
      '::ffff:203.0.113.10 80 proxy',
    ]);
    expect(of(planEgress(context(['203.0.113.10'], [443])), 'name-boundary')).toEqual([]);
  });
  it('leave out an address that leads back to the machine', () => {
    const addresses = new Map([['api.example.com', ['127.0.0.1', '169.254.169.254']]]);
    const plan = planEgress(context(['api.example.com'], [443], { proxies: PROXIES, addresses }));
    expect(of(plan, 'name-boundary').filter((spec) => net.isIP(read(spec.host)) !== 0)).toEqual([]);
  });
  it('that the user names are tried in both families, unless they are declared', () => {
    const neighbors = [
      { host: 'evil-example.com', port: 443 },
      { host: 'api.example.com', port: 443 },
    ];
    const plan = of(planEgress(context(['api.example.com'], [443], { neighbors })), 'name-boundary');
    expect(plan.filter(({ subject }) => subject.endsWith(':443')).map(({ subject, family }) => `${subject} ${family}`)).toEqual([
      'evil-example.com:443 4',
      'evil-example.com:443 6',
    ]);
  });
});

describe('fronting', () => {
  it('asks for another name in TLS and HTTP, and in HTTP alone', () => {
    const plan = of(planEgress(context(['api.example.com'], [80, 443, 8443, 5432])), 'fronting');
    const shown = plan.filter((spec) => (spec.authority ?? '').startsWith('example.com'));
    expect(shown.map((spec) => `${spec.port} ${spec.serverName ?? '-'} ${spec.authority ?? '-'}`)).toEqual([
      '80 - example.com',
      '443 example.com example.com',
      '443 - example.com',
      '8443 example.com example.com:8443',
      '8443 - example.com:8443',
    ]);
    for (const spec of plan) expect(controlOf(spec, 'bridge')).toMatchObject({ authority: spec.authority });
  });
  it('takes what the user named first', () => {
    const neighbors = [{ host: 'tenant.test', port: 443 }];
    const [first] = of(planEgress(context(['api.example.com'], [443], { neighbors })), 'fronting');
    expect(first).toMatchObject({ host: 'api.example.com', serverName: 'tenant.test', subject: 'api.example.com' });
  });
});

describe('private destinations', () => {
  const named = { private: [{ host: '10.0.0.5', port: 5432 }] };
  it('are those that were named, directly and, in every spelling, by the proxy', () => {
    const plan = of(planEgress(context(['api.example.com'], [443], { ...named, proxies: PROXIES })), 'private');
    expect(plan.map((spec) => `${spec.host} ${spec.path}`)).toEqual([
      '10.0.0.5 direct',
      '10.0.0.5 proxy',
      '167772165 proxy',
      '0x0a000005 proxy',
      '0012.0000.0000.0005 proxy',
      '::ffff:10.0.0.5 proxy',
    ]);
    expect(new Set(plan.map(({ subject }) => subject))).toEqual(new Set(['10.0.0.5:5432']));
  });
  it('are left out where they are declared', () => {
    expect(of(planEgress(context(['10.0.0.5'], [5432], named)), 'private')).toEqual([]);
  });
});

describe('resolvers outside', () => {
  const internet = [
    { host: 'canary.test', port: 443, protocol: 'tcp' },
    { host: '203.0.113.53', port: 53, protocol: 'udp' },
    { host: '203.0.113.53', port: 53, protocol: 'tcp' },
    { host: '203.0.113.10', port: 7, protocol: 'udp' },
  ] as const;
  it('are asked once, by UDP, TCP and TLS, and nowhere else', () => {
    const asked = context([], [], { internet });
    expect(of(planDns(asked), 'direct-dns').map((spec) => [spec.kind, spec.port, spec.resolver])).toEqual([
      ['dns', 0, { address: '203.0.113.53', port: 53, tcp: false }],
      ['dns', 0, { address: '203.0.113.53', port: 53, tcp: true }],
      ['tcp', 853, undefined],
    ]);
    expect(planUdp(asked).map((spec) => spec.port)).toEqual([7]);
    expect(of(planEgress(asked), 'internet').filter((spec) => spec.port === 53)).toEqual([]);
    // A proxy is another matter: it may open a tunnel to them.
    const proxied = of(planEgress({ ...asked, proxies: PROXIES }), 'internet').filter((spec) => spec.port === 53);
    expect(proxied.map(({ path }) => path)).toEqual(['proxy']);
  });
  it('are not asked in a way that is declared', () => {
    const asked = context(['203.0.113.53'], [53], { internet });
    expect(of(planDns(asked), 'direct-dns').map((spec) => spec.resolver?.tcp)).toEqual([false, undefined]);
  });
});

describe('helpers of the plan', () => {
  it('take from every list in turn', () => {
    expect(fairly([[1, 2, 3], [], [4], [5, 6]], 5)).toEqual([1, 4, 5, 2, 6]);
    expect(fairly([], 5)).toEqual([]);
  });
  it('spell an address in ways that a browser reads back', () => {
    expect(() =>
      fc.assert(fc.property(fc.ipV4(), (address) => spellingsOf(address).every((one) => read(one) === address))),
    ).not.toThrow();
    expect(spellingsOf('010.0.0.1')).toEqual([]);
  });
  it('take for a name what a profile takes for one', () => {
    const text = fc.oneof(name, fc.string(), fc.ipV4(), fc.stringMatching(/^[a-z0-9._-]{1,20}$/));
    expect(() =>
      fc.assert(fc.property(text, (one) => isName(one) === (canonicalName(one.replace(/\.$/, '')) !== undefined))),
    ).not.toThrow();
  });
});
