import type { GatewayConfig } from '../../src/model/compartment.ts';
import { isBelow, parseHost, type Host } from './hosts.ts';
import { isWithin, linksOf, ownNetworks, type OwnNetworks } from './near-networks.ts';
import { specialUse, translatedAddress } from './special-addresses.ts';

/** What may leave, compiled from the profile's own words. Shares no code with the checks that judge it later. */
export interface Policy {
  /** Exact names. */
  readonly names: ReadonlySet<string>;
  /** Each means itself and everything below. */
  readonly apexes: readonly string[];
  readonly addresses: ReadonlySet<string>;
  /** No host is named: any public one is meant. */
  readonly anyPublic: boolean;
  readonly ports: ReadonlySet<number>;
  readonly hostAddresses: ReadonlySet<string>;
  /** IPv6 networks that the host has public addresses in. */
  readonly hostLinks: readonly string[];
  readonly ownNetworks: OwnNetworks;
  /** TLS may hide the name that it asks for (ECH). */
  readonly allowEch: boolean;
}

export type Verdict =
  | { readonly allowed: true; readonly host: Host; readonly reason: string }
  | { readonly allowed: false; readonly reason: string };

/** Names that never mean a host on the internet: RFC 6761, 6762 (and its appendix G), 7686, 8375, 9476, and ICANN's `internal`. */
const LOCAL_SUFFIXES = [
  'localhost',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'invalid',
  'home.arpa',
  'onion',
  'alt',
];

/**
 * Compiles the outbound part of a profile.
 * @throws Error that names the entry that is no host or no port: nothing is ever left out in silence
 */
export function compilePolicy(egress: GatewayConfig['egress'], networks: OwnNetworks = ownNetworks): Policy | undefined {
  if (egress === null) return undefined;
  const names = new Set<string>();
  const addresses = new Set<string>();
  const apexes: string[] = [];
  for (const entry of egress.hosts) {
    const subtree = entry.startsWith('.');
    const host = parseHost(subtree ? entry.slice(1) : entry);
    if (host === undefined || (subtree && host.kind === 'address')) throw new Error(`${JSON.stringify(entry)} is no host`);
    if (subtree) apexes.push(host.text);
    else (host.kind === 'name' ? names : addresses).add(host.text);
  }
  for (const port of egress.ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`${String(port)} is no port`);
  }
  if (egress.ports.length === 0) throw new Error('hosts without ports reach the gateway as 80 and 443, never as none');
  const hostAddresses = new Set(egress.hostAddresses.map(hostAddress));
  return {
    names,
    apexes,
    addresses,
    anyPublic: egress.hosts.length === 0,
    ports: new Set(egress.ports),
    hostAddresses,
    hostLinks: linksOf(hostAddresses),
    ownNetworks: networks,
    // Where any public host is allowed, a hidden name opens no door that is closed.
    allowEch: egress.allowEch || egress.hosts.length === 0,
  };
}

/** An address of this machine may have a zone, which is not part of what a name could mean. */
function hostAddress(text: string): string {
  const host = parseHost(text.replace(/%.*$/, ''));
  if (host?.kind !== 'address') throw new Error(`${JSON.stringify(text)} is no address of the host`);
  return host.text;
}

/** Judges an endpoint as it was asked for; what a name resolves to is judged by {@link forbiddenAddress}. */
export function decide(policy: Policy | undefined, hostText: string, port: number): Verdict {
  if (policy === undefined) return no('the profile allows nothing');
  const host = parseHost(hostText);
  if (host === undefined) return no('it is neither a host name nor a plainly written address');
  if (!policy.ports.has(port)) return no(`port ${port} is not in allow_port`);
  return host.kind === 'name' ? decideName(policy, host) : decideAddress(policy, host);
}

/** Whether a name may be asked for at all, on whatever port. */
export function isNameAllowed(policy: Policy | undefined, name: string): boolean {
  if (policy === undefined) return false;
  const host = parseHost(name);
  return host?.kind === 'name' && decideName(policy, host).allowed;
}

function decideName(policy: Policy, host: Host): Verdict {
  const name = host.text;
  if (policy.anyPublic) {
    const local = !name.includes('.') || LOCAL_SUFFIXES.some((suffix) => isBelow(name, suffix));
    return local ? no('it is no name of the internet') : { allowed: true, host, reason: 'any public host is allowed' };
  }
  if (policy.names.has(name)) return { allowed: true, host, reason: `allow_host has ${name}` };
  const apex = policy.apexes.find((each) => isBelow(name, each));
  return apex === undefined ? no('it is not in allow_host') : { allowed: true, host, reason: `allow_host has .${apex}` };
}

function decideAddress(policy: Policy, host: Host): Verdict {
  if (policy.addresses.has(host.text)) return { allowed: true, host, reason: `allow_host has ${host.text}` };
  if (!policy.anyPublic) return no('it is not in allow_host');
  const why = forbiddenAddress(policy, host.text);
  return why === undefined ? { allowed: true, host, reason: 'any public address is allowed' } : no(why);
}

/**
 * Why no name may mean this address (DNS rebinding), as a clause; undefined when it may.
 * An address that the profile names literally is meant.
 */
export function forbiddenAddress(policy: Policy, address: string): string | undefined {
  const host = parseHost(address);
  if (host === undefined || host.kind === 'name') return 'it is no address';
  if (policy.addresses.has(host.text)) return undefined;
  const reached = translatedAddress(host.text) ?? host.text;
  if (policy.hostAddresses.has(host.text) || policy.hostAddresses.has(reached)) return "it is the engine's host";
  const special = specialUse(host.text);
  if (special !== undefined) return special;
  if (isWithin(reached, policy.hostLinks)) return "it is in the network of the engine's host";
  return isWithin(reached, policy.ownNetworks()) ? 'it is in the network of the gateway' : undefined;
}

function no(reason: string): Verdict {
  return { allowed: false, reason };
}
