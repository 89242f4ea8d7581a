import ipaddr from 'ipaddr.js';

/** The host of an endpoint as a client may ask for it, in its one canonical spelling. */
export type Host =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'address'; readonly text: string; readonly family: 4 | 6 };

/** RFC 1035 §2.3.4 without the trailing dot. */
const MAX_NAME = 253;
/** RFC 1123 §2.1, and the underscore that DNS uses. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Programs read a name that ends like this as an IPv4 address, each in its own way (WHATWG URL §3.5). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;
/** What may be an IPv4 address: ipaddr.js throws and catches at all else, which costs more than all the rest. */
const DIGITS_AND_DOTS = /^[\d.]+$/;

/**
 * Reads a host, or answers undefined: then nobody may mean it. Octal, hexadecimal and shortened IPv4, zones,
 * letters outside ASCII and more than one trailing dot are no hosts. IPv4 inside IPv6 (mapped) is IPv4.
 */
export function parseHost(text: string): Host | undefined {
  if (DIGITS_AND_DOTS.test(text) && ipaddr.IPv4.isValidFourPartDecimal(text)) return { kind: 'address', text, family: 4 };
  if (text.includes(':')) return parseIPv6(text);
  if (/[^\x21-\x7e]/.test(text)) return undefined;
  const name = text.replace(/\.$/, '').toLowerCase();
  if (name.length > MAX_NAME) return undefined;
  const labels = name.split('.');
  if (NUMBER.test(labels.at(-1) ?? '') || !labels.every((label) => LABEL.test(label))) return undefined;
  return { kind: 'name', text: name };
}

function parseIPv6(text: string): Host | undefined {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  // Dotted tails are read in several ways by several programs, and no resolver writes them.
  if (!/^[0-9a-f:]{2,39}$/i.test(bare)) return parseMapped(bare);
  if (!ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  if (address.isIPv4MappedAddress()) return { kind: 'address', text: address.toIPv4Address().toString(), family: 4 };
  return { kind: 'address', text: address.toRFC5952String(), family: 6 };
}

/** `::ffff:192.0.2.1`, the one dotted form that is common. */
function parseMapped(bare: string): Host | undefined {
  const tail = /^::ffff:([\d.]+)$/i.exec(bare)?.[1];
  return tail !== undefined && ipaddr.IPv4.isValidFourPartDecimal(tail) ? { kind: 'address', text: tail, family: 4 } : undefined;
}

/** Whether `name` is `apex` or lies below it. */
export function isBelow(name: string, apex: string): boolean {
  return name === apex || name.endsWith(`.${apex}`);
}
