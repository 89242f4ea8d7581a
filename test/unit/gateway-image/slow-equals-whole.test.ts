import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeFirstBytes, type FirstBytes } from '../../../gateway-image/src/first-bytes.ts';
import { parseHost } from '../../../gateway-image/src/hosts.ts';
import { ECH, extension, inRecords, madeHello, sni } from './hellos.ts';

const host = parseHost('name.test');
if (host === undefined) throw new Error('no host');
const ASKED = { host, mayHide: false };

/** The verdict on bytes of which always one more has come: the first that is one. */
function slowly(bytes: Buffer): FirstBytes {
  for (let end = 1; end <= bytes.length; end += 1) {
    const verdict = judgeFirstBytes(bytes.subarray(0, end), ASKED);
    if (verdict.kind !== 'more') return verdict;
  }
  return { kind: 'more' };
}

/** What decides: the reason of a refusal may be another one, for another byte was seen first. */
function outcome(verdict: FirstBytes): string {
  return verdict.kind === 'pass' ? verdict.what : verdict.kind;
}

const PIECES = [
  'GET',
  'get',
  'POST',
  'PRI',
  'PROXY',
  'CONNECT',
  'SOURCE',
  '003egit-upload-pack',
  'name',
  '*',
  '/',
  '//',
  'x',
  'x://y',
  'HTTP',
  '/1',
  '/1.1',
  'HTTP/1.1',
  'RTSP/1.0',
  'TCP4',
  'UNKNOWN',
  '* HTTP/2',
  '{',
  ':',
  ' ',
  ' ',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '\x1c',
  '\x85',
  '\xa0',
  '\0',
  '\x01',
  '\x7f',
  '\x80',
  '\xff',
  '\r\n\r\n\0\r\nQUIT\n',
  '\x80\x2e\x01\x03',
  '\x80\x2e\x01\0\x02',
  '\x16',
  '\x15\x03\x01',
  'Host: evil.test\r\n',
];

describe('what comes byte by byte is judged as what comes at once', () => {
  it('text, half text and no text', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 7 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const whole = outcome(judgeFirstBytes(bytes, ASKED));
        seen.add(whole);
        expect(outcome(slowly(bytes))).toBe(whole);
      }),
      { numRuns: 4000 },
    );
    expect([...seen].toSorted()).toEqual(['http', 'more', 'other', 'refuse']);
  });

  it('greetings of TLS, with anything changed', () => {
    const seen = new Set<string>();
    const greeting = fc
      .tuple(
        fc.constantFrom(
          madeHello(sni('name.test')),
          madeHello(sni('evil.test')),
          madeHello(sni('name.test'), ECH),
          madeHello(sni('name.test'), extension(21, Buffer.alloc(40))),
          madeHello(),
        ),
        fc.constantFrom(3, 7, 1000),
      )
      .map(([hello, size]) => inRecords(hello, size));
    const change = fc.tuple(fc.nat(140), fc.nat(255));
    fc.assert(
      fc.property(greeting, fc.array(change, { maxLength: 2 }), fc.uint8Array({ maxLength: 20 }), (hello, changes, rest) => {
        const bytes = Buffer.concat([hello, rest]);
        for (const [at, value] of changes) if (at < hello.length) bytes[at] = value;
        const whole = outcome(judgeFirstBytes(bytes, ASKED));
        seen.add(whole);
        expect(outcome(slowly(bytes))).toBe(whole);
      }),
      { numRuns: 2000 },
    );
    expect(seen).toContain('tls');
    expect(seen).toContain('refuse');
  });

  it('a record that promises more than its greeting is not one until all of it is there', () => {
    const hello = madeHello(sni('name.test'));
    const promising = Buffer.from(hello);
    promising.writeUInt16BE(hello.length - 5 + 10, 3);
    expect(judgeFirstBytes(promising, ASKED)).toEqual({ kind: 'more' });
    expect(judgeFirstBytes(Buffer.concat([promising, Buffer.alloc(10)]), ASKED)).toMatchObject({ kind: 'refuse' });
    expect(judgeFirstBytes(hello, ASKED)).toEqual({ kind: 'pass', what: 'tls' });
  });
});
