import ipaddr from 'ipaddr.js';
import type { ConfigurationFacts, NamespaceFacts } from '../model/observation.ts';
import type { Target } from '../model/target.ts';
import { familyOf } from './address.ts';

const MAX_OFFERS = 8;

/** A place on the host at which a target is offered to clients. */
export interface Offer {
  /** By its platform, in front of the container, or by the engine, straight to a port of it. */
  readonly by: 'platform' | 'engine';
  /** Address at which somebody on the host itself finds it. */
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** Path of the MCP endpoint, where the platform says. */
  readonly path?: string;
}

/**
 * Where a target is offered on the host. A published port behind which nobody listens is no offer, and an address
 * that is not the host's own is not dialled, whatever a platform's file says.
 */
export function offersOf(
  { target, configuration, namespace }: OfferView,
  hostNamespace: NamespaceFacts | undefined,
): readonly Offer[] {
  const { endpoint } = target;
  const platform =
    endpoint === undefined
      ? []
      : [offer('platform', endpoint.address, endpoint.port, endpoint.path)].filter(({ host }) => isOwn(host, hostNamespace));
  const published = configuration.publishedPorts
    .filter(({ port, containerPort }) => port > 0 && isServed(containerPort, namespace))
    .map(({ address, port }) => offer('engine', address, port));
  const byEndpoint = new Map<number, Offer>();
  // IPv4 before IPv6: engines publish one port on both wildcards.
  for (const one of [...platform, ...published.toSorted((a, b) => a.family - b.family)]) {
    if (!byEndpoint.has(one.port)) byEndpoint.set(one.port, one);
  }
  return [...byEndpoint.values()].slice(0, MAX_OFFERS);
}

interface OfferView {
  readonly target: Target;
  readonly configuration: ConfigurationFacts;
  readonly namespace?: NamespaceFacts;
}

function offer(by: Offer['by'], bound: string, port: number, path?: string): Offer {
  const host = bound === '0.0.0.0' ? '127.0.0.1' : bound === '::' ? '::1' : bound;
  return { by, host, port, family: familyOf(host) ?? 4, ...(path === undefined ? {} : { path }) };
}

function isServed(port: number, namespace: NamespaceFacts | undefined): boolean {
  return (
    namespace === undefined || namespace.listeners.some((listener) => listener.port === port && !isLoopback(listener.address))
  );
}

function isOwn(host: string, hostNamespace: NamespaceFacts | undefined): boolean {
  return isLoopback(host) || (hostNamespace?.interfaces ?? []).some(({ address }) => address === host);
}

/** `false` for what is no address. */
export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}
