import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlanContext } from '../../../src/probes/context.ts';
import { familyOf, firstAddress, isDialable } from '../../../src/probes/address.ts';
import { ATTEMPT_KINDS, controlOf, planAttempts } from '../../../src/probes/plan.ts';
import { OBSERVATION_KINDS } from '../../../src/model/observation.ts';
import { aConfiguration, aDeclaration, aHostNamespace, aNamespace, aNetwork, anId, aTarget } from '../../support/observations.ts';

const KINDS = new Set(OBSERVATION_KINDS);

function context(overrides: Partial<PlanContext> = {}): PlanContext {
  return {
    session: '0011aabbccdd',
    target: aTarget({ name: 'one' }),
    declaration: aDeclaration(),
    configuration: aConfiguration(),
    namespace: aNamespace(),
    declared: [],
    permits: () => false,
    internet: [
      { host: 'canary.test', port: 443, protocol: 'tcp' },
      { host: '203.0.113.10', port: 7, protocol: 'udp' },
    ],
    management: [],
    private: [],
    proxies: {},
    hostNamespace: aHostNamespace({ interfaces: [{ name: 'eth0', address: '198.51.100.1', family: 4, scope: 'global' }] }),
    hostCanaries: {
      nonce: 'n0nce',
      ports: [
        { scope: 'wildcard', family: 4, port: 41000 },
        { scope: 'loopback', family: 4, port: 42000 },
      ],
    },
    peers: [],
    ...overrides,
  };
}

describe('the plan of attempts', () => {
  it('tries a name in both families, a literal in its own, and names a control for everything', () => {
    const plan = planAttempts(context(), KINDS, true);
    expect(plan.egress?.map(({ subject, family, path }) => `${subject} ${family} ${path}`)).toEqual([
      'canary.test:443 4 direct',
      'canary.test:443 6 direct',
    ]);
    for (const spec of Object.values(plan).flat()) expect(spec.controls.length, spec.id).toBeGreaterThan(0);
  });

  it('gives every attempt an id of its own', () => {
    const peer = {
      target: aTarget({ id: anId('b'), name: 'two' }),
      configuration: aConfiguration({ networks: [aNetwork()] }),
      namespace: aNamespace(),
    };
    const ids = Object.values(
      planAttempts(context({ peers: [peer], proxies: { http: 'http://p:1', https: 'http://p:1' } }), KINDS, true),
    )
      .flat()
      .map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tries everything by the proxy too, where the target has one', () => {
    const plan = planAttempts(context({ proxies: { https: 'http://user:secret@proxy:3128' } }), KINDS, true);
    expect(plan.egress?.filter(({ path }) => path === 'proxy').map(({ proxy }) => proxy)).toEqual([
      'http://user:secret@proxy:3128',
    ]);
    // Its control takes no proxy: it differs in the place alone.
    for (const spec of plan.egress ?? [])
      expect(controlOf(spec, 'bridge')).toMatchObject({ path: 'direct', host: spec.host, port: spec.port });
    for (const spec of plan.egress ?? []) expect(controlOf(spec, 'bridge')).not.toHaveProperty('proxy');
  });

  it('tries declared hosts at their ports, and at others that nothing declares', () => {
    const permits: PlanContext['permits'] = ({ port }) => port === 443;
    const plan = planAttempts(context({ declared: [{ host: 'api.allowed.test', port: 443 }], permits }), KINDS, true);
    const of = (purpose: string): readonly number[] => [
      ...new Set(plan.egress?.filter((spec) => spec.purpose === purpose).map(({ port }) => port)),
    ];
    expect(of('declared')).toEqual([443]);
    expect(of('port-boundary')).not.toContain(443);
    expect(of('port-boundary').length).toBeGreaterThan(1);
  });

  it('dials nothing outside when the internet is left out', () => {
    const plan = planAttempts(context(), KINDS, false);
    expect(Object.keys(plan).toSorted()).toEqual(['endpoint', 'host', 'management', 'metadata', 'peers']);
  });

  it('plans only the kinds that are wanted', () => {
    expect(Object.keys(planAttempts(context(), new Set(['udp', 'process']), true))).toEqual(['udp']);
    expect(ATTEMPT_KINDS.length).toBe(8);
  });

  it('looks for the loopback canary of the host at every address, and its control at the loopback', () => {
    const loopback = planAttempts(context(), KINDS, true).host?.filter(({ purpose }) => purpose === 'host-loopback') ?? [];
    expect(loopback.map(({ host }) => host)).toEqual(expect.arrayContaining(['198.51.100.1', '127.0.0.1']));
    expect(loopback.every(({ port }) => port === 42000)).toBe(true);
    for (const spec of loopback) expect(controlOf(spec, 'host')).toMatchObject({ host: '127.0.0.1', port: 42000 });
  });

  it('asks for another name in the control than in the target, below the same zone', () => {
    const [spec] = planAttempts(context(), KINDS, true).dns ?? [];
    const control = spec && controlOf(spec, 'bridge');
    expect(spec?.host).toMatch(/^t[0-9a-f]{12}-[0-9a-f]+\.canary\.test$/);
    expect(control?.host).toMatch(/^c-[0-9a-f]+\.canary\.test$/);
  });

  it('knocks at peers by their addresses and at their listeners, and lets the peer itself be the control', () => {
    const peer = {
      target: aTarget({ id: anId('b'), name: 'two' }),
      configuration: aConfiguration({ networks: [] }),
      namespace: aNamespace({
        interfaces: [{ name: 'eth0', address: '172.18.0.3', family: 4, scope: 'global' }],
        listeners: [{ address: '0.0.0.0', port: 3001, family: 4 }],
      }),
      canaries: { nonce: 'peer', ports: [{ scope: 'wildcard', family: 4, port: 43000 }] as const },
    };
    const plan = planAttempts(context({ peers: [peer] }), KINDS, true).peers ?? [];
    expect(plan.map(({ purpose, port }) => `${purpose} ${port}`)).toEqual([
      'peer-canary 43000',
      'peer-port 3001',
      'peer-session 3001',
    ]);
    expect(plan.every(({ controls, peer: id }) => controls.join() === 'peer' && id === anId('b'))).toBe(true);
  });

  it('stays bounded, however many hosts a profile names', () => {
    const declared = Array.from({ length: 5000 }, (_, index) => ({ host: `h${index}.test`, port: 443 }));
    const plan = planAttempts(context({ declared, permits: ({ port }) => port === 443 }), KINDS, true);
    expect(plan.egress?.length).toBeLessThan(1000);
  });
});

