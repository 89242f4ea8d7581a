import { METHODS } from 'node:http';
import { MAX_HELLO, readClientHello } from './client-hello.ts';
import { parseHost, type Host } from './hosts.ts';

/**
 * What the first bytes of a connection are. TLS and HTTP name a host of their own, and that must be the one
 * that was asked for: else an allowed name is a door to every site behind the same address (fronting).
 */
export type FirstBytes =
  | { readonly kind: 'more' }
  /** Forwarded as they are; `what` is for people. */
  | { readonly kind: 'pass'; readonly what: 'tls' | 'other' }
  /** Every request has to be looked at. */
  | { readonly kind: 'http' }
  | { readonly kind: 'refuse'; readonly reason: string };

export interface Asked {
  readonly host: Host;
  /** A name that is hidden (ECH) may pass: any public host may be asked for, or somebody said so. */
  readonly mayHide: boolean;
}

/** Longer first lines are refused where they could be those of HTTP; nginx and Apache take 8 KiB. */
const MAX_LINE = 8192;
/**
 * RFC 8446 §5.1: the types of a record. A server may forgive an alert before the greeting (Go's does), so
 * whatever begins like any record is TLS, and nothing but a greeting may come first.
 */
const TLS_RECORDS = { first: 0x14, last: 0x18 } as const;

export function isTlsRecord(type: number): boolean {
  return type >= TLS_RECORDS.first && type <= TLS_RECORDS.last;
}

/**
 * What a server may take for space between words, in and beside lines: those of ASCII, and what Python's `split` adds
 * to them in Latin-1.
 */
const SPACES = String.raw`\t\v\f\r \x1c-\x1f\x85\xa0`;
const SPACE = `[${SPACES}]`;
const LEADING_SPACE = new RegExp(`^[${SPACES}\\n]*`);
/** A word and a path or address, as far as a request of HTTP goes; Git's own protocol has a path there too. */
const WORD_AND_PATH = new RegExp(`^(?![0-9a-f]{4}git-)[!#$%&'*+.^_\`|~\\w-]+${SPACE}+(?:/|[a-z][a-z0-9+.-]*://)`, 'i');
/** Versions that a parser of HTTP takes for its own: that of Node.js reads RTSP and Icecast as well. */
const VERSION = /(?:HTTP|RTSP|ICE)\/\d/i;
/** Those that the parser of Node.js knows beside its list: of RTSP (RFC 7826). */
const MORE_METHODS = 'ANNOUNCE DESCRIBE FLUSH GET_PARAMETER PAUSE PLAY RECORD REDIRECT SETUP SET_PARAMETER TEARDOWN';
/** RFC 9113 §3.4. Without what follows it is HTTP/0.9 to some. */
const HTTP2_PREFACE = new RegExp(`^PRI${SPACE}+\\*`, 'i');
/** Without a version it is HTTP/0.9 to some, who then read on; with a third word, whatever that is, HTTP to others. */
const METHOD_AND_REST = new RegExp(
  `^(?:(?:${[...METHODS, ...MORE_METHODS.split(' ')].join('|')})${SPACE}+\\*|CONNECT${SPACE}+[^{\\s]|(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE)${SPACE}+[^\\s]+${SPACE}+[^\\s])`,
);
/** What a method of HTTP could be made of: behind such a word and a space, some take any byte for a part of a path. */
const MAYBE_METHOD = new RegExp(`^(?![0-9a-f]{4}git-)[a-z-]{3,}${SPACE}`, 'i');
const NO_TEXT = new RegExp(`(?!${SPACE})[^\\x20-\\x7e\\x80-\\xff]`);
/** HAProxy's PROXY protocol, version 2, §2.2. */
const PROXY_V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Judges what a client has sent so far. An address was asked for literally: what lives there is then meant as a whole. */
export function judgeFirstBytes(bytes: Buffer, asked: Asked): FirstBytes {
  const [first] = bytes;
  if (first === undefined) return { kind: 'more' };
  if (isTlsRecord(first)) return judgeHello(bytes, asked);
  const old = judgeOldHello(bytes);
  if (old !== undefined) return old;
  return judgeLine(bytes);
}

