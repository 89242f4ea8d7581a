import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { MAX_LISTED_PROBLEMS, profileProblems, validateProfile } from '../../../src/profiles/validate.ts';

function errorOf(value: unknown, where = 'profile.json'): BulkheadError {
  try {
    validateProfile(value, where);
  } catch (error) {
    if (error instanceof BulkheadError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** `path: what. good` of each problem. */
function problems(value: unknown): readonly string[] {
  return profileProblems(value).map(({ path, what, good }) => `${path}: ${what}. ${good}`);
}

const FULL = {
  name: 'full',
  read: ['/srv/data', '/srv/a:/b', 'volume://cache:/cache'],
  write: ['/srv/out'],
  network: {
    mode: 'bridge',
    outbound: {
      insecure_allow_all: false,
      allow_host: ['api.example.com', '.example.org', '2001:db8::1'],
      allow_port: [1, 443, 65535],
    },
    inbound: { allow_host: ['localhost'] },
  },
  privileged: false,
};

describe('a valid profile', () => {
  it.each<[string, unknown]>([
    ['with every field', FULL],
    ['that is empty', {}],
    ['with empty objects', { network: { outbound: {}, inbound: {} } }],
    ['with an empty mode', { network: { mode: '' } }],
    ['that is built in (none)', BUILT_IN_PROFILES.none],
    ['that is built in (network)', BUILT_IN_PROFILES.network],
  ])('%s comes back as it was', (_title, value) => {
    expect(validateProfile(value, 'x').profile).toEqual(value);
  });

  it('comes back as a copy', () => {
    const { profile } = validateProfile(FULL, 'x');
    expect(profile).not.toBe(FULL);
    expect(profile.network?.outbound?.allow_host).not.toBe(FULL.network.outbound.allow_host);
  });

  it('keeps upper case as written, with a remark', () => {
    const { profile, remarks } = validateProfile(
      { network: { outbound: { allow_host: ['API.example.com'], allow_port: [443] } } },
      'x',
    );
    expect(profile.network?.outbound?.allow_host).toEqual(['API.example.com']);
    expect(remarks.map((remark) => remark.code)).toEqual(['upper-case-host']);
  });

  it('loses the retired allow_transport, with a remark', () => {
    const { profile, remarks } = validateProfile({ network: { outbound: { allow_transport: ['tcp', 'udp'] } } }, 'x');
    expect(profile).toEqual({ network: { outbound: {} } });
    expect(remarks.map((remark) => remark.code)).toEqual(['retired-allow-transport']);
  });
});

describe('values of the wrong kind', () => {
  it.each<[unknown, string]>([
    [null, ': is null. Write for instance {"network"'],
    [undefined, ': is undefined, not an object. '],
    [[], ': is an array, not an object. '],
    ['none', ': "none" is text, not an object. '],
    [3, ': is 3, not an object. '],
    [{ name: 3 }, 'name: is 3, not a string. '],
    [{ name: 'a\nb' }, 'name: "a\\u000ab" is not valid here. '],
    [{ name: 'x'.repeat(257) }, 'name: is longer than 256 characters. '],
    [{ read: null }, 'read: is null. Write for instance ["/srv/data"'],
    [{ read: '/a' }, 'read: "/a" is text, not an array. '],
    [{ read: [3] }, 'read[0]: is 3, not a string. '],
    [{ write: { a: 1 } }, 'write: is an object, not an array. '],
    [{ privileged: 'yes' }, 'privileged: "yes" is text, not a boolean. Write true or false'],
    [{ privileged: 1 }, 'privileged: is 1, not a boolean. '],
    [{ privileged: null }, 'privileged: is null. '],
    [{ network: null }, 'network: is null. '],
    [{ network: 'none' }, 'network: "none" is text, not an object. '],
    [{ network: { mode: null } }, 'network.mode: is null. '],
    [{ network: { mode: 'a b' } }, 'network.mode: "a b" is not valid here. '],
    [{ network: { mode: 'a\u001b[2J' } }, 'network.mode: "a\\u001b[2J" is not valid here. '],
    [{ network: { outbound: null } }, 'network.outbound: is null. '],
    [{ network: { inbound: [] } }, 'network.inbound: is an array, not an object. '],
    [
      { network: { outbound: { insecure_allow_all: 'true' } } },
      'network.outbound.insecure_allow_all: "true" is text, not a boolean. ',
    ],
    [{ network: { outbound: { allow_host: 'a.example' } } }, 'network.outbound.allow_host: "a.example" is text, not an array. '],
    [{ network: { outbound: { allow_host: [null] } } }, 'network.outbound.allow_host[0]: is null. '],
    [
      { network: { outbound: { allow_port: 443 } } },
      'network.outbound.allow_port: is 443, not an array. Write for instance [443]',
    ],
    [{ network: { outbound: { allow_port: ['443'] } } }, 'network.outbound.allow_port[0]: "443" is text, not an integer. '],
    [{ network: { outbound: { allow_port: [443.5] } } }, 'network.outbound.allow_port[0]: 443.5 is not a whole number. '],
    [
      { network: { outbound: { allow_port: [0] } } },
      'network.outbound.allow_port[0]: 0 is out of range. Write a number from 1 to 65535',
    ],
    [{ network: { outbound: { allow_port: [-1] } } }, 'network.outbound.allow_port[0]: -1 is out of range. '],
    [{ network: { outbound: { allow_port: [65536] } } }, 'network.outbound.allow_port[0]: 65536 is out of range. '],
    [{ network: { outbound: { allow_port: [1e300] } } }, 'network.outbound.allow_port[0]: 1e+300 is out of range. '],
    [
      { network: { outbound: { allow_transport: 'tcp' } } },
      'network.outbound.allow_transport: "tcp" is text, not an array. Leave',
    ],
    [{ network: { outbound: { allow_port: Array(1025).fill(1) } } }, 'network.outbound.allow_port: has more than 1024 entries. '],
    [{ read: [`/${'x'.repeat(4096)}`] }, 'read[0]: is longer than 4096 characters. '],
  ])('%j', (value, expected) => {
    const found = problems(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
    expect(found[0]?.startsWith(expected)).toBe(true);
  });
});

describe('unknown keys', () => {
  it.each<[unknown, string]>([
    [{ reads: [] }, 'reads: is an unknown key. Did you mean "read"?'],
    [{ Network: {} }, 'Network: is an unknown key. Did you mean "network"?'],
    [{ priviledged: true }, 'priviledged: is an unknown key. Did you mean "privileged"?'],
    [{ outbound: {} }, 'outbound: is an unknown key. Did you mean "network.outbound"?'],
    [{ allow_host: [] }, 'allow_host: is an unknown key. Did you mean "network.outbound.allow_host"?'],
    [{ network: { allow_port: [] } }, 'network.allow_port: is an unknown key. Did you mean "network.outbound.allow_port"?'],
    [{ network: { outbound: { allowHosts: [] } } }, 'network.outbound.allowHosts: is an unknown key. Did you mean "allow_host"?'],
    [{ network: { outbound: { alow_prot: [] } } }, 'network.outbound.alow_prot: is an unknown key. Did you mean "allow_port"?'],
    [{ zzz: 1 }, 'zzz: is an unknown key. Known here: name, read, write, network, privileged'],
    [{ '\u001b[31m': 1 }, '["\\u001b[31m"]: is an unknown key. Known here: name, read, write, network, privileged'],
    [{ network: { inbound: { 'a.b': 1 } } }, 'network.inbound["a.b"]: is an unknown key. Known here: allow_host'],
    [
      JSON.parse('{"__proto__": {"privileged": true}}'),
      '__proto__: is an unknown key. Known here: name, read, write, network, privileged',
    ],
    [JSON.parse('{"constructor": 1}'), 'constructor: is an unknown key. Known here: name, read, write, network, privileged'],
  ])('%j', (value, expected) => {
    expect(problems(value)).toEqual([expected]);
  });

  it('are found beside everything else that is wrong', () => {
    const error = errorOf({ nme: 1, network: { outbound: { allow_host: ['*'], allow_port: [0, '1'] } }, read: ['a'] });
    expect(error.code).toBe('profile-invalid');
    expect(error.message.split('\n')).toEqual([
      'profile.json is not a valid profile: 5 problems',
      expect.stringMatching(/^ {2}network\.outbound\.allow_host\[0\]: /),
      expect.stringMatching(/^ {2}network\.outbound\.allow_port\[0\]: /),
      expect.stringMatching(/^ {2}network\.outbound\.allow_port\[1\]: /),
      '  nme: is an unknown key. Did you mean "name"?',
      expect.stringMatching(/^ {2}read\[0\]: /),
    ]);
  });
});

describe('the message', () => {
  it('counts one problem as one and calls the top (profile)', () => {
    expect(errorOf(null).message).toMatch(/^profile\.json is not a valid profile: 1 problem\n {2}\(profile\): is null\. /);
  });

  it('lists twenty problems, in order, and counts the rest', () => {
    const lines = errorOf({ network: { outbound: { allow_host: Array(500).fill('*') } } }).message.split('\n');
    expect(lines[0]).toContain('500 problems');
    expect(lines).toHaveLength(MAX_LISTED_PROBLEMS + 2);
    expect(lines[3]).toContain('allow_host[2]');
    expect(lines[12]).toContain('allow_host[11]');
    expect(lines.at(-1)).toBe('  … and 480 more');
  });

  it('stays short, however long the values are', () => {
    const long = '\u001b'.repeat(100_000);
    const value = {
      [long]: 1,
      name: long,
      read: Array(100).fill(long),
      network: { mode: long, outbound: { allow_host: Array(100).fill(long) } },
    };
    expect(errorOf(value, long).message.length).toBeLessThan(20_000);
  });

  it('survives nesting without an end', () => {
    let deep: unknown = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(errorOf({ read: [deep] }).message).toContain('read[0]: is an array, not a string');
  });
});

/** Objects that look like profiles more often than chance has it. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '*',
    'a.example',
    '/a',
    '/a:/b',
    '../x',
    'http://a:1/b?c@d',
    'a\r\nb',
    '\u202eevil',
    '\ud800',
    '\u2028',
    '\u0085',
  ),
);
const nearly = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.oneof(hostile, fc.integer(), fc.constant(null)), { maxLength: 4 }) },
  fc.jsonValue(),
);
const profileLike = fc.record(
  {
    name: fc.oneof(hostile, fc.jsonValue()),
    read: nearly,
    write: nearly,
    privileged: fc.oneof(fc.boolean(), fc.jsonValue()),
    network: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record(
          {
            mode: hostile,
            outbound: fc.record(
              { insecure_allow_all: fc.boolean(), allow_host: nearly, allow_port: nearly, allow_transport: nearly },
              { requiredKeys: [] },
            ),
            inbound: fc.record({ allow_host: nearly }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
      },
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
);
const withStrangeKeys = fc
  .tuple(profileLike, fc.dictionary(hostile, fc.jsonValue(), { maxKeys: 2 }))
  .map(([a, b]) => ({ ...b, ...a }));
const anything = fc.oneof(fc.jsonValue({ stringUnit: 'binary' }), profileLike, withStrangeKeys);

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;

/** What came of it: the lines to print, and how many there should be. Any other exception goes through. */
function outcome(value: unknown, where: string): { code: string; lines: readonly string[]; expected: number } {
  try {
    const lines = validateProfile(value, where).remarks.map(({ path, message }) => `${path} ${message}`);
    return { code: 'accepted', lines, expected: lines.length };
  } catch (error) {
    if (!(error instanceof BulkheadError)) throw error;
    // The only line feeds are those between the problems: more lines than problems would be a line feed of the file.
    const lines = error.message.split('\n');
    const count = Number(/: (\d+) problems?$/.exec(lines[0] ?? '')?.[1]);
    const more = count > MAX_LISTED_PROBLEMS ? 1 : 0;
    return { code: error.code, lines: [...lines, error.hint ?? ''], expected: 2 + Math.min(count, MAX_LISTED_PROBLEMS) + more };
  }
}

describe('for any JSON value', () => {
  it('there is a profile or a BulkheadError, and no text in either carries control characters', () => {
    const seen: string[] = [];
    fc.assert(
      fc.property(anything, hostile, (value, where) => {
        const { code, lines, expected } = outcome(value, where);
        seen.push(code);
        expect(lines).toHaveLength(expected);
        expect(lines.join('')).not.toMatch(UNPRINTABLE);
      }),
      { numRuns: 5000 },
    );
    expect(new Set(seen)).toEqual(new Set(['accepted', 'profile-invalid']));
    expect(seen.filter((code) => code === 'accepted').length).toBeGreaterThan(50);
  });

  it('what was accepted once is accepted again, with nothing left to drop', () => {
    fc.assert(
      fc.property(profileLike, (value) => {
        if (profileProblems(value).length > 0) return;
        const { profile } = validateProfile(value, 'x');
        expect(validateProfile(JSON.parse(JSON.stringify(profile)), 'x').profile).toEqual(profile);
      }),
      { numRuns: 3000 },
    );
  });
});
