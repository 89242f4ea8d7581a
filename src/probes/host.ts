import type { AttemptSpec } from '../model/attempt.ts';
import { MANAGEMENT_APIS } from '../model/management-apis.ts';
import { endpointText, familyOf, firstAddress, isDialable, unique } from './address.ts';
import type { PlanContext } from './context.ts';

/** Names under which engines offer their host. */
export const HOST_ALIASES = [
  'host.docker.internal',
  'gateway.docker.internal',
  'host.containers.internal',
  'gateway.containers.internal',
  'host.internal',
  'kubernetes.docker.internal',
  'model-runner.docker.internal',
] as const;

const MAX_ADDRESSES = 64;
const MAX_SERVICES = 64;
/** Nobody listens on port 1 (tcpmux, RFC 1078): who refuses there has a network stack that answers. */
const CLOSED_PORT = 1;

/** Every address that may lead to the host: its own, the gateways, hidden bridge addresses, what its names resolve to. */
export function hostAddresses({ configuration, namespace, hostNamespace }: PlanContext): readonly string[] {
  const networks = configuration.networks.filter(({ driver }) => driver !== 'host' && driver !== 'null');
  return unique([
    ...(namespace?.gateways ?? []),
    ...networks.flatMap(({ gateways }) => gateways),
    ...networks.flatMap(({ subnets }) => subnets.map(firstAddress)).filter((address) => address !== undefined),
    ...(namespace?.aliases ?? []).flatMap(({ addresses }) => addresses),
    ...(hostNamespace?.interfaces ?? []).map(({ address }) => address),
  ])
    .filter(isDialable)
    .slice(0, MAX_ADDRESSES);
}

/** Canaries on the host, its loopback canary at every address, its other listeners, and one port that is closed. */
export function planHost(context: PlanContext): readonly AttemptSpec[] {
  const addresses = hostAddresses(context);
  return [
    ...addresses.flatMap((address) => canary(context, 'wildcard', address)),
    ...[...addresses, '127.0.0.1', '::1'].flatMap((address) => canary(context, 'loopback', address)),
    ...addresses.flatMap((address) => services(context, address)),
  ];
}

function canary(context: PlanContext, scope: 'wildcard' | 'loopback', address: string): readonly AttemptSpec[] {
  const family = familyOf(address) ?? 4;
  const planted = context.hostCanaries;
  const port = planted?.ports.find((entry) => entry.scope === scope && entry.family === family)?.port;
  if (planted === undefined || port === undefined) return [];
  const purpose = scope === 'wildcard' ? 'host-canary' : 'host-loopback';
  return [
    {
      id: `${purpose}:${address}`,
      purpose,
      kind: 'tcp',
      host: address,
      port,
      family,
      path: 'direct',
      nonce: planted.nonce,
      subject: address,
      controls: scope === 'wildcard' ? ['bridge', 'host'] : ['host'],
    },
  ];
}

function services(context: PlanContext, address: string): readonly AttemptSpec[] {
  const family = familyOf(address) ?? 4;
  const own = new Set(context.hostCanaries?.ports.map(({ port }) => port));
  const ports = unique(
    (context.hostNamespace?.listeners ?? [])
      .filter((listener) => answersAt(listener.address, address))
      .map(({ port }) => port)
      .filter((port) => !own.has(port)),
  ).slice(0, MAX_SERVICES);
  const spec = (port: number, id: string): AttemptSpec => ({
    id,
    purpose: 'host-service',
    kind: 'tcp',
    host: address,
    port,
    family,
    path: 'direct',
    subject: endpointText(address, port),
    controls: ['host'],
  });
  return [
    ...ports.map((port) => spec(port, `host-service:${endpointText(address, port)}`)),
    spec(CLOSED_PORT, `host-service:closed:${address}`),
  ];
}

/** A listener on the wildcard answers everywhere; [::] usually takes IPv4 as well. */
function answersAt(listener: string, address: string): boolean {
  if (listener === '::') return true;
  if (listener === '0.0.0.0') return familyOf(address) === 4;
  return listener === address;
}

/** Known management APIs at every address of the host where something listens on their port, and those that the user names. */
export function planManagement(context: PlanContext): readonly AttemptSpec[] {
  const { namespace, hostNamespace } = context;
  // In the host's own namespace even what listens on its loopback alone is near.
  const shared = namespace !== undefined && namespace.inode === hostNamespace?.inode;
  const addresses = [...hostAddresses(context), ...(shared ? ['127.0.0.1'] : [])];
  const listening = context.hostNamespace && new Set(context.hostNamespace.listeners.map(({ port }) => port));
  const known = MANAGEMENT_APIS.filter(({ port }) => listening === undefined || listening.has(port)).flatMap((api) =>
    addresses.map((address) => request(`management:${api.name}:${address}`, address, api.port, api.path)),
  );
  const given = context.management.map(({ host, port }) =>
    request(
      `management:given:${endpointText(host, port)}`,
      host,
      port,
      MANAGEMENT_APIS.find((api) => api.port === port)?.path ?? '/',
    ),
  );
  return [...known, ...given];
}

function request(id: string, host: string, port: number, path: string): AttemptSpec {
  return {
    id,
    purpose: 'management',
    kind: 'http',
    host,
    port,
    family: familyOf(host) ?? 4,
    path: 'direct',
    request: path,
    subject: endpointText(host, port),
    controls: ['host', 'bridge'],
  };
}