/** A greeting of TLS, the first one or the one that a server asked for again. */
export function judgeHello(bytes: Buffer, { host, mayHide }: Asked): FirstBytes {
  if (host.kind === 'address') return { kind: 'pass', what: 'tls' };
  const hello = readClientHello(bytes);
  switch (hello.state) {
    case 'more':
      return bytes.length > MAX_HELLO ? { kind: 'refuse', reason: 'the TLS greeting does not end' } : { kind: 'more' };
    case 'malformed':
      return { kind: 'refuse', reason: `the TLS greeting cannot be checked: ${hello.why}` };
    case 'read': {
      if (hello.serverName === undefined) return { kind: 'refuse', reason: 'TLS without a server name (SNI) cannot be checked' };
      const named = parseHost(hello.serverName);
      if (named?.kind !== 'name' || named.text !== host.text) {
        return {
          kind: 'refuse',
          reason: `TLS asks for ${hello.serverName.slice(0, 100)} (SNI), not for the name that was dialled`,
        };
      }
      return hello.encrypted && !mayHide
        ? { kind: 'refuse', reason: 'TLS with an encrypted greeting (ECH) may ask for another name (--allow-ech lets it pass)' }
        : { kind: 'pass', what: 'tls' };
    }
  }
}

/**
 * RFC 5246 appendix E.2: OpenSSL still takes a greeting of SSL 2, which has no room for a name: two bytes of length,
 * the type, the version. Undefined when this is none.
 */
function judgeOldHello(bytes: Buffer): FirstBytes | undefined {
  const [length = 0, , type, major, minor] = bytes;
  const mayBe = length >= 0x80 && (type ?? 1) === 1 && ((major ?? 3) === 3 || (major === 0 && (minor ?? 2) === 2));
  if (!mayBe) return undefined;
  const whole = major === 3 || minor !== undefined;
  return whole ? { kind: 'refuse', reason: 'TLS in the form of SSL 2 cannot be checked' } : { kind: 'more' };
}

/** HTTP is told by its first line. Servers forgive empty lines before it. */
function judgeLine(bytes: Buffer): FirstBytes {
  const signature = PROXY_V2.subarray(0, bytes.length);
  if (bytes.subarray(0, signature.length).equals(signature)) {
    return signature.length < PROXY_V2.length
      ? { kind: 'more' }
      : { kind: 'refuse', reason: 'it speaks for somebody else (PROXY)' };
  }
  const text = bytes.toString('latin1');
  const begin = LEADING_SPACE.exec(text)?.[0].length ?? 0;
  if (begin > MAX_LINE) return { kind: 'refuse', reason: 'its first line does not begin' };
  const end = text.indexOf('\n', begin);
  const long = (end < 0 ? text.length : end) - begin > MAX_LINE;
  const line = text.slice(begin, end < 0 || long ? begin + MAX_LINE : end);
  if (HTTP2_PREFACE.test(line)) return { kind: 'refuse', reason: 'HTTP/2 without TLS cannot be checked' };
  if (/^PROXY (?:TCP|UNKNOWN)/i.test(line)) return { kind: 'refuse', reason: 'it speaks for somebody else (PROXY)' };
  // A byte that is no text ends the doubt: a request begins with a word, and was recognised by then.
  const doubt = MAYBE_METHOD.test(line) ? -1 : line.search(NO_TEXT);
  const words = doubt < 0 ? line : line.slice(0, doubt);
  // A version of HTTP, or a word and a path: what only a careless server would answer is left to a strict parser.
  if (VERSION.test(words) || WORD_AND_PATH.test(words) || METHOD_AND_REST.test(words)) return { kind: 'http' };
  if (doubt >= 0) return { kind: 'pass', what: 'other' };
  if (long) return { kind: 'refuse', reason: 'its first line does not end' };
  return end < 0 ? { kind: 'more' } : { kind: 'pass', what: 'other' };
}
