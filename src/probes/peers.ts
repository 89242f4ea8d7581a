import type { AttemptSpec } from '../model/attempt.ts';
import { endpointText, familyOf, isDialable, localName, unique } from './address.ts';
import type { PeerView, PlanContext } from './context.ts';
import { addressesNearby } from './host.ts';
import { offersOf, type Offer } from './offers.ts';

const MAX_PORTS = 16;
const MAX_NAMES = 8;
/** Of the host, at which a peer's published ports and its platform's endpoint are dialled. */
const MAX_HOST_ADDRESSES = 16;

/**
 * Every other target: a canary of ours beside it, its listeners, its names, an MCP session at each listener, and one
 * wherever the host offers it. Where the user wants a tool called, each session that opens calls it.
 */
export function planPeers(context: PlanContext): readonly AttemptSpec[] {
  const hosts = addressesNearby(context).slice(0, MAX_HOST_ADDRESSES);
  return context.peers.flatMap((peer) => {
    const addresses = peerAddresses(peer);
    const onHost = peer.namespace !== undefined && peer.namespace.inode === context.hostNamespace?.inode;
    const talked = new Set(onHost ? nearest(context, addresses) : addresses);
    const direct = addresses.flatMap((address) => atAddress(peer, address, talked.has(address)));
    const offered = offersOf(peer, context.hostNamespace).flatMap((offer) => hosts.map((host) => throughHost(peer, offer, host)));
    const all = [...direct, ...sharedNames(context, peer).flatMap((name) => byName(peer, name)), ...offered];
    const { call } = context;
    return call === undefined ? all : all.map((spec) => (spec.kind === 'mcp' ? { ...spec, call } : spec));
  });
}

/**
 * A peer by what the host offers of it. Whoever is inside says in Host what the endpoint wants to hear, and the
 * control asks where it is bound: there it has to answer.
 */
function throughHost(peer: PeerView, offer: Offer, address: string): AttemptSpec {
  const purpose = offer.by === 'platform' ? 'platform-proxy' : 'peer-published';
  const endpoint = endpointText(address, offer.port);
  return {
    id: `${purpose}:${peer.target.id}:${endpoint}`,
    purpose,
    kind: 'mcp',
    host: address,
    port: offer.port,
    family: familyOf(address) ?? 4,
    path: 'direct',
    authority: endpointText(offer.host, offer.port),
    ...(offer.path === undefined ? {} : { request: offer.path }),
    peer: peer.target.id,
    subject: `http://${endpoint}`,
    controls: ['host'],
    controlHost: offer.host,
  };
}

/** Addresses of a peer that others could dial. */
export function peerAddresses({ configuration, namespace }: PeerView): readonly string[] {
  return unique([
    ...(namespace?.interfaces ?? []).map(({ address }) => address),
    ...configuration.networks.flatMap(({ addresses }) => addresses),
  ]).filter(isDialable);
}

/**
 * A peer in the host's own namespace has all addresses and all listeners of the host: sessions are sought at those
 * that lie on the target's way, and its ports are knocked at everywhere.
 */
function nearest({ configuration, namespace }: PlanContext, addresses: readonly string[]): readonly string[] {
  const gateways = [...(namespace?.gateways ?? []), ...configuration.networks.flatMap((network) => network.gateways)];
  const first = [4, 6].flatMap((family) => addresses.find((address) => familyOf(address) === family) ?? []);
  return [...first, ...addresses.filter((address) => gateways.includes(address))];
}

/** @param talks whether sessions are sought there */
function atAddress(peer: PeerView, address: string, talks: boolean): readonly AttemptSpec[] {
  const family = familyOf(address) ?? 4;
  const base: Pick<AttemptSpec, 'host' | 'family' | 'path' | 'peer' | 'controls'> = {
    host: address,
    family,
    path: 'direct',
    peer: peer.target.id,
    controls: ['peer'],
  };
  const ports = portsOf(peer, address);
  const canary = peer.canaries?.ports.find((entry) => entry.scope === 'wildcard' && entry.family === family);
  const knock: readonly AttemptSpec[] =
    canary === undefined || peer.canaries === undefined
      ? []
      : [
          {
            ...base,
            id: `peer-canary:${peer.target.id}:${address}`,
            purpose: 'peer-canary',
            kind: 'tcp',
            port: canary.port,
            nonce: peer.canaries.nonce,
            subject: `${address} (canary beside it)`,
          },
        ];
  return [
    ...knock,
    ...ports.map((port): AttemptSpec => ({
      ...base,
      id: `peer-port:${peer.target.id}:${endpointText(address, port)}`,
      purpose: 'peer-port',
      kind: 'tcp',
      port,
      subject: endpointText(address, port),
    })),
    ...(talks ? ports : []).map((port): AttemptSpec => ({
      ...base,
      id: `peer-session:${peer.target.id}:${endpointText(address, port)}`,
      purpose: 'peer-session',
      kind: 'mcp',
      port,
      authority: localName(port),
      subject: `http://${endpointText(address, port)}`,
    })),
  ];
}

function portsOf({ configuration, namespace }: PeerView, address: string): readonly number[] {
  const listening = (namespace?.listeners ?? [])
    .filter(
      (listener) =>
        listener.address === '::' || listener.address === address || (listener.address === '0.0.0.0' && familyOf(address) === 4),
    )
    .map(({ port }) => port);
  return unique(namespace === undefined ? configuration.exposedPorts : listening).slice(0, MAX_PORTS);
}

/**
 * By name only where the engine's resolver would know it: the default bridge (Podman's is `podman`) has no names,
 * `none` and `host` are no networks. The short id, which engines add as a name, leads where the target's name does.
 */
function sharedNames(context: PlanContext, { target, configuration }: PeerView): readonly string[] {
  const named = context.configuration.networks.filter(({ name }) => !['bridge', 'podman', 'none', 'host'].includes(name));
  const own = new Set(named.map(({ id }) => id));
  const shared = configuration.networks.filter(({ id }) => own.has(id));
  const aliases = shared.flatMap(({ names }) => names).filter((name) => isName(name) && !target.id.startsWith(name));
  return shared.length === 0 ? [] : unique([target.name, ...aliases]).slice(0, MAX_NAMES);
}

/** What could be asked of a resolver: the rest of what stands there is nobody's name. */
function isName(name: string): boolean {
  return /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/i.test(name);
}

function byName(peer: PeerView, name: string): readonly AttemptSpec[] {
  const canary = peer.canaries?.ports.find((entry) => entry.scope === 'wildcard' && entry.family === 4);
  if (canary === undefined || peer.canaries === undefined) return [];
  return [
    {
      id: `peer-canary:${peer.target.id}:${name}`,
      purpose: 'peer-canary',
      kind: 'tcp',
      host: name,
      port: canary.port,
      family: 4,
      path: 'direct',
      nonce: peer.canaries.nonce,
      peer: peer.target.id,
      subject: `${name} (canary beside it)`,
      controls: ['peer'],
    },
  ];
}
