import ipaddr from 'ipaddr.js';

/** 4 or 6 for an address literal, `undefined` for a name. */
export function familyOf(host: string): 4 | 6 | undefined {
  if (!ipaddr.isValid(host)) return undefined;
  return ipaddr.parse(host).kind() === 'ipv4' ? 4 : 6;
}

/** Both families for a name, its own for a literal. */
export function familiesOf(host: string): readonly (4 | 6)[] {
  const family = familyOf(host);
  return family === undefined ? [4, 6] : [family];
}

/**
 * Whether an address can be dialled from elsewhere without a zone: not loopback, not unspecified, not link-local of
 * IPv6. That of IPv4 needs none, and rootless Podman gives its host one (169.254.1.2).
 */
export function isDialable(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() === 'linkLocal') return parsed.kind() === 'ipv4';
  return !['loopback', 'unspecified', 'multicast', 'broadcast'].includes(parsed.range());
}

/** A canary that is a name server by its port, and known by its address: it is asked in its own protocol. */
export function isResolver({ host, port }: { readonly host: string; readonly port: number }): boolean {
  return port === 53 && familyOf(host) !== undefined;
}

/** The first usable address of a subnet: where a bridge stands even when the engine does not say so. */
export function firstAddress(subnet: string): string | undefined {
  try {
    const [address, bits] = ipaddr.parseCIDR(subnet);
    const bytes = (
      address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(subnet) : ipaddr.IPv6.networkAddressFromCIDR(subnet)
    ).toByteArray();
    if (bits >= bytes.length * 8 - 1) return undefined;
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
    return ipaddr.fromByteArray(bytes).toString();
  } catch {
    return undefined;
  }
}

export function unique<T>(values: Iterable<T>): readonly T[] {
  return [...new Set(values)];
}

/** Each endpoint once, however often it was named. */
export function distinct<T extends { readonly host: string; readonly port: number }>(endpoints: readonly T[]): readonly T[] {
  return [...new Map(endpoints.map((endpoint) => [endpointText(endpoint.host, endpoint.port), endpoint])).values()];
}

/** `host:port`, IPv6 in brackets. */
export function endpointText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A server that looks at Host against rebinding accepts this one, and whoever is inside may say what it likes. */
export function localName(port: number): string {
  return `localhost:${port}`;
}
