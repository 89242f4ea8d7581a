import type { AttemptSpec } from '../model/attempt.ts';
import { endpointText, familyOf, isDialable, unique } from './address.ts';
import type { PeerView, PlanContext } from './context.ts';

const MAX_PORTS = 16;

/** Every other target: a canary of ours beside it, its listeners, its names, and an MCP session at each listener. */
export function planPeers(context: PlanContext): readonly AttemptSpec[] {
  return context.peers.flatMap((peer) => [
    ...peerAddresses(peer).flatMap((address) => atAddress(peer, address)),
    ...sharedNames(context, peer).flatMap((name) => byName(peer, name)),
  ]);
}

/** Addresses of a peer that others could dial. */
export function peerAddresses({ configuration, namespace }: PeerView): readonly string[] {
  return unique([
    ...(namespace?.interfaces ?? []).map(({ address }) => address),
    ...configuration.networks.flatMap(({ addresses }) => addresses),
  ]).filter(isDialable);
}

function atAddress(peer: PeerView, address: string): readonly AttemptSpec[] {
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
    ...ports.map((port): AttemptSpec => ({
      ...base,
      id: `peer-session:${peer.target.id}:${endpointText(address, port)}`,
      purpose: 'peer-session',
      kind: 'mcp',
      port,
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

/** By name only where the engine's resolver would know it: the default bridge (Podman's is `podman`) has no names, `none` and `host` are no networks. */
function sharedNames(context: PlanContext, peer: PeerView): readonly string[] {
  const named = context.configuration.networks.filter(({ name }) => !['bridge', 'podman', 'none', 'host'].includes(name));
  const own = new Set(named.map(({ id }) => id));
  return peer.configuration.networks.some(({ id }) => own.has(id)) ? [peer.target.name] : [];
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
