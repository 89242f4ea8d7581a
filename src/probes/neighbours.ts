import ipaddr from 'ipaddr.js';
import { familyOf } from './address.ts';

/** How a neighbour came to be, e.g. `parent`; part of the attempt's id. */
export type Relation = 'parent' | 'sibling' | 'child' | 'prefixed' | 'suffixed' | 'glued' | 'address' | 'spelling';

export interface Neighbour {
  readonly relation: Relation;
  readonly host: string;
}

/** Says in the logs of name servers where the question came from. Nobody registers such a name: no stranger is dialled. */
const MARK = 'bulkhead-lookalike';
/** First labels that are in use where anything is. */
const COMMON = ['www', 'api'] as const;
/** RFC 1035 §2.3.4, without the trailing dot. */
const MAX_NAME = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Names below these are known inside alone, and are not told to a zone outside. */
const LOCAL = ['localhost', 'invalid', 'local', 'intranet', 'internal', 'private', 'corp', 'home', 'lan', 'arpa'];

/**
 * Names that mistakes of filters mix up with a declared one, those that are likely to exist first: its parent, a
 * sibling, a child, and look-alikes. `zone` is one that the auditor has, or that exists for examples: what only begins
 * like the declared name is put there. Never a public suffix of one label, and nothing for an address.
 */
export function namesBeside(declared: string, zone: string | undefined): readonly Neighbour[] {
  if (familyOf(declared) !== undefined) return [];
  const name = declared.toLowerCase().replace(/\.$/, '');
  const [first = '', ...rest] = name.split('.');
  const parent = rest.length > 1 ? rest.join('.') : undefined;
  const other = COMMON.find((label) => label !== first) ?? COMMON[0];
  const outside = zone === undefined || isLocal(name) ? undefined : zone;
  const neighbours: readonly (readonly [Relation, string | undefined])[] = [
    ['parent', parent],
    ['sibling', parent && `${other}.${parent}`],
    ['child', `${COMMON[0]}.${name}`],
    // Who compares ends, without the dot.
    ['prefixed', `${MARK}-${name}`],
    // Who compares beginnings, with the dot and without.
    ['suffixed', outside && `${name}.${outside}`],
    ['glued', outside && `${name}-${MARK}.${outside}`],
  ];
  return neighbours.flatMap(([relation, host]) =>
    host !== undefined && host !== name && isName(host) ? [{ relation, host }] : [],
  );
}

/** The same name as few write it: in upper case, with the dot of the root. */
export function loud(name: string): string {
  return `${name.toUpperCase()}.`;
}

/** An IPv4 address as inet_aton(3) and browsers read it too, and as IPv6 carries it; nothing for anything else. */
export function spellingsOf(address: string): readonly string[] {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return [];
  const bytes = ipaddr.IPv4.parse(address).octets;
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return [
    String(number),
    `0x${number.toString(16).padStart(8, '0')}`,
    bytes.map((byte) => `0${byte.toString(8).padStart(3, '0')}`).join('.'),
    `::ffff:${address}`,
  ];
}

/** What a host means to whoever reads it most liberally: an address in its plain spelling, a name in lower case. */
export function meaningOf(host: string): string {
  if (!ipaddr.isValid(host)) return host.toLowerCase().replace(/\.$/, '');
  const address = ipaddr.process(host);
  return address.toString();
}

/** A host name, one trailing dot allowed. Numbers at the end would make it an address (WHATWG URL §3.5). */
export function isName(host: string): boolean {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  return (
    labels.join('.').length <= MAX_NAME &&
    labels.every((label) => LABEL.test(label)) &&
    !/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')
  );
}

function isLocal(name: string): boolean {
  const last = name.split('.').at(-1) ?? '';
  return last === name || LOCAL.includes(last);
}

/** The first of each list, then the second of each, and so on, `max` in all: no list goes without while another has many. */
export function fairly<T>(lists: readonly (readonly T[])[], max: number): readonly T[] {
  const longest = Math.min(max, Math.max(0, ...lists.map(({ length }) => length)));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1)))
    .flat()
    .slice(0, max);
}
