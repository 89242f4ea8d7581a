import { randomBytes } from 'node:crypto';
import { messageOf } from '../errors.ts';
import { HOST_ALIASES } from '../probes/host.ts';
import { planInspection } from '../probes/inspect.ts';
import { parseMount } from '../profiles/mounts.ts';
import type { Session } from '../runtime/labels.ts';
import { createControlNetwork } from '../runtime/networks.ts';
import type { Subject } from './request.ts';
import { lookAsTarget, openVantage, type Identity, type TwinFactory, type Vantage } from './twins.ts';

/** One place to look from, or why there is none. */
export type Place = Vantage | { readonly failure: string };

export async function place(open: () => Promise<Vantage>): Promise<Place> {
  try {
    return await open();
  } catch (error) {
    return { failure: messageOf(error).slice(0, 1000) };
  }
}

export async function openBridgeControl(factory: TwinFactory, session: Session): Promise<Vantage> {
  const network = await createControlNetwork(factory.docker, session);
  return openVantage(factory, 'control', network.id, { nonce: nonce(), wildcard: false, loopback: false, aliases: [] });
}

export async function openHostCanary(factory: TwinFactory): Promise<Vantage> {
  return openVantage(factory, 'canary', 'host', { nonce: nonce(), wildcard: true, loopback: true, aliases: [] });
}

export async function openTwin(factory: TwinFactory, { container }: Subject): Promise<Vantage> {
  return openVantage(factory, 'probe', `container:${container.id}`, {
    nonce: nonce(),
    wildcard: true,
    loopback: false,
    aliases: HOST_ALIASES,
  });
}

export async function identify(factory: TwinFactory, { container, declaration }: Subject): Promise<Identity> {
  const { read = [], write = [] } = declaration.profile;
  return lookAsTarget(factory, container, planInspection(container.configuration, [...read, ...write].map(parseMount)));
}

function nonce(): string {
  return randomBytes(16).toString('hex');
}

export function isOpen(candidate: Place): candidate is Vantage {
  return 'probe' in candidate;
}
