import type { AttemptSpec } from '../model/attempt.ts';
import { apiAt, isPortOf, MANAGEMENT_APIS, type ManagementApi } from '../model/management-apis.ts';
import type { Listener } from '../model/observation.ts';
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
  'http.docker.internal',
  'vm.docker.internal',
] as const;

const MAX_ADDRESSES = 64;
const MAX_SERVICES = 64;
const MAX_MANAGEMENT_PORTS = 8;
/** Where the listeners of the host cannot be read: services that machines of developers often have. */
const USUAL_PORTS = [22, 80, 443, 2375, 3306, 5432, 6379, 8080] as const;
/** Nobody listens on port 1 (tcpmux, RFC 1078): who refuses there has a network stack that answers. */
const CLOSED_PORT = 1;

/** Every address that may lead to the host: its own, the gateways, hidden bridge addresses, what its names resolve to. */
export function hostAddresses(context: PlanContext): readonly string[] {
  const { configuration, namespace, hostNamespace } = context;
  const networks = configuration.networks.filter(({ driver }) => driver !== 'host' && driver !== 'null');
  return unique([
    // The gateway of the host itself is another machine.
    ...(sharesHost(context) ? [] : (namespace?.gateways ?? [])),
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
  const listening = context.hostNamespace?.listeners
    .filter((listener) => answersAt(listener.address, address))
    .map(({ port }) => port);
  const ports = unique((listening ?? USUAL_PORTS).filter((port) => !own.has(port))).slice(0, MAX_SERVICES);
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

/**
 * Known management APIs at every address of the host where something listens on their port, and those that the user
 * names. The host itself asks each where it is bound: for whoever is bound to the loopback that is the one place
 * that shows it alive, and it tells whether credentials are asked for.
 */
export function planManagement(context: PlanContext): readonly AttemptSpec[] {
  const listeners = context.hostNamespace?.listeners;
  const addresses = addressesNearby(context);
  const known = MANAGEMENT_APIS.flatMap((api) =>
    portsOf(api, listeners).flatMap((port) => [
      ...addresses.flatMap((address) => telling(api).map((path) => request(api.name, address, port, path))),
      ...boundAt(listeners ?? [], port).flatMap((address) =>
        pathsOf(api).map((path): AttemptSpec => {
          const spec = request(api.name, address, port, path);
          return { ...spec, id: `management-host:${api.name}:${endpointText(address, port)}${path}`, from: 'host', controls: [] };
        }),
      ),
    ]),
  );
  const given = context.management.map(({ host, port }) =>
    request('given', host, port, MANAGEMENT_APIS.find((api) => isPortOf(api, port))?.signs[0]?.path ?? '/'),
  );
  return [...known, ...desktopEngine(context), ...given];
}

/** Addresses of the host, and its loopback where the target is in the host's own namespace. */
export function addressesNearby(context: PlanContext): readonly string[] {
  return [...hostAddresses(context), ...(sharesHost(context) ? ['127.0.0.1'] : [])];
}

function sharesHost({ namespace, hostNamespace }: PlanContext): boolean {
  return namespace !== undefined && namespace.inode === hostNamespace?.inode;
}

function portsOf(api: ManagementApi, listeners: readonly Listener[] | undefined): readonly number[] {
  if (listeners === undefined) return api.ports;
  return unique(listeners.map(({ port }) => port).filter((port) => isPortOf(api, port))).slice(0, MAX_MANAGEMENT_PORTS);
}

/** Where somebody on the host finds what listens on a port; two services may share it at different addresses. */
function boundAt(listeners: readonly Listener[], port: number): readonly string[] {
  const bound = listeners.filter((listener) => listener.port === port).map(({ address }) => address);
  if (bound.includes('0.0.0.0')) return ['127.0.0.1'];
  return unique(bound.map((address) => (address === '::' ? '::1' : address))).slice(0, 2);
}

function pathsOf({ signs }: ManagementApi): readonly string[] {
  return unique(signs.map(({ path }) => path));
}

/** Paths whose answers say which API it is; where such an answer tells of credentials as well, those alone. */
function telling({ signs }: ManagementApi): readonly string[] {
  const sure = signs.filter(({ texts }) => texts !== undefined);
  const best = sure.filter(({ shows }) => shows !== 'known');
  return unique((best.length > 0 ? best : sure).map(({ path }) => path));
}

/** The network of the machine in which Docker Desktop runs its engine, and where that listened (CVE-2025-9074). */
const DESKTOP = { network: '192.168.65.', engine: '192.168.65.7' } as const;

function desktopEngine({ namespace }: PlanContext): readonly AttemptSpec[] {
  const seen = [...(namespace?.resolvers ?? []), ...(namespace?.aliases ?? []).flatMap(({ addresses }) => addresses)];
  if (!seen.some((address) => address.startsWith(DESKTOP.network))) return [];
  return MANAGEMENT_APIS.filter(({ engine, ports }) => engine === true && ports.includes(2375)).flatMap((api) =>
    telling(api).map((path) => request(api.name, DESKTOP.engine, 2375, path)),
  );
}

/** @param name of the API, `given` for one that the user names */
function request(name: string, host: string, port: number, path: string): AttemptSpec {
  const endpoint = endpointText(host, port);
  const statusOnly = apiAt(port, path)?.signs.some((sign) => sign.path === path && sign.statusOnly === true) === true;
  return {
    id: `management:${name}:${endpoint}${path}`,
    purpose: 'management',
    kind: 'http',
    host,
    port,
    family: familyOf(host) ?? 4,
    path: 'direct',
    request: path,
    ...(statusOnly ? { statusOnly: true } : {}),
    subject: endpoint,
    controls: ['host', 'bridge'],
  };
}
