import ipaddr from 'ipaddr.js';

/** An IP literal in its one canonical spelling; IPv4-mapped IPv6 is the IPv4 address it carries. */
export interface Address {
  readonly family: 4 | 6;
  /** `192.0.2.1`, or IPv6 in lower case, compressed and without a zone. */
  readonly text: string;
}

const DOTTED_TAIL = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/;

/**
 * Reads an IP literal, or answers undefined. IPv4 is four decimal numbers without leading zeros:
 * octal, hexadecimal and shortened spellings mean different addresses to different programs.
 * Brackets and zones (`[fe80::1%eth0]`) are accepted and left out.
 */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { family: 4, text };
  const bare = (/^\[(.*)\]$/.exec(text)?.[1] ?? text).replace(/%[\w.-]+$/, '');
  const hex = withHexTail(bare);
  if (hex === undefined || !ipaddr.IPv6.isValid(hex)) return undefined;
  const address = ipaddr.IPv6.parse(hex);
  return address.isIPv4MappedAddress()
    ? { family: 4, text: address.toIPv4Address().toString() }
    : { family: 6, text: address.toRFC5952String() };
}

/** ipaddr.js reads `::1.2.3.4` as IPv4-mapped and takes octal numbers in the tail: give it hexadecimal only. */
function withHexTail(text: string): string | undefined {
  const [, head, tail] = DOTTED_TAIL.exec(text) ?? [];
  if (head === undefined || tail === undefined) return text.includes('.') ? undefined : text;
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).octets;
  return `${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/**
 * RFC 5737, RFC 3849, RFC 9637: documentation ranges count as public, unlike in most lists. The lab in
 * which audits are tested uses them as its internet, and nobody's private network may use them.
 */
const DOCUMENTATION_4 = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map((range) => ipaddr.IPv4.parseCIDR(range));
const DOCUMENTATION_6 = ['2001:db8::/32', '3fff::/20'].map((range) => ipaddr.IPv6.parseCIDR(range));

/** Azure answers for the virtual machine's own host here, in the middle of public space. */
const AZURE_WIRE_SERVER = '168.63.129.16';

/** RFC 4291 §2.4 and the IANA registry: all global unicast addresses are in this block so far. */
const GLOBAL_UNICAST_6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** RFC 6052: the last four bytes are an IPv4 address, and that is what is reached. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address is on the public internet: not private, shared (RFC 6598), loopback, link-local,
 * cloud metadata, multicast, reserved, or an IPv6 form that tunnels to one of these.
 */
export function isPublicAddress(address: Address): boolean {
  return address.family === 4 ? isPublic4(address.text) : isPublic6(address.text);
}

function isPublic4(text: string): boolean {
  if (text === AZURE_WIRE_SERVER) return false;
  const address = ipaddr.IPv4.parse(text);
  return address.range() === 'unicast' || DOCUMENTATION_4.some((range) => address.match(range));
}

function isPublic6(text: string): boolean {
  const address = ipaddr.IPv6.parse(text);
  if (address.match(NAT64)) return isPublic4(address.toByteArray().slice(-4).join('.'));
  if (!address.match(GLOBAL_UNICAST_6)) return false;
  return address.range() === 'unicast' || DOCUMENTATION_6.some((range) => address.match(range));
}
