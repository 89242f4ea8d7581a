import { describe, expect, it } from 'vitest';
import { MAX_REMARKS, profileRemarks } from '../../../src/profiles/remarks.ts';
import type { Profile } from '../../../src/model/profile.ts';

function codes(profile: Profile): readonly string[] {
  return profileRemarks(profile).map(({ code, path }) => `${code} ${path}`);
}

function hosts(...allow_host: readonly string[]): Profile {
  return { network: { outbound: { allow_host, allow_port: [443] } } };
}

const OUT = 'network.outbound';

describe('nothing is remarked on', () => {
  it.each<[string, Profile]>([
    ['an empty profile', {}],
    ['hosts and ports', hosts('api.example.com', '.example.org', '203.0.113.10', '2001:db8::1')],
    ['allow-all with empty lists', { network: { outbound: { insecure_allow_all: true, allow_host: [], allow_port: [] } } }],
    ['paths', { read: ['/a', '/b'], write: ['/c'] }],
    ['empty inbound', { network: { inbound: { allow_host: [] } } }],
    ['bridge', { network: { mode: 'bridge' } }],
    ['default', { network: { mode: 'default' } }],
    ['none without outbound', { network: { mode: 'none', outbound: { insecure_allow_all: false, allow_host: [] } } }],
    ['a name and its look-alike', hosts('evilexample.com', '.example.com')],
  ])('%s', (_title, profile) => {
    expect(codes(profile)).toEqual([]);
  });
});

describe('remarks', () => {
  it.each<[string, Profile, readonly string[]]>([
    ['privileged', { privileged: true }, ['privileged privileged']],
    [
      'allow-all beside hosts',
      { network: { outbound: { insecure_allow_all: true, allow_host: ['a.example'] } } },
      [`allow-all-beside-lists ${OUT}.insecure_allow_all`],
    ],
    [
      'allow-all beside ports',
      { network: { outbound: { insecure_allow_all: true, allow_port: [443] } } },
      [`allow-all-beside-lists ${OUT}.insecure_allow_all`],
    ],
    ['ports without hosts', { network: { outbound: { allow_port: [443] } } }, [`ports-without-hosts ${OUT}.allow_port`]],
    ['hosts without ports', { network: { outbound: { allow_host: ['a.example'] } } }, [`hosts-without-ports ${OUT}.allow_host`]],
    ['localhost', hosts('localhost'), [`local-host ${OUT}.allow_host[0]`]],
    ['loopback', hosts('127.0.0.1', '::1'), [`local-host ${OUT}.allow_host[0]`, `local-host ${OUT}.allow_host[1]`]],
    ['private', hosts('10.1.2.3', 'fd00::1', '::ffff:192.168.0.1'), [0, 1, 2].map((i) => `local-host ${OUT}.allow_host[${i}]`)],
    [
      'link-local and metadata',
      hosts('169.254.169.254', 'fe80::1', '168.63.129.16'),
      [0, 1, 2].map((i) => `local-host ${OUT}.allow_host[${i}]`),
    ],
    [
      'names of the host',
      hosts('host.docker.internal', '.local', 'db'),
      [0, 1, 2].map((i) => `local-host ${OUT}.allow_host[${i}]`),
    ],
    ['a whole top-level domain', hosts('.com'), [`whole-top-level-domain ${OUT}.allow_host[0]`]],
    ['upper case', hosts('API.example.com', '.Example.org'), [0, 1].map((i) => `upper-case-host ${OUT}.allow_host[${i}]`)],
    ['no upper case in addresses', hosts('2001:DB8::1'), []],
    [
      'the same host twice',
      hosts('a.example', 'A.example'),
      [`upper-case-host ${OUT}.allow_host[1]`, `duplicate-entry ${OUT}.allow_host[1]`],
    ],
    ['the same address twice', hosts('2001:db8::1', '2001:db8:0::1'), [`duplicate-entry ${OUT}.allow_host[1]`]],
    [
      'the same port twice',
      { network: { outbound: { allow_host: ['a.example'], allow_port: [443, 80, 443] } } },
      [`duplicate-entry ${OUT}.allow_port[2]`],
    ],
    ['an apex beside its domain', hosts('x.com', '.x.com'), [`overlapping-hosts ${OUT}.allow_host[0]`]],
    [
      'a subdomain beside its domain',
      hosts('.x.com', 'a.x.com', '.b.x.com'),
      [1, 2].map((i) => `overlapping-hosts ${OUT}.allow_host[${i}]`),
    ],
    ['the same domain twice', hosts('.x.com', '.x.com'), [`duplicate-entry ${OUT}.allow_host[1]`]],
    ['host mode', { network: { mode: 'host' } }, ['network-mode-host network.mode']],
    ['a custom network', { network: { mode: 'my-net' } }, ['network-mode-custom network.mode']],
    ["another container's network", { network: { mode: 'container:abc' } }, ['network-mode-custom network.mode']],
    [
      'mode none beside hosts',
      { network: { mode: 'none', outbound: { allow_host: ['a.example'], allow_port: [443] } } },
      ['network-mode-none network.mode'],
    ],
    ['inbound', { network: { inbound: { allow_host: ['localhost'] } } }, ['inbound-not-judged network.inbound.allow_host']],
    ['a resource', { read: ['volume://a:/a'], write: ['volume://b:/b'] }, ['resource-mount read[0]', 'resource-mount write[0]']],
    ['the same mount twice', { read: ['/a', '/a/', '/a:/a'] }, ['duplicate-entry read[1]', 'duplicate-entry read[2]']],
    ['a path in both lists', { read: ['/a:/x', '/b'], write: ['/c:/x'] }, ['mount-read-and-write write[0]']],
  ])('%s', (_title, profile, expected) => {
    expect(codes(profile)).toEqual(expected);
  });

  it('mention the retired field when told of it', () => {
    expect(profileRemarks({}, true)).toEqual([
      { code: 'retired-allow-transport', path: `${OUT}.allow_transport`, message: expect.stringContaining('retired') },
    ]);
  });

  it('say which entry covers or repeats', () => {
    const messages = profileRemarks(hosts('A.x.com', '.x.com', 'a.x.com')).map((remark) => remark.message);
    expect(messages).toEqual([
      '"A.x.com" is compared as "a.x.com".',
      '"A.x.com" is covered by ".x.com" already.',
      '"a.x.com" is covered by ".x.com" already.',
      '"a.x.com" repeats entry 0.',
    ]);
  });

  it('are bounded', () => {
    const remarks = profileRemarks(hosts(...Array.from({ length: 1000 }, (_, i) => `H${i}.example`)));
    expect(remarks).toHaveLength(MAX_REMARKS);
    expect(remarks.at(-1)).toEqual({ code: 'more-remarks', path: '', message: 'There are 901 more remarks.' });
  });
});
