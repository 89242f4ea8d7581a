import { isPublicAddress, parseAddress } from './addresses.ts';

/** One entry of `allow_host`, in canonical form. */
export type HostPattern =
  | { readonly kind: 'name'; readonly name: string }
  /** A leading dot: the apex and every name under it. */
  | { readonly kind: 'subtree'; readonly apex: string }
  | { readonly kind: 'address'; readonly address: string };

/** The host of an endpoint, in canonical form. */
export type EndpointHost =
  | { readonly kind: 'name'; readonly name: string; readonly public: boolean }
  | { readonly kind: 'address'; readonly address: string; readonly public: boolean };

/** RFC 1035 §2.3.4, without the trailing dot. */
export const MAX_NAME_LENGTH = 253;
/** RFC 1123 §2.1 labels, and the underscore that DNS and container engines use. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** A last label like this makes resolvers and browsers read the whole as an IPv4 address (WHATWG URL §3.5). */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Names that never mean a host on the internet. RFC 6761 (localhost, invalid), RFC 6762 (local and its
 * appendix G), RFC 8375 (home.arpa), ICANN's reservation of `internal` (2024).
 * `test` and `example` are left public for the reason given in `addresses.ts`.
 */
const PRIVATE_SUFFIXES = [
  'localhost',
  'invalid',
  'local',
  'intranet',
  'internal',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
] as const;

/** Whether `name` is `apex` or ends in `.apex`; a mere common ending (`evilexample.com`) is neither. */
export function isWithin(name: string, apex: string): boolean {
  return name === apex || name.endsWith(`.${apex}`);
}

/** Lower-cases a host name and answers undefined when it is none. Numbers that read as IPv4 are none. */
export function canonicalName(text: string): string | undefined {
  if (text.length > MAX_NAME_LENGTH) return undefined;
  // ASCII only: the Kelvin sign, lower-cased, is a plain k.
  const name = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const labels = name.split('.');
  if (!labels.every((label) => LABEL.test(label))) return undefined;
  return readsAsNumber(name) ? undefined : name;
}

/** Whether resolvers would take the name for an odd spelling of an IPv4 address. */
export function readsAsNumber(name: string): boolean {
  return NUMERIC_LABEL.test((name.split('.').at(-1) ?? '').toLowerCase());
}

/** Whether a canonical name can be on the public internet. What it resolves to is another question. */
export function isPublicName(name: string): boolean {
  return name.includes('.') && !PRIVATE_SUFFIXES.some((suffix) => isWithin(name, suffix));
}

/** Reads an entry of `allow_host`, or answers undefined when `host-problems.ts` has something to say. */
export function parseHostPattern(entry: string): HostPattern | undefined {
  if (entry.startsWith('.')) {
    const apex = canonicalName(entry.slice(1));
    return apex === undefined ? undefined : { kind: 'subtree', apex };
  }
  const name = canonicalName(entry);
  if (name !== undefined) return { kind: 'name', name };
  // Brackets belong to URLs, a zone to one machine: neither is part of a declared address.
  const address = /[[\]%]/.test(entry) ? undefined : parseAddress(entry);
  return address === undefined ? undefined : { kind: 'address', address: address.text };
}

/** Reads the host of an endpoint: one trailing dot is ignored; undefined when it is neither name nor address. */
export function parseEndpointHost(host: string): EndpointHost | undefined {
  const address = parseAddress(host);
  if (address !== undefined) return { kind: 'address', address: address.text, public: isPublicAddress(address) };
  const name = canonicalName(host.replace(/\.$/, ''));
  return name === undefined ? undefined : { kind: 'name', name, public: isPublicName(name) };
}

/** The pattern as it would be written in a profile. */
export function patternText(pattern: HostPattern): string {
  switch (pattern.kind) {
    case 'name':
      return pattern.name;
    case 'subtree':
      return `.${pattern.apex}`;
    case 'address':
      return pattern.address;
  }
}
