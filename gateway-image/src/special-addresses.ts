import ipaddr from 'ipaddr.js';

/**
 * RFC 5737, RFC 3849, RFC 9637: for documentation, routed nowhere and used by nobody's private network.
 * They are treated as public, for the laboratory in which compartments are tested is built of them.
 */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'].map((range) =>
  ipaddr.parseCIDR(range),
);
/** RFC 4291 §2.4 and the IANA registry: every global unicast address so far. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** RFC 6052: the last four bytes are the IPv4 address that is reached. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** Azure's host answers here, in the middle of public space. */
const AZURE_WIRE_SERVER = '168.63.129.16';

/** What makes an address one that a name on the internet never means, as a short clause; undefined for a public one. */
export function specialUse(text: string): string | undefined {
  const address = ipaddr.parse(text);
  if (DOCUMENTATION.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits))) return undefined;
  if (address instanceof ipaddr.IPv4) return special4(address);
  const carried = carried4(address);
  if (carried !== undefined) return special4(carried);
  const range = address.range();
  // ipaddr.js calls whatever it does not know unicast; outside 2000::/3 that is no address of the internet.
  return range === 'unicast' && address.match(GLOBAL_UNICAST) ? undefined : `it is ${words(range)}`;
}

/** The IPv4 address that is reached by way of an IPv6 one; undefined for all others. */
export function translatedAddress(text: string): string | undefined {
  const address = ipaddr.parse(text);
  return address instanceof ipaddr.IPv4 ? undefined : carried4(address)?.toString();
}

function carried4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : undefined;
}

function special4(address: ipaddr.IPv4): string | undefined {
  if (address.toString() === AZURE_WIRE_SERVER) return "it is the cloud's own service";
  const range = address.range();
  return range === 'unicast' ? undefined : `it is ${words(range)}`;
}

function words(range: string): string {
  switch (range) {
    case 'linkLocal':
      return 'link-local (cloud metadata is there)';
    case 'uniqueLocal':
    case 'private':
      return 'private';
    case 'carrierGradeNat':
      return 'shared address space';
    case 'unicast':
      return 'not global';
    default:
      return range;
  }
}