describe('addresses', () => {
  it.each([
    ['172.18.0.0/16', '172.18.0.1'],
    ['192.168.5.128/25', '192.168.5.129'],
    ['fd00:bad::/64', 'fd00:bad::1'],
    ['10.0.0.1/32', undefined],
    ['nonsense', undefined],
  ])('the first of %s is %s', (subnet, address) => expect(firstAddress(subnet)).toBe(address));
  it('are dialled only where that needs no zone', () => {
    expect(['127.0.0.1', '::1', 'fe80::1', '0.0.0.0', '224.0.0.1', 'name'].filter(isDialable)).toEqual([]);
    expect(['172.17.0.1', 'fd00::1', '203.0.113.10'].every(isDialable)).toBe(true);
  });
  it('are told from names', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => familyOf(address) === 4));
    fc.assert(fc.property(fc.ipV6(), (address) => familyOf(address) === 6));
    expect(familyOf('canary.test')).toBeUndefined();
  });
});

describe('management APIs', () => {
  const hostNamespace = aHostNamespace({ listeners: [{ address: '127.0.0.1', port: 8080, family: 4 }] });
  const hosts = (overrides: Partial<PlanContext>): readonly string[] =>
    (planAttempts(context({ hostNamespace, ...overrides }), KINDS, true).management ?? [])
      .filter(({ from }) => from === undefined)
      .map(({ host }) => host);

  it('are looked for on the loopback where the target shares the namespace of the host', () => {
    expect(hosts({ namespace: hostNamespace })).toContain('127.0.0.1');
    expect(hosts({})).not.toContain('127.0.0.1');
  });
  it('are tried only where something listens at their port on the host, and always where the user says so', () => {
    expect(hosts({ hostNamespace: aHostNamespace({ listeners: [] }) })).toEqual([]);
    expect(hosts({ hostNamespace: aHostNamespace({ listeners: [] }), management: [{ host: '203.0.113.10', port: 9 }] })).toEqual([
      '203.0.113.10',
    ]);
  });
});
