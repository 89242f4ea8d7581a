import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostProblem } from '../../../src/profiles/host-problems.ts';
import { parseHostPattern } from '../../../src/profiles/hosts.ts';
import { profileProblems } from '../../../src/profiles/validate.ts';

describe('hosts that a profile may name', () => {
  it.each([
    'example.com',
    'EXAMPLE.com',
    '.example.com',
    '.com',
    'localhost',
    'db',
    'my_service',
    '_dmarc.example.com',
    'xn--mnchen-3ya.de',
    'a-b.c--d.example',
    '1password.com',
    '4.example',
    `${'a'.repeat(63)}.example`,
    `${'a.'.repeat(126)}a`,
    `.${'a.'.repeat(126)}a`,
    '203.0.113.10',
    '10.0.0.1',
    '0.0.0.0',
    '::1',
    '2001:db8::1',
    '2001:DB8:0:0:0:0:0:1',
    '::ffff:203.0.113.10',
    '::',
  ])('%s', (entry) => {
    expect(hostProblem(entry)).toBeUndefined();
    // Neither does the schema, whose pattern says the same more coarsely.
    expect(profileProblems({ network: { outbound: { allow_host: [entry] }, inbound: { allow_host: [entry] } } })).toEqual([]);
  });
});

describe('hosts that it may not', () => {
  it.each<[string, string, string]>([
    ['', 'is empty', 'Write for instance "api.example.com"'],
    ['*', 'is a wildcard', '"insecure_allow_all": true'],
    ['*.*', 'is a wildcard', '"insecure_allow_all": true'],
    ['*.example.com', 'has a wildcard', 'A leading dot means the domain and every name under it. Write ".example.com"'],
    ['api.*.example.com', 'has a wildcard', 'Write for instance ".example.com"'],
    ['*example.com', 'has a wildcard', 'Write for instance ".example.com"'],
    ['https://api.example.com', 'has a scheme', 'Write "api.example.com"'],
    ['https://API.example.com:8443/v1?x#y', 'has a scheme', 'Write "api.example.com"'],
    ['tcp://db.example', 'has a scheme', 'Write "db.example"'],
    ['https://[2001:db8::1]/', 'has a scheme', 'Write "2001:db8::1"'],
    ['://', 'has a scheme', 'Write for instance "api.example.com"'],
    ['user:secret@example.com', 'has a user name', 'Write "example.com"'],
    ['example.com:443', 'has a port', 'Write "example.com", and 443 in "allow_port"'],
    ['.example.com:443', 'has a port', 'Write ".example.com", and 443 in "allow_port"'],
    ['example.com:', 'has a port', 'Write "example.com"'],
    ['203.0.113.10:80', 'has a port', 'Write "203.0.113.10", and 80 in "allow_port"'],
    ['example.com/v1', 'has a path', 'Write "example.com"'],
    ['example.com\\v1', 'has a path', 'Write "example.com"'],
    ['example.com?x', 'has a path', 'Write "example.com"'],
    ['10.0.0.0/8', 'is a range of addresses', 'List the addresses'],
    ['2001:db8::/32', 'is a range of addresses', 'List the addresses'],
    ['a.example b.example', 'has white space', 'One host an entry. Write for instance "api.example.com"'],
    [' a.example', 'has white space', 'Write "a.example"'],
    ['a.example\n', 'has white space', 'Write "a.example"'],
    ['a.example\nhttp_access allow all', 'has white space, control or invisible characters', 'One host an entry'],
    ['a\u0000.example', 'control', 'One host'],
    ['a\u200b.example', 'invisible', 'One host'],
    ['a\u202e.example', 'invisible', 'One host'],
    ['a\ud800.example', 'invisible', 'One host'],
    ['münchen.de', 'has letters outside ASCII', 'punycode form. Write "xn--mnchen-3ya.de"'],
    ['аpple.com', 'has letters outside ASCII', 'Write "xn--pple-43d.com"'],
    ['例え。テスト', 'has letters outside ASCII', 'Write "xn--r8jz45g.xn--zckzah"'],
    ['example.com.', 'ends in a dot', 'Write "example.com"'],
    ['1.2.3.4.', 'ends in a dot', 'Write "1.2.3.4"'],
    ['.', 'has an empty label', 'Write for instance'],
    ['..example.com', 'has an empty label', 'Write ".example.com"'],
    ['a..example', 'has an empty label', 'Write "a.example"'],
    ['example.com..', 'has an empty label', 'Write for instance'],
    ['-a.example', 'is no host name', 'Write for instance "api.example.com"'],
    ['a-.example', 'is no host name', ''],
    ['a!b.example', 'is no host name', ''],
    [`${'a'.repeat(64)}.example`, 'is no host name', ''],
    [`${'a.'.repeat(127)}a`, 'is longer than 253 characters', ''],
    ['[2001:db8::1]', 'has brackets', 'Write an IPv6 address bare'],
    ['fe80::1%eth0', 'has brackets, a zone', ''],
    ['example%2ecom', 'percent signs', ''],
    ['::gg', 'is no IPv6 address', ''],
    ['1:2:3', 'is no IPv6 address', ''],
    ['2001:db8:::1', 'is no IPv6 address', ''],
    ['::ffff:010.0.0.1', 'is no IPv6 address', ''],
    ['010.0.0.1', 'is an odd spelling of an IPv4 address', 'four decimal numbers'],
    ['0x7f.0.0.1', 'is an odd spelling of an IPv4 address', ''],
    ['127.0.0.0x1', 'is an odd spelling of an IPv4 address', ''],
    ['0x7f000001', 'is an odd spelling of an IPv4 address', ''],
    ['2130706433', 'is an odd spelling of an IPv4 address', ''],
    ['127.1', 'is an odd spelling of an IPv4 address', ''],
    ['256.0.0.1', 'is an odd spelling of an IPv4 address', ''],
    ['1.2.3.4.5', 'is an odd spelling of an IPv4 address', ''],
    ['.1.2.3.4', 'is an odd spelling of an IPv4 address', ''],
    ['example.0x1', 'is an odd spelling of an IPv4 address', ''],
  ])('%j', (entry, what, good) => {
    const problem = hostProblem(entry);
    expect(problem?.what).toContain(what);
    expect(problem?.good).toContain(good);
    const paths = profileProblems({ network: { outbound: { allow_host: [entry] }, inbound: { allow_host: [entry] } } }).map(
      (p) => p.path,
    );
    expect(paths).toEqual(['network.inbound.allow_host[0]', 'network.outbound.allow_host[0]']);
  });

  it('get one of: a pattern, or an explanation; and a suggestion is itself valid', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.webUrl(),
          fc.domain(),
          fc.ipV4Extended(),
          fc.ipV6(),
          fc.stringMatching(/^[*.:a-c0-9/@%[\]-]{0,12}$/),
        ),
        (entry) => {
          const problem = hostProblem(entry);
          expect(problem === undefined).toBe(parseHostPattern(entry) !== undefined);
          const suggestion = /Write "([^"]*)"/.exec(problem?.good ?? '')?.[1];
          expect(suggestion === undefined ? undefined : hostProblem(suggestion)).toBeUndefined();
        },
      ),
      { numRuns: 5000 },
    );
  });
});
