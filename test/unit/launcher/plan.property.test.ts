import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { declaresMount } from '../../../src/checks/support/declared-mounts.ts';
import { LABEL } from '../../../src/model/labels.ts';
import { planCompartment } from '../../../src/launcher/plan.ts';
import type { LaunchOptions, RelayConfig } from '../../../src/model/compartment.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { parseProfile } from '../../../src/profiles/load.ts';
import { describePolicy, egressPolicy } from '../../../src/profiles/match.ts';
import { profileProblems } from '../../../src/profiles/validate.ts';
import { HTTP, planInput, STDIO } from './plan-fixtures.ts';

const host = fc.oneof(
  fc.domain(),
  fc.domain().map((name) => `.${name}`),
  fc.ipV4(),
  fc.ipV6(),
);
const port = fc.integer({ min: 1, max: 65_535 });
const optional = { requiredKeys: [] };
const profiles: fc.Arbitrary<Profile> = fc
  .record(
    {
      name: fc.string(),
      network: fc.record(
        {
          mode: fc.constantFrom('', 'none', 'bridge', 'default', 'shared', 'container:other'),
          outbound: fc.record(
            {
              insecure_allow_all: fc.boolean(),
              allow_host: fc.array(host, { maxLength: 5 }),
              allow_port: fc.array(port, { maxLength: 5 }),
            },
            optional,
          ),
          inbound: fc.record({ allow_host: fc.array(host, { maxLength: 3 }) }, optional),
        },
        optional,
      ),
      privileged: fc.constant(false),
    },
    optional,
  )
  .filter((profile) => profileProblems(profile).length === 0);

const options: fc.Arbitrary<LaunchOptions> = fc
  .record({
    base: fc.constantFrom(STDIO, HTTP),
    detach: fc.boolean(),
    user: fc.constantFrom(undefined, '1000', 'app'),
    secretFiles: fc.constantFrom([], ['TOKEN']),
  })
  .map(({ base, detach, user, secretFiles }) => ({ ...base, detach, secretFiles, ...(user === undefined ? {} : { user }) }));

const imageUser = fc.constantFrom('', 'root', '0', '0:0', 'node', '1000:1000');
const mounts = [
  { kind: 'bind', source: '/srv/data', target: '/data', readOnly: true },
  { kind: 'volume', source: 'cache', target: '/cache', readOnly: false },
] as const;

describe('for any valid profile', () => {
  it('the server is hardened, and without a network unless everything is allowed', () => {
    fc.assert(
      fc.property(profiles, options, imageUser, (profile, chosen, user) => {
        const { server, relay, gateway, shape } = planCompartment(planInput({ profile, options: chosen, mounts }, { user }));
        const open = egressPolicy(profile).kind === 'everything';
        expect(shape === 'open').toBe(open);
        if (!open) {
          expect(server.HostConfig.NetworkMode).toMatch(/^(?:none|container:weather-relay)$/);
          expect(relay?.HostConfig.NetworkMode ?? 'none').toBe('none');
        }
        for (const spec of [server, relay, gateway].filter((one) => one !== undefined)) {
          expect(spec.HostConfig).toMatchObject({ CapDrop: ['ALL'], ReadonlyRootfs: true, SecurityOpt: ['no-new-privileges'] });
          expect(spec.HostConfig.CapAdd).toBeUndefined();
          expect(spec.HostConfig.MemorySwap).toBe(spec.HostConfig.Memory);
          expect(spec.HostConfig.PidsLimit).toBeGreaterThan(0);
          expect(spec.User).not.toMatch(/^(?:0|root)?(?::|$)/);
          expect(spec.HostConfig.NetworkMode).not.toMatch(/host|bridge$|default/);
        }
        // Only the gateway is published, and only on this machine.
        expect(server.HostConfig.PortBindings ?? relay?.HostConfig.PortBindings).toBeUndefined();
        expect(
          Object.values(gateway?.HostConfig.PortBindings ?? {})
            .flat()
            .every(({ HostIp }) => HostIp === '127.0.0.1'),
        ).toBe(true);
      }),
    );
  });

  it('the launcher and the audit read the same, each by itself', () => {
    fc.assert(
      fc.property(profiles, (profile) => {
        const { shape, relay } = planCompartment(planInput({ profile }));
        const policy = egressPolicy(profile);
        const text = relay?.Env?.[0]?.slice('BULKHEAD_RELAY='.length);
        const { egress } = text === undefined ? { egress: null } : (JSON.parse(text) as RelayConfig);
        switch (policy.kind) {
          case 'nothing':
            expect(shape).toBe('isolated');
            break;
          case 'everything':
            expect(shape).toBe('open');
            break;
          case 'public':
            expect(egress?.hosts).toEqual([]);
            expect(new Set(egress?.ports)).toEqual(new Set(policy.ports));
            break;
          case 'hosts':
            expect(egress?.hosts).toEqual(profile.network?.outbound?.allow_host);
            expect(new Set(egress?.ports)).toEqual(new Set(policy.ports));
            break;
        }
      }),
    );
  });

  it('the label says what is enforced', () => {
    fc.assert(
      fc.property(profiles, options, (profile, chosen) => {
        const { server } = planCompartment(planInput({ profile, options: chosen, mounts }));
        const { profile: read } = parseProfile(server.Labels[LABEL.profile] ?? '', 'label');
        expect(describePolicy(egressPolicy(read))).toBe(describePolicy(egressPolicy(profile)));
        for (const { Type, Source, Target } of server.HostConfig.Mounts ?? []) {
          expect(declaresMount(read, { type: Type, source: Source, target: Target })).toBe(true);
        }
      }),
    );
  });
});
