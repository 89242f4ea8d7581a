import { escapeText } from '../model/text.ts';
import type { Profile } from '../model/profile.ts';
import { isWithin, parseEndpointHost, parseHostPattern, patternText } from './hosts.ts';
import type { EndpointHost, HostPattern } from './hosts.ts';

/** What a profile lets a server connect to. */
export type EgressPolicy =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'everything' }
  /** Ports without hosts: any public name or address, TCP only. */
  | { readonly kind: 'public'; readonly ports: readonly number[] }
  /** Each host on each port, TCP only. */
  | { readonly kind: 'hosts'; readonly hosts: readonly HostPattern[]; readonly ports: readonly number[] };

export interface Endpoint {
  /** A name or an IP literal. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface Decision {
  readonly allowed: boolean;
  /** A short clause, safe to print. */
  readonly reason: string;
}

/** What hosts without ports mean: HTTP and HTTPS. */
export const DEFAULT_PORTS: readonly number[] = [80, 443];

/**
 * The outbound part of a profile. Nothing declared is nothing allowed, also when `network` or `outbound`
 * is missing; mode `none` has no network, whatever `outbound` says. Entries that `validateProfile` would
 * refuse match nothing, and never turn a list into "any".
 */
export function egressPolicy(profile: Profile): EgressPolicy {
  const outbound = profile.network?.outbound;
  if (outbound === undefined || profile.network?.mode === 'none') return { kind: 'nothing' };
  if (outbound.insecure_allow_all === true) return { kind: 'everything' };
  const hosts = outbound.allow_host ?? [];
  const ports = outbound.allow_port ?? [];
  if (hosts.length === 0) return ports.length === 0 ? { kind: 'nothing' } : { kind: 'public', ports: validPorts(ports) };
  return { kind: 'hosts', hosts: distinctPatterns(hosts), ports: ports.length === 0 ? DEFAULT_PORTS : validPorts(ports) };
}

/** Whether the policy allows the endpoint; `decide` says why. */
export function isAllowed(policy: EgressPolicy, endpoint: Endpoint): boolean {
  return decide(policy, endpoint).allowed;
}

/**
 * Judges the endpoint as it was asked for, by name or by address. It resolves nothing: that an allowed
 * name points at a private address has to be caught where the address is known (`isPublicAddress`).
 */
export function decide(policy: EgressPolicy, endpoint: Endpoint): Decision {
  switch (policy.kind) {
    case 'nothing':
      return no('the profile allows no outbound connection');
    case 'everything':
      return yes('insecure_allow_all is set');
    case 'public':
      return refusal(policy.ports, endpoint) ?? decidePublic(endpoint);
    case 'hosts':
      return refusal(policy.ports, endpoint) ?? decideHost(policy.hosts, endpoint);
  }
}

/** ToolHive's port lists are of TCP (toolhive-core `permissions/profile.go` and its HTTP proxy). */
function refusal(ports: readonly number[], { port, protocol }: Endpoint): Decision | undefined {
  if (protocol !== 'tcp') return no('hosts and ports of a profile are TCP');
  return ports.includes(port)
    ? undefined
    : no(`port ${port} is not in allow_port${ports === DEFAULT_PORTS ? ' (80 and 443 are meant)' : ''}`);
}

function decidePublic({ host, port }: Endpoint): Decision {
  const parsed = parseEndpointHost(host);
  if (parsed === undefined) return no(`${escapeText(host, 80)} is neither a host name nor an address`);
  return parsed.public
    ? yes(`any public host is allowed on ${port}`)
    : no(`${escapeText(host, 80)} is not a public ${parsed.kind}`);
}

function decideHost(hosts: readonly HostPattern[], { host }: Endpoint): Decision {
  const parsed = parseEndpointHost(host);
  if (parsed === undefined) return no(`${escapeText(host, 80)} is neither a host name nor an address`);
  const pattern = hosts.find((candidate) => matches(candidate, parsed));
  return pattern === undefined
    ? no(`${escapeText(host, 80)} is not in allow_host`)
    : yes(`allow_host has ${patternText(pattern)}`);
}

function matches(pattern: HostPattern, host: EndpointHost): boolean {
  switch (pattern.kind) {
    case 'name':
      return host.kind === 'name' && host.name === pattern.name;
    case 'subtree':
      return host.kind === 'name' && isWithin(host.name, pattern.apex);
    case 'address':
      return host.kind === 'address' && host.address === pattern.address;
  }
}

/** Endpoints that must work under the policy: each host (for a leading dot its apex) on each port. Empty when no host is named. */
export function declaredEndpoints(policy: EgressPolicy): readonly { readonly host: string; readonly port: number }[] {
  switch (policy.kind) {
    case 'nothing':
    case 'everything':
    case 'public':
      return [];
    case 'hosts': {
      const names = new Set(policy.hosts.map((pattern) => (pattern.kind === 'subtree' ? pattern.apex : patternText(pattern))));
      return [...names].flatMap((host) => policy.ports.map((port) => ({ host, port })));
    }
  }
}

/** One line for people, e.g. `api.github.com on 443`; at most about 200 characters. */
export function describePolicy(policy: EgressPolicy): string {
  switch (policy.kind) {
    case 'nothing':
      return 'nothing';
    case 'everything':
      return 'any host, any port';
    case 'public':
      return policy.ports.length === 0 ? 'nothing' : `any public host on ${few(policy.ports.map(String), 8)}`;
    case 'hosts':
      if (policy.hosts.length === 0 || policy.ports.length === 0) return 'nothing';
      return `${few(
        policy.hosts.map((pattern) => escapeText(patternText(pattern), 40)),
        3,
      )} on ${few(policy.ports.map(String), 6)}`;
  }
}

/** `a, b and 3 more`; `a and b`. */
function few(items: readonly string[], max: number): string {
  const shown = items.length > max ? items.slice(0, max) : items.slice(0, -1);
  const last = items.length > max ? `${items.length - max} more` : items.at(-1);
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last ?? ''}`;
}

function validPorts(ports: readonly number[]): readonly number[] {
  return [...new Set(ports)].filter((port) => Number.isInteger(port) && port >= 1 && port <= 65535);
}

function distinctPatterns(hosts: readonly string[]): readonly HostPattern[] {
  const patterns = hosts.map(parseHostPattern).filter((pattern) => pattern !== undefined);
  return [...new Map(patterns.map((pattern) => [patternText(pattern), pattern])).values()];
}

function yes(reason: string): Decision {
  return { allowed: true, reason };
}

function no(reason: string): Decision {
  return { allowed: false, reason };
}
