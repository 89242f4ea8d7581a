import fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isBelow, parseHost } from '../../../gateway-image/src/hosts.ts';
import { parseAbsoluteForm, parseAuthority } from '../../../gateway-image/src/http-messages.ts';
import { specialUse } from '../../../gateway-image/src/special-addresses.ts';

describe('a host is read in one spelling', () => {
  it.each<[string, string]>([
    ['name.test', 'name.test'],
    ['NAME.Test', 'name.test'],
    ['name.test.', 'name.test'],
    ['_srv._tcp.name.test', '_srv._tcp.name.test'],
    ['xn--mnchen-3ya.test', 'xn--mnchen-3ya.test'],
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['[::FFFF:127.0.0.1]', '127.0.0.1'],
    ['::127.0.0.1'.replace('127.0.0.1', '7f00:1'), '::7f00:1'],
  ])('%s', (text, expected) => {
    expect(parseHost(text)?.text).toBe(expected);
  });
});

describe('a host that programs read differently is none', () => {
  it.each([
    '',
    '.',
    '..',
    'name..test',
    'name.test..',
    '.name.test',
    '-a.test',
    'a-.test',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(127)}a`,
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    '127.1',
    '127.0.1',
    '127.0.0.1.',
    '127.0.0.01',
    '1.2.3.4.5',
    '256.0.0.1',
    '127.0.0.0x1',
    'evil.test.1',
    '[127.0.0.1]',
    '[name.test]',
    '::1%lo',
    '[::1%25lo]',
    '[::1',
    '::1]',
    '::127.0.0.1',
    '64:ff9b::127.0.0.1',
    '::ffff:0177.0.0.1',
    '::ffff:127.1',
    'name%2etest',
    'user@name.test',
    'name.test:80',
    'name.test/x',
    'name.test\0.evil.test',
    ' name.test',
    'name.test ',
    'name.test\n',
    'n\u00e4me.test',
    'name\u3002test',
    '\u212a.test',
    'name.test\\',
    '*.test',
  ])('%j', (text) => {
    expect(parseHost(text)).toBeUndefined();
  });

  it('and never is whatever a URL would take for an address', () => {
    const part = fc.oneof(
      fc.nat(300).map(String),
      fc.nat(0xffff).map((n) => `0x${n.toString(16)}`),
      fc.nat(0o777).map((n) => `0${n.toString(8)}`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean(), (parts, dot) => {
        const text = parts.join('.') + (dot ? '.' : '');
        const host = parseHost(text);
        const url = URL.parse(`http://${text}/`);
        // Only the plain spelling is a host, and then both read the same.
        expect(host === undefined || (host.kind === 'address' && host.text === text && url?.hostname === text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('random text is a host in lower case or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.ipV6(), fc.domain()), (text) => {
        const host = parseHost(text);
        if (host === undefined) return;
        expect(host.text).toMatch(/^[0-9a-z._:-]+$/);
        expect(parseHost(host.text)).toEqual(host);
      }),
      { numRuns: 3000 },
    );
  });
});

it('below is not the same as a common ending', () => {
  expect(isBelow('a.name.test', 'name.test')).toBe(true);
  expect(isBelow('name.test', 'name.test')).toBe(true);
  expect(isBelow('evilname.test', 'name.test')).toBe(false);
  expect(isBelow('name.test.evil.test', 'name.test')).toBe(false);
});

describe('special addresses', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:7f00:1',
    'fe80::1',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2002:7f00:1::1',
    '2002:808:808::1',
    '2001:0:808:808::1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::808:808',
    '100::1',
    '4000::1',
    '5f00::1',
  ])('%s is refused', (text) => {
    expect(specialUse(parseHost(text)?.text ?? '')).toMatch(/^it is /);
  });

  it.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '203.0.113.10', '2606:4700::1111', '2001:db8::1', '64:ff9b::808:808'])(
    '%s is public',
    (text) => {
      expect(specialUse(text)).toBeUndefined();
    },
  );
});

describe('other programs read the same', () => {
  const PIECES = [
    '0',
    '1',
    '7',
    '8',
    '9',
    '10',
    '127',
    '256',
    '0177',
    '0x7f',
    '0X7F',
    '0x',
    '00',
    '08',
    '2130706433',
    '4294967296',
    '.',
    '.',
    '.',
    ':',
    '::',
    '[',
    ']',
    '%',
    '%25',
    '%2e',
    '%30',
    '@',
    '\\',
    '/',
    '?',
    '#',
    '\t',
    '\n',
    '\r',
    ' ',
    '\0',
    '\x7f',
    'a',
    'f',
    'ffff',
    'A',
    'x',
    'X',
    'e',
    '-',
    '_',
    'xn--',
    'xn--a',
    'name',
    'test',
    'localhost',
    '\u3002',
    '\uff0e',
    '\uff11',
    '\u00ad',
    '\u2460',
  ];
  const text = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(''));
  /** RFC 1123 and inet_aton(3): up to four numbers, of which any may be octal or hexadecimal. */
  const LIBC = /^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?$/i;
  const same = (ours: string, theirs: string): boolean => parseHost(theirs)?.text === ours;

  it('a name is an address to nobody', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(text, (host) => {
        const read = parseHost(host);
        kinds.add(read?.kind ?? 'none');
        if (read === undefined) return;
        expect(isIP(read.text)).toBe(read.kind === 'name' ? 0 : read.family);
        if (read.kind === 'name') expect(host).not.toMatch(LIBC);
        const url = URL.parse(`http://${read.kind === 'address' && read.family === 6 ? `[${read.text}]` : host}/`);
        // Some forms of punycode are an error there, and a name that does not exist here.
        if (url !== null) expect(same(read.text, url.hostname)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect([...kinds].toSorted()).toEqual(['address', 'name', 'none']);
  });

  it('a target names the same host and port', () => {
    let read = 0;
    const prefix = fc.constantFrom('http://', 'http://', 'HTTP://', 'http:/', 'http:', 'https://', '//', '', 'http:\\\\');
    const rest = fc.constantFrom(
      '',
      '/',
      ':80/',
      ':8080',
      ':0080/',
      ':/',
      '?x',
      '#x',
      ':80:81/',
      '/@evil.test',
      '\\@evil.test/',
      '@evil.test/',
    );
    fc.assert(
      fc.property(prefix, fc.oneof(text, fc.constantFrom('name.test', '[::1]', '192.0.2.1')), rest, (scheme, host, more) => {
        const target = `${scheme}${host}${more}`;
        const ours = parseAbsoluteForm(target);
        const authority = parseAuthority(`${host}${more}`, 80);
        const there = URL.parse(target);
        if (ours !== undefined && there !== null) {
          read += 1;
          expect(same(ours.authority.host.text, there.hostname)).toBe(true);
          expect(String(ours.authority.port)).toBe(there.port === '' ? '80' : there.port);
        }
        const header = URL.parse(`http://${host}${more}`);
        if (authority !== undefined && header !== null) expect(same(authority.host.text, header.hostname)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(0);
  });
});
