import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../src/model/profile.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { decide, declaredEndpoints, describePolicy, egressPolicy, isAllowed } from '../../../src/profiles/match.ts';

function outbound(allow_host?: readonly string[], allow_port?: readonly number[]): Profile {
  return { network: { outbound: { ...(allow_host && { allow_host }), ...(allow_port && { allow_port }) } } };
}

function allows(profile: Profile, host: string, port = 443, protocol: 'tcp' | 'udp' = 'tcp'): boolean {
  return isAllowed(egressPolicy(profile), { host, port, protocol });
}

describe('nothing declared is nothing allowed', () => {
  it.each<[string, Profile]>([
    ['an empty profile', {}],
    ['an empty network', { network: {} }],
    ['only a mode', { network: { mode: 'bridge' } }],
    ['only inbound', { network: { inbound: { allow_host: ['localhost'] } } }],
    ['an empty outbound', { network: { outbound: {} } }],
    ['empty lists', outbound([], [])],
    ['insecure_allow_all false', { network: { outbound: { insecure_allow_all: false } } }],
    ['the built-in none', BUILT_IN_PROFILES.none],
    ['allow-all under mode none', { network: { mode: 'none', outbound: { insecure_allow_all: true } } }],
    ['hosts under mode none', { network: { mode: 'none', outbound: { allow_host: ['example.com'] } } }],
  ])('%s', (_title, profile) => {
    expect(egressPolicy(profile)).toEqual({ kind: 'nothing' });
    expect(allows(profile, 'example.com')).toBe(false);
    expect(declaredEndpoints(egressPolicy(profile))).toEqual([]);
  });
});

describe('allow-all', () => {
  it.each<[string, number, 'tcp' | 'udp']>([
    ['example.com', 1, 'tcp'],
    ['10.0.0.1', 53, 'udp'],
    ['::1', 65535, 'tcp'],
    ['localhost', 22, 'tcp'],
  ])('allows %s on %i/%s', (host, port, protocol) => {
    expect(allows(BUILT_IN_PROFILES.network, host, port, protocol)).toBe(true);
  });

  it('has no use for the lists beside it', () => {
    const profile = { network: { outbound: { insecure_allow_all: true, allow_host: ['example.com'], allow_port: [443] } } };
    expect(allows(profile, 'other.example', 22)).toBe(true);
  });
});

describe('hosts', () => {
  it.each<[string, string, boolean]>([
    ['example.com', 'example.com', true],
    ['example.com', 'EXAMPLE.com', true],
    ['Example.COM', 'example.com', true],
    ['example.com', 'example.com.', true],
    ['example.com', 'example.com..', false],
    ['example.com', 'www.example.com', false],
    ['example.com', 'evilexample.com', false],
    ['example.com', 'example.com.evil.com', false],
    ['example.com', 'com', false],
    ['.example.com', 'example.com', true],
    ['.example.com', 'a.b.example.com', true],
    ['.example.com', 'A.EXAMPLE.com.', true],
    ['.example.com', 'evilexample.com', false],
    ['.example.com', 'example.com.evil', false],
    ['.example.com', '.example.com', false],
    ['.com', 'example.com', true],
    ['localhost', 'localhost', true],
    ['localhost', '127.0.0.1', false],
    ['localhost', '::1', false],
    ['127.0.0.1', 'localhost', false],
    ['203.0.113.10', '203.0.113.10', true],
    ['203.0.113.10', '::ffff:203.0.113.10', true],
    ['203.0.113.10', '::ffff:cb00:710a', true],
    ['203.0.113.10', '::203.0.113.10', false],
    ['203.0.113.10', '203.0.113.010', false],
    ['203.0.113.10', '0xcb00710a', false],
    ['203.0.113.10', '3405803786', false],
    ['203.0.113.10', '203.0.113.10.', false],
    ['203.0.113.10', 'x.203.0.113.10', false],
    ['::ffff:203.0.113.10', '203.0.113.10', true],
    ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', true],
    ['2001:db8::1', '[2001:db8::1]', true],
    ['2001:db8::1', '2001:db8::2', false],
    ['2001:db8::0:1', '2001:db8::1', true],
    ['fe80::1', 'fe80::1%eth0', true],
    ['api.example.com', 'api.example.com\u0000', false],
    ['k.example.com', '\u212a.example.com', false],
    ['example.com', '', false],
    ['example.com', '.', false],
  ])('%s and %s: %s', (entry, host, expected) => {
    expect(allows(outbound([entry], [443]), host)).toBe(expected);
  });

  it('without ports mean 80 and 443', () => {
    const profile = outbound(['example.com']);
    expect([80, 443, 22, 8080].map((port) => allows(profile, 'example.com', port))).toEqual([true, true, false, false]);
    expect(allows({ network: { outbound: { allow_host: ['example.com'], allow_port: [] } } }, 'example.com', 80)).toBe(true);
  });

  it('with ports mean each host on each port', () => {
    const profile = outbound(['a.example', 'b.example'], [22, 443]);
    expect(allows(profile, 'b.example', 22)).toBe(true);
    expect(allows(profile, 'b.example', 80)).toBe(false);
    expect(allows(profile, 'c.example', 22)).toBe(false);
  });

  it('and ports never allow UDP', () => {
    expect(allows(outbound(['example.com'], [443]), 'example.com', 443, 'udp')).toBe(false);
    expect(allows(outbound([], [53]), 'example.com', 53, 'udp')).toBe(false);
  });

  it('that are no hosts match nothing and do not become "any host"', () => {
    expect(egressPolicy(outbound(['*'], [443]))).toEqual({ kind: 'hosts', hosts: [], ports: [443] });
    expect(allows(outbound(['*'], [443]), 'example.com')).toBe(false);
    expect(allows(outbound(['example.com'], [0, 1.5, 70000]), 'example.com', 80)).toBe(false);
    expect(describePolicy(egressPolicy(outbound(['*'], [443])))).toBe('nothing');
  });
});

