import fc from 'fast-check';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isWithin, ownNetworks } from '../../../gateway-image/src/near-networks.ts';
import { compilePolicy, decide, forbiddenAddress, isNameAllowed } from '../../../gateway-image/src/policy.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { decide as judge, egressPolicy } from '../../../src/profiles/match.ts';

function policy(hosts: readonly string[], ports: readonly number[] = [443], hostAddresses: readonly string[] = []) {
  return compilePolicy({ hosts, ports, hostAddresses, allowEch: false });
}

describe('a policy', () => {
  it('that is missing allows nothing', () => {
    expect(compilePolicy(null)).toBeUndefined();
    expect(decide(undefined, 'name.test', 443).allowed).toBe(false);
    expect(isNameAllowed(undefined, 'name.test')).toBe(false);
  });

  it.each<[string, readonly string[], readonly number[], readonly string[]]>([
    ['a wildcard', ['*'], [443], []],
    ['a wildcard below', ['*.name.test'], [443], []],
    ['an empty host', [''], [443], []],
    ['a range', ['10.0.0.0/8'], [443], []],
    ['a dot before an address', ['.10.0.0.1'], [443], []],
    ['a short address', ['127.1'], [443], []],
    ['port 0', ['name.test'], [0], []],
    ['port 65536', ['name.test'], [65_536], []],
    ['no port', ['name.test'], [], []],
    ['an address of the host that cannot be read', [], [443], ['172.17.0.1/16']],
  ])('is not made of %s', (_title, hosts, ports, hostAddresses) => {
    expect(() => policy(hosts, ports, hostAddresses)).toThrow(/is no|hosts without ports/);
  });

  it.each<[string, number, boolean]>([
    ['name.test', 443, true],
    ['NAME.TEST.', 443, true],
    ['name.test', 80, false],
    ['a.name.test', 443, false],
    ['tree.test', 443, true],
    ['a.b.tree.test', 443, true],
    ['eviltree.test', 443, false],
    ['10.0.0.1', 443, true],
    ['::ffff:10.0.0.1', 443, true],
    ['10.0.0.2', 443, false],
    ['0xa.0.0.1', 443, false],
    ['', 443, false],
    ['name.test', Number.NaN, false],
  ])('%s on %d: %s', (host, port, allowed) => {
    expect(decide(policy(['name.test', '.tree.test', '10.0.0.1']), host, port).allowed).toBe(allowed);
  });

  it.each([
    'localhost',
    'printer',
    'metadata.google.internal',
    'host.docker.internal',
    'nas.local',
    'x.corp',
    '127.0.0.1',
    '::1',
    '10.1.1.1',
  ])('any public host is not %s', (host) => {
    expect(decide(policy([]), host, 443).allowed).toBe(false);
    // The control: what is named is meant.
    expect(decide(policy([host]), host, 443).allowed).toBe(true);
  });

  it('what a name resolves to is judged by address, and literally named ones are meant', () => {
    const p = policy(['name.test', '10.0.0.1'], [443], ['203.0.113.9', 'fe80::1%eth0']);
    if (p === undefined) throw new Error('no policy');
    expect(forbiddenAddress(p, '10.0.0.1')).toBeUndefined();
    expect(forbiddenAddress(p, '::ffff:a00:1')).toBeUndefined();
    expect(forbiddenAddress(p, '203.0.113.10')).toBeUndefined();
    for (const address of [
      '10.0.0.2',
      '127.0.0.1',
      '203.0.113.9',
      '::ffff:203.0.113.9',
      '64:ff9b::cb00:7109',
      'fe80::1',
      'name.test',
      '',
    ]) {
      expect({ address, why: forbiddenAddress(p, address) }).toEqual({
        address,
        why: expect.stringMatching(/^it is /) as string,
      });
    }
  });
});

