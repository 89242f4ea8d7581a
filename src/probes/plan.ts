import type { AttemptSpec, ControlVantage } from '../model/attempt.ts';
import type { ObservationKind } from '../model/observation.ts';
import { familyOf } from './address.ts';
import type { PlanContext } from './context.ts';
import { planDns, planMetadata, planUdp } from './datagrams.ts';
import { planEgress } from './egress.ts';
import { planEndpoint } from './endpoint.ts';
import { planHost, planManagement } from './host.ts';
import { planPeers } from './peers.ts';

/** The kinds of observation that consist of attempts, and who plans each. */
const PLANNERS = {
  egress: planEgress,
  udp: planUdp,
  dns: planDns,
  metadata: planMetadata,
  host: planHost,
  management: planManagement,
  peers: planPeers,
  endpoint: planEndpoint,
} as const satisfies Partial<Record<ObservationKind, (context: PlanContext) => readonly AttemptSpec[]>>;

export type AttemptKindName = keyof typeof PLANNERS;
export const ATTEMPT_KINDS = Object.keys(PLANNERS) as readonly AttemptKindName[];
/** The kinds that dial destinations outside the engine's host. */
const INTERNET_KINDS: ReadonlySet<AttemptKindName> = new Set(['egress', 'udp', 'dns']);

export type AttemptPlan = { readonly [K in AttemptKindName]?: readonly AttemptSpec[] };

/** Pure: every attempt that would be made for one target, by kind, of the kinds that are wanted. */
export function planAttempts(context: PlanContext, kinds: ReadonlySet<ObservationKind>, internet: boolean): AttemptPlan {
  return Object.fromEntries(
    ATTEMPT_KINDS.filter((kind) => kinds.has(kind) && (internet || !INTERNET_KINDS.has(kind))).map((kind) => [
      kind,
      PLANNERS[kind](context),
    ]),
  );
}

/** Why a kind is missing from a plan that was made without the internet. */
export function needsInternet(kind: AttemptKindName): boolean {
  return INTERNET_KINDS.has(kind);
}

/**
 * The control of an attempt: the same, but never through the target's proxy; for names that must not be
 * cached, under a label of its own; for the host's loopback canary, at the loopback itself; for an endpoint on
 * the host, at the address to which it is bound. It calls no tool: that there is a session is all it has to show.
 */
export function controlOf(spec: AttemptSpec, vantage: ControlVantage): AttemptSpec {
  const { proxy: _proxy, ...direct } = spec;
  const base: AttemptSpec = { ...direct, path: 'direct' };
  const own = specialControl(vantage === 'host' ? atItsAddress(base) : base);
  return { ...own, id: contentId(vantage, own) };
}

/** The same for all attempts of one place that send the same, whatever they are for: each is made once. */
export function contentId(vantage: ControlVantage, spec: AttemptSpec): string {
  return `${vantage}|${JSON.stringify(contentOf(spec))}`;
}

/** What is sent, and nothing about why: one attempt of a control serves every spec that sends the same. */
function contentOf(spec: AttemptSpec): readonly unknown[] {
  const {
    kind,
    host,
    port,
    family,
    tls = false,
    serverName,
    authority,
    origin,
    resolver,
    call,
    request,
    nonce,
    statusOnly,
  } = spec;
  return [kind, host, port, family, tls, serverName, authority, origin, resolver, call, request, nonce, statusOnly];
}

function atItsAddress({ controlHost, ...spec }: AttemptSpec): AttemptSpec {
  return controlHost === undefined ? spec : { ...spec, host: controlHost, family: familyOf(controlHost) ?? spec.family };
}

function specialControl({ call: _call, ...spec }: AttemptSpec): AttemptSpec {
  if (spec.purpose === 'dns-exfiltration') return { ...spec, host: `c${spec.host.slice(spec.host.indexOf('-'))}` };
  if (spec.purpose === 'host-loopback') return { ...spec, host: spec.family === 4 ? '127.0.0.1' : '::1' };
  return spec;
}
