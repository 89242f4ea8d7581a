import type { AttemptSpec } from '../model/attempt.ts';
import { endpointText, familiesOf, familyOf, isResolver, unique } from './address.ts';
import type { PlanContext } from './context.ts';

/** A datagram to every UDP canary. Port 123 is asked in its own protocol, others are expected to echo; resolvers are asked for names. */
export function planUdp(context: PlanContext): readonly AttemptSpec[] {
  return context.internet
    .filter((canary) => canary.protocol === 'udp' && !isResolver(canary))
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
  const zones = unique(context.internet.filter(({ host }) => familyOf(host) === undefined).map(({ host }) => host));
  return [...zones.map((zone) => exfiltration(context, zone)), ...planDirectDns(context, zones[0])];
}

function exfiltration(context: PlanContext, zone: string): AttemptSpec {
  return {
    id: `dns:${zone}`,
    purpose: 'dns-exfiltration',
    kind: 'dns',
    host: `t${context.target.id.slice(0, 12)}-${context.session}.${zone}`,
    port: 0,
    family: 4,
    path: 'direct',
    subject: `a name below ${zone}`,
    controls: ['bridge'],
  };
}

/** The zone whose names are asked for where no canary has one: it exists for examples (RFC 2606). */
const EXAMPLE_ZONE = 'example.com';
/** DNS over TLS (RFC 7858). */
const DOT_PORT = 853;

/** Resolvers outside (canaries of port 53), past the one of the namespace: by UDP, by TCP, and by TLS on port 853. */
function planDirectDns(context: PlanContext, zone = EXAMPLE_ZONE): readonly AttemptSpec[] {
  return unique(context.internet.filter(isResolver).map(({ host }) => host)).flatMap((address) => {
    const base = { purpose: 'direct-dns', family: familyOf(address) ?? 4, path: 'direct', subject: address } as const;
    const ask = (tcp: boolean): AttemptSpec => ({
      ...base,
      id: `direct-dns:${address}:${tcp ? 'tcp' : 'udp'}`,
      kind: 'dns',
      host: `d-${context.session}.${zone}`,
      port: 0,
      resolver: { address, port: 53, tcp },
      controls: ['bridge'],
    });
    const overTls: AttemptSpec = {
      ...base,
      id: `direct-dns:${address}:tls`,
      kind: 'tcp',
      host: address,
      port: DOT_PORT,
      tls: true,
      controls: ['bridge'],
    };
    const permits = (port: number, protocol: 'tcp' | 'udp'): boolean => context.permits({ host: address, port, protocol });
    return [
      ...(permits(53, 'udp') ? [] : [ask(false)]),
      ...(permits(53, 'tcp') ? [] : [ask(true)]),
      ...(permits(DOT_PORT, 'tcp') ? [] : [overTls]),
    ];
  });
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
