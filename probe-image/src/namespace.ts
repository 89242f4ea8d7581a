import { readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Interface, Listener, NamespaceFacts } from '../../src/model/observation.ts';
import type { Canary } from '../../src/model/probe-protocol.ts';
import { readHead } from './read.ts';
import { parseHosts, parseResolvConf, Resolver } from './resolver.ts';

const ALIAS_MS = 500;
/** Longer ones are no names of hosts; the file may be the target's own work. */
const MAX_NAME = 253;
/** RTF_GATEWAY and RTF_REJECT of route(8), linux/route.h. */
const GATEWAY = 0x2;
const REJECT = 0x200;

/** What this network namespace holds. Names of the host are resolved as a program here would. */
export async function readNamespace(aliases: readonly string[], canaries: readonly Canary[]): Promise<NamespaceFacts> {
  const hosts = read('/etc/hosts');
  const routes4 = parseRoutes4(read('/proc/net/route'));
  const routes6 = parseRoutes6(read('/proc/net/ipv6_route'));
  const own = new Set(canaries.map(({ port }) => port));
  return {
    inode: /\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/net'))?.[1] ?? '',
    interfaces: [...interfaces()],
    gateways: [...new Set([...routes4, ...routes6].flatMap(({ gateway }) => gateway ?? []))].slice(0, 64),
    defaultRoute4: routes4.some(({ isDefault }) => isDefault),
    defaultRoute6: routes6.some(({ isDefault }) => isDefault),
    resolvers: [...parseResolvConf(read('/etc/resolv.conf'))],
    hosts: parseHosts(hosts)
      .filter(({ address }) => !address.startsWith('127.') && address !== '::1')
      .map(({ address, name }) => ({ address: address.slice(0, 64), name: name.slice(0, MAX_NAME) }))
      .slice(0, 256),
    listeners: [...parseListeners(read('/proc/net/tcp'), 4), ...parseListeners(read('/proc/net/tcp6'), 6)]
      .filter(({ port }) => !own.has(port))
      .slice(0, 1024),
    aliases: await resolveAliases(aliases),
  };
}

function interfaces(): readonly Interface[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses = []]) =>
      addresses.map(({ address, family, internal }): Interface => ({
        name,
        address,
        family: family === 'IPv4' ? 4 : 6,
        scope: internal ? 'host' : address.startsWith('fe80:') ? 'link' : 'global',
      })),
    )
    .slice(0, 512);
}

export interface Route {
  /** Absent where a device alone is the way out, as with a tunnel. */
  readonly gateway?: string;
  readonly isDefault: boolean;
}

/** /proc/net/route: little-endian hexadecimal (kernel net/ipv4/fib_trie.c); default routes first. */
export function parseRoutes4(text: string): readonly Route[] {
  return sorted(
    text
      .split('\n')
      .slice(1)
      .flatMap((line): readonly Route[] => {
        const [, destination, gateway, hexFlags, , , , mask] = line.trim().split(/\s+/);
        const flags = Number.parseInt(hexFlags ?? '0', 16);
        if (destination === undefined || gateway === undefined || (flags & REJECT) !== 0) return [];
        const isDefault = destination === '00000000' && mask === '00000000';
        return (flags & GATEWAY) === 0 ? (isDefault ? [{ isDefault }] : []) : [{ gateway: address4(gateway), isDefault }];
      }),
  );
}

/** /proc/net/ipv6_route; routes by the loopback device only say that something is not routed. */
export function parseRoutes6(text: string): readonly Route[] {
  return sorted(
    text.split('\n').flatMap((line): readonly Route[] => {
      const [destination, prefix, , , gateway, , , , flags, device] = line.trim().split(/\s+/);
      if (gateway === undefined || device === 'lo' || (Number.parseInt(flags ?? '0', 16) & REJECT) !== 0) return [];
      const isDefault = prefix === '00' && /^0+$/.test(destination ?? '');
      return /^0+$/.test(gateway) ? (isDefault ? [{ isDefault }] : []) : [{ gateway: address6(gateway), isDefault }];
    }),
  );
}

function sorted(routes: readonly Route[]): readonly Route[] {
  return routes.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault));
}

/** Sockets in state LISTEN (0A) of /proc/net/tcp and tcp6. */
export function parseListeners(text: string, family: 4 | 6): readonly Listener[] {
  const found = text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      const [address, port] = local?.split(':') ?? [];
      if (state !== '0A' || address === undefined || port === undefined) return [];
      return [{ address: family === 4 ? address4(address) : address6(words(address)), port: Number.parseInt(port, 16), family }];
    });
  return [...new Map(found.map((listener) => [`${listener.address} ${listener.port}`, listener])).values()];
}

function address4(hex: string): string {
  const number = Number.parseInt(hex, 16);
  return [0, 8, 16, 24].map((shift) => (number >>> shift) & 0xff).join('.');
}

/** tcp6 prints four little-endian words. */
function words(hex: string): string {
  return (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).toReversed().join('')).join('');
}

function address6(hex: string): string {
  const groups = (hex.match(/.{4}/g) ?? []).join(':');
  // The URL parser knows the canonical spelling (RFC 5952).
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

async function resolveAliases(names: readonly string[]): Promise<NamespaceFacts['aliases']> {
  const resolver = Resolver.ofNamespace();
  const budget = { start: performance.now(), timeoutMs: ALIAS_MS };
  const resolved = await Promise.all(
    names.map(async (name) => {
      const addresses = await Promise.all(
        ([4, 6] as const).map((family) => resolver.address(name, family, budget).catch(() => undefined)),
      );
      return { name, addresses: addresses.filter((address) => address !== undefined) };
    }),
  );
  return resolved.filter(({ addresses }) => addresses.length > 0);
}

function read(path: string): string {
  try {
    return readHead(path, 4 << 20).toString('latin1');
  } catch {
    return '';
  }
}