describe('two independent readings of a profile', () => {
  const name = fc.constantFrom(
    'a.test',
    'b.a.test',
    'c.b.a.test',
    'ba.test',
    'test',
    'x.corp',
    'x.local',
    'x.onion',
    'localhost',
    'a.test.b',
  );
  const address = fc.oneof(
    fc.constantFrom(
      '127.0.0.1',
      '10.0.0.1',
      '203.0.113.1',
      '169.254.169.254',
      '168.63.129.16',
      '::1',
      '::7f00:1',
      '64:ff9b::7f00:1',
      '2002:808:808::1',
      'fd00::1',
    ),
    fc.ipV4(),
    fc.ipV6(),
  );
  const entry = fc.oneof(
    { weight: 3, arbitrary: name },
    { weight: 1, arbitrary: name.map((n) => `.${n}`) },
    { weight: 2, arbitrary: address },
  );
  const odd = fc
    .tuple(fc.oneof(name, address), fc.constantFrom('', '', '.', '..', ' ', '%lo', ':80', '\0', '/'))
    .map(([host, tail]) => host + tail);
  const cased = fc.tuple(fc.oneof(entry, odd, fc.string()), fc.boolean()).map(([host, up]) => (up ? host.toUpperCase() : host));
  const ports = fc.uniqueArray(fc.constantFrom(22, 80, 443, 8080), { maxLength: 3 });

  /** Where the gateway is stricter, on purpose: spellings that it does not take, and names that DNS must not be asked for. */
  const stricter = (host: string): boolean => /%|\.\d+\.?$|[[\]]/.test(host) || /\.(?:onion|alt)\.?$/i.test(host);

  it('agree', () => {
    const seen = { allowed: 0, denied: 0 };
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 4 }),
        ports,
        cased,
        fc.constantFrom(22, 80, 443, 8080),
        (hosts, declared, host, port) => {
          const profile: Profile = { network: { outbound: { allow_host: hosts, allow_port: declared } } };
          const theirs = judge(egressPolicy(profile), { host, port, protocol: 'tcp' }).allowed;
          const nothing = hosts.length === 0 && declared.length === 0;
          // Entries are those that a profile may have: IPv6 with a dotted tail is none of the gateway's.
          const ours = decide(
            nothing
              ? undefined
              : policy(
                  hosts.filter((h) => !/:.*\./.test(h)),
                  declared.length === 0 ? [80, 443] : declared,
                ),
            host,
            port,
          ).allowed;
          if (hosts.some((h) => /:.*\./.test(h))) return;
          seen[ours ? 'allowed' : 'denied'] += 1;
          if (ours) expect({ host, theirs }).toEqual({ host, theirs: true });
          else if (!stricter(host)) expect({ host, theirs }).toEqual({ host, theirs: false });
        },
      ),
      { numRuns: 6000 },
    );
    expect(seen.allowed).toBeGreaterThan(50);
    expect(seen.denied).toBeGreaterThan(50);
  });
});

describe('addresses near by, though they are public', () => {
  const egress = { hosts: [], ports: [443], allowEch: false };
  const near = { ...egress, hostAddresses: ['2001:db8:5:6:1:2:3:4', 'fd00::1', '203.0.113.7', 'fe80::1%eth0'] };
  const policy = (
    hosts: readonly string[] = [],
    networks: readonly string[] = ['198.51.100.9/28', '2001:db8:7:8::2/64', '::1/128'],
  ) => {
    const compiled = compilePolicy({ ...near, hosts }, () => networks);
    if (compiled === undefined) throw new Error('no policy');
    return compiled;
  };

  it.each([
    ['2001:db8:5:6:ffff::9', /network of the engine's host/],
    ['2001:db8:5:7::9', undefined],
    ['203.0.113.7', /engine's host/],
    ['203.0.113.8', undefined],
    ['198.51.100.1', /network of the gateway/],
    ['198.51.100.14', /network of the gateway/],
    ['198.51.100.16', undefined],
    ['::ffff:198.51.100.1', /network of the gateway/],
    ['64:ff9b::c633:6401', /reserved/],
    ['2001:db8:7:8::1', /network of the gateway/],
    ['2001:db8:7:9::1', undefined],
  ])('%s', (address, reason) => {
    const why = forbiddenAddress(policy(), address);
    if (reason === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(reason);
    // As it is asked for, in whatever way.
    expect(decide(policy(), address, 443).allowed).toBe(reason === undefined);
    // Who names it means it.
    expect(forbiddenAddress(policy([address]), address)).toBeUndefined();
  });

  it('are looked for anew each time', () => {
    const networks = ['198.51.100.9/28'];
    const changing = policy([], networks);
    expect(forbiddenAddress(changing, '203.0.113.99')).toBeUndefined();
    networks.push('203.0.113.98/30');
    expect(forbiddenAddress(changing, '203.0.113.99')).toMatch(/gateway/);
  });

  it('are those of this machine', () => {
    const cidrs = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ cidr }) => cidr));
    expect(ownNetworks()).toEqual(cidrs);
    expect(isWithin('127.0.0.1', ownNetworks())).toBe(true);
  });
});
