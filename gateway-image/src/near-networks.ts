import ipaddr from 'ipaddr.js';
import { networkInterfaces } from 'node:os';

/** Networks that this process has an address in: the engine's host and what else is on that bridge answer there. CIDR each. */
export type OwnNetworks = () => readonly string[];

/** To ask costs as much as a connection. Milliseconds. */
const FRESH = 1000;
let known: readonly string[] = [];
let until = 0;

/** Asked again and again: an engine may connect a running container with one more network. */
export const ownNetworks: OwnNetworks = () => {
  if (performance.now() < until) return known;
  known = Object.values(networkInterfaces()).flatMap((all = []) => all.flatMap(({ cidr }) => (cidr === null ? [] : [cidr])));
  until = performance.now() + FRESH;
  return known;
};

export function isWithin(address: string, networks: readonly string[]): boolean {
  const parsed = ipaddr.parse(address);
  return networks.some((network) => {
    const [range, bits] = ipaddr.parseCIDR(network.replace(/%[^/]*/, ''));
    return range.kind() === parsed.kind() && parsed.match(range, bits);
  });
}

/** RFC 4291 §2.5.4 and RFC 4862: hosts of one link share the first half, and make up the second by themselves. */
const LINK_BITS = 64;
const GLOBAL_UNICAST = ['2000::/3'];

/**
 * The networks of public IPv6 addresses of a host. It takes new ones from them every day (RFC 8981), and its
 * neighbours, who are not on the internet for anybody else, have theirs there.
 */
export function linksOf(addresses: Iterable<string>): readonly string[] {
  return [...addresses].filter((each) => isWithin(each, GLOBAL_UNICAST)).map((each) => `${each}/${LINK_BITS}`);
}
