import type { AttemptSpec } from '../model/attempt.ts';
import { endpointText, familiesOf, familyOf } from './address.ts';
import type { PlanContext } from './context.ts';

/** A datagram to every UDP canary. Ports 53 and 123 are asked in their own protocol, others are expected to echo. */
export function planUdp(context: PlanContext): readonly AttemptSpec[] {
  return context.internet
    .filter(({ protocol }) => protocol === 'udp')
    .flatMap(({ host, port }) =>
      familiesOf(host).map((family): AttemptSpec => ({
        id: `udp:${endpointText(host, port)}:v${family}`,
        purpose: 'udp',
        kind: 'udp',
        host,
        port,
        family,
        path: 'direct',
        subject: endpointText(host, port),
        controls: ['bridge'],
      })),
    );
}

/**
 * A label that nobody asked for before, below the zone of each canary that has a name. The label differs
 * between target and control, or a cache would answer for the resolver.
 */
export function planDns(context: PlanContext): readonly AttemptSpec[] {
  const zones = new Set(context.internet.filter(({ host }) => familyOf(host) === undefined).map(({ host }) => host));
  return [...zones].map((zone): AttemptSpec => ({
    id: `dns:${zone}`,
    purpose: 'dns-exfiltration',
    kind: 'dns',
    host: `t${context.target.id.slice(0, 12)}-${context.session}.${zone}`,
    port: 0,
    family: 4,
    path: 'direct',
    subject: `a name below ${zone}`,
    controls: ['bridge'],
  }));
}

/** Metadata services of the large clouds, connection level and `GET /` only: no path that holds credentials. */
const METADATA = [
  { host: '169.254.169.254', port: 80 },
  { host: 'fd00:ec2::254', port: 80 },
  { host: '169.254.170.2', port: 80 },
  { host: '168.63.129.16', port: 80 },
  { host: '100.100.100.200', port: 80 },
  // The first address again, as a NAT64 gateway would carry it (RFC 6052).
  { host: '64:ff9b::a9fe:a9fe', port: 80 },
] as const;

export function planMetadata(): readonly AttemptSpec[] {
  return METADATA.map(({ host, port }): AttemptSpec => ({
    id: `metadata:${host}`,
    purpose: 'metadata',
    kind: 'tcp',
    host,
    port,
    family: familyOf(host) ?? 4,
    path: 'direct',
    subject: endpointText(host, port),
    // From the host too: a hop limit of 1 drops the answer for every bridged container, the control included.
    controls: ['bridge', 'host'],
  }));
}
