import { describe, expect, it } from 'vitest';
import { judgeFirstBytes, type FirstBytes } from '../../../gateway-image/src/first-bytes.ts';
import { parseHost } from '../../../gateway-image/src/hosts.ts';
import { ECH, inRecords, madeHello, sni } from './hellos.ts';

function judge(bytes: string | Buffer, name = 'name.test', mayHide = false): FirstBytes {
  const host = parseHost(name);
  if (host === undefined) throw new Error('no host');
  return judgeFirstBytes(Buffer.from(bytes as string, 'latin1'), { host, mayHide });
}

/** The verdict when the bytes come one by one, as somebody sends them who hopes for a hasty one. */
function judgeSlowly(bytes: string | Buffer): FirstBytes {
  const all = Buffer.from(bytes as string, 'latin1');
  for (let end = 1; end <= all.length; end += 1) {
    const verdict = judge(all.subarray(0, end));
    if (verdict.kind !== 'more') return verdict;
  }
  return { kind: 'more' };
}

const LONG = 'a'.repeat(9000);

describe('HTTP is recognised, however it comes', () => {
  it.each([
    'GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n',
    'get / http/1.0\r\n\r\n',
    '\r\n\r\nGET / HTTP/1.1\r\n',
    ' \t\r\n \r\nGET / HTTP/1.1\r\n',
    'GET\t/\tHTTP/1.1\r\n',
    'GET / HTTP/1.1\n',
    'GET /\x01 HTTP/1.1\r\n',
    'GET /\xff HTTP/1.1\r\n',
    'GET /\r\n',
    'GET http://evil.test/ HTTP/1.1\r\n',
    'GET HTTPS://evil.test/\x01 HTTP/1.1\r\n',
    'CONNECT evil.test:443 HTTP/1.1\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    `${'M'.repeat(60)} / HTTP/1.1\r\n`,
    `GET /${LONG} HTTP/1.1\r\n`,
    'G\xe4T evil HTTP/1.1\r\n',
    'GET\x1c/\x1cHTTP/1.1\r\n',
    '\x1f\x85GET\xa0/ HTTP/1.1\r\n',
    '\v\f\x1d\nGET\v/\fHTTP/1.1\r\n',
  ])('%j', (text) => {
    expect(judge(text)).toEqual({ kind: 'http' });
    expect(judgeSlowly(text)).toEqual({ kind: 'http' });
  });
});

describe('what cannot be checked is refused', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /HTTP\/2/],
    ['PROXY 1', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n', /PROXY/],
    ['PROXY 2', '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c', /PROXY/],
    ['a line without end', LONG, /does not end/],
    ['space without end', ' \r\n'.repeat(3000), /does not begin/],
    ['a long line', `${LONG}\r\nHost: evil.test\r\n`, /does not end/],
    ['another name', madeHello(sni('evil.test')), /evil\.test/],
    ['a name below', madeHello(sni('a.name.test')), /a\.name\.test/],
    ['a NUL in the name', madeHello(sni('name.test\0.evil.test')), /SNI/],
    ['no name', madeHello(), /without a server name/],
    ['an alert first', Buffer.concat([Buffer.from([0x15, 3, 1, 0, 2, 1, 90]), madeHello(sni('name.test'))]), /cannot be checked/],
    ['an alert of an odd version first', Buffer.from([0x15, 0, 1, 0, 2, 1, 90]), /cannot be checked/],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1, 0, 0]), /SSL 2/],
    ['SSL 2, of a length that is no text', Buffer.from([0x81, 1, 1, 3, 1, 0, 0]), /SSL 2/],
    ['SSL 2 in its own version', Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0]), /SSL 2/],
    ['an encrypted greeting', madeHello(sni('name.test'), ECH), /ECH/],
  ])('%s', (_title, bytes, reason) => {
    const refused = { kind: 'refuse', reason: expect.stringMatching(reason) as string };
    expect(judge(bytes)).toMatchObject(refused);
    expect(judgeSlowly(bytes)).toMatchObject(refused);
  });
});

describe('what names nobody else passes', () => {
  it.each<[string, string | Buffer]>([
    ['TLS', madeHello(sni('name.test'))],
    ['TLS in many records', inRecords(madeHello(sni('name.test')), 3)],
    ['TLS in upper case', madeHello(sni('NAME.TEST'))],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['PostgreSQL', '\0\0\0\x08\x04\xd2\x16\x2f'],
    ['Redis', '*1\r\n$4\r\nPING\r\n'],
    ['Redis inline', 'GET key\r\n'],
    ['SMTP', 'EHLO name.test\r\n'],
    ['git', '003egit-upload-pack /project.git\0host=name.test\0'],
    ['MQTT', '\x10\x0c\0\x04MQTT'],
    ['bytes above 0x7f', '\x80\0\0\x05hello'],
  ])('%s', (_title, bytes) => {
    expect(judge(bytes).kind).toBe('pass');
  });

  it('an address is meant as a whole, and for any public host nothing can be hidden', () => {
    expect(judge(madeHello(sni('evil.test')), '203.0.113.1')).toEqual({ kind: 'pass', what: 'tls' });
    expect(judge(madeHello(sni('name.test'), ECH), 'name.test', true)).toEqual({ kind: 'pass', what: 'tls' });
    expect(judge(madeHello(sni('evil.test'), ECH), 'name.test', true).kind).toBe('refuse');
  });

  it('nothing and half a line are no verdict', () => {
    for (const bytes of ['', 'G', 'GET', '\r\n', 'EHLO', madeHello(sni('name.test')).subarray(0, 40)]) {
      expect(judge(bytes).kind).toBe('more');
    }
  });
});