describe('ports without hosts', () => {
  it.each([
    'example.com',
    'a.b.example',
    'lab.test',
    '1.1.1.1',
    '203.0.113.10',
    '198.51.100.2',
    '192.0.2.1',
    '2001:db8::1',
    '2606:4700:4700::1111',
    '64:ff9b::101:101',
    '::ffff:1.1.1.1',
  ])('include %s', (host) => {
    expect(allows(outbound([], [443]), host)).toBe(true);
    expect(allows(outbound([], [443]), host, 80)).toBe(false);
  });

  it.each([
    'localhost',
    'x.localhost',
    'db',
    'printer.local',
    'host.docker.internal',
    'host.containers.internal',
    'metadata.google.internal',
    'nas.home.arpa',
    'x.invalid',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '168.63.129.16',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '2002:a00:1::',
    '2001:0:1::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    '0x7f.1',
    '2130706433',
    '010.0.0.1',
    '1.1.1.1.',
    'not a host',
    '',
  ])('do not include %s', (host) => {
    expect(allows(outbound([], [443]), host)).toBe(false);
  });

  it('include the last address outside of 172.16.0.0/12 on both sides', () => {
    expect(allows(outbound([], [443]), '172.15.255.255')).toBe(true);
    expect(allows(outbound([], [443]), '172.32.0.0')).toBe(true);
  });
});

describe('decide', () => {
  it.each<[string, Profile, { host: string; port: number; protocol: 'tcp' | 'udp' }, string]>([
    ['nothing', {}, { host: 'a.example', port: 1, protocol: 'tcp' }, 'the profile allows no outbound connection'],
    ['all', BUILT_IN_PROFILES.network, { host: 'a.example', port: 1, protocol: 'tcp' }, 'insecure_allow_all is set'],
    ['the entry', outbound(['.example']), { host: 'a.example', port: 80, protocol: 'tcp' }, 'allow_host has .example'],
    [
      'the port',
      outbound(['a.example']),
      { host: 'a.example', port: 22, protocol: 'tcp' },
      'port 22 is not in allow_port (80 and 443 are meant)',
    ],
    ['the host', outbound(['a.example']), { host: 'b.example', port: 80, protocol: 'tcp' }, 'b.example is not in allow_host'],
    ['UDP', outbound(['a.example']), { host: 'a.example', port: 80, protocol: 'udp' }, 'hosts and ports of a profile are TCP'],
    ['place', outbound([], [80]), { host: '10.0.0.1', port: 80, protocol: 'tcp' }, '10.0.0.1 is not a public address'],
    ['public', outbound([], [80]), { host: '1.1.1.1', port: 80, protocol: 'tcp' }, 'any public host is allowed on 80'],
    [
      'nonsense',
      outbound([], [80]),
      { host: 'a\u001bb', port: 80, protocol: 'tcp' },
      'a\\u001bb is neither a host name nor an address',
    ],
  ])('names the reason: %s', (_title, profile, endpoint, reason) => {
    expect(decide(egressPolicy(profile), endpoint).reason).toBe(reason);
  });
});

describe('declaredEndpoints', () => {
  it('lists each host on each port, the apex for a leading dot, everything once', () => {
    const policy = egressPolicy(outbound(['x.example', '.x.example', 'X.example', '2001:DB8::1'], [443, 22, 443]));
    expect(declaredEndpoints(policy)).toEqual([
      { host: 'x.example', port: 443 },
      { host: 'x.example', port: 22 },
      { host: '2001:db8::1', port: 443 },
      { host: '2001:db8::1', port: 22 },
    ]);
  });

  it('is empty where no host is named', () => {
    expect(declaredEndpoints(egressPolicy(outbound([], [443])))).toEqual([]);
    expect(declaredEndpoints(egressPolicy(BUILT_IN_PROFILES.network))).toEqual([]);
  });
});

describe('describePolicy', () => {
  it.each<[Profile, string]>([
    [{}, 'nothing'],
    [BUILT_IN_PROFILES.network, 'any host, any port'],
    [outbound(['api.github.com'], [443]), 'api.github.com on 443'],
    [outbound(['.github.com']), '.github.com on 80 and 443'],
    [outbound([], [443]), 'any public host on 443'],
    [outbound(['a.x', 'b.x', 'c.x'], [1, 2, 3]), 'a.x, b.x and c.x on 1, 2 and 3'],
    [outbound(['a.x', 'b.x', 'c.x', 'd.x', 'e.x'], [443]), 'a.x, b.x, c.x and 2 more on 443'],
  ])('%j', (profile, expected) => {
    expect(describePolicy(egressPolicy(profile))).toBe(expected);
  });

  it('stays one short line', () => {
    const hosts = Array.from({ length: 1000 }, (_, i) => `${'a'.repeat(60)}.${'b'.repeat(60)}${i}.example`);
    const text = describePolicy(
      egressPolicy(
        outbound(
          hosts,
          Array.from({ length: 1000 }, (_, i) => 60000 + i),
        ),
      ),
    );
    expect(text.length).toBeLessThan(220);
    expect(text).not.toContain('\n');
  });
});
