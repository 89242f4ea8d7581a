import type Docker from 'dockerode';
import type { ContainerSummary } from '../model/container.ts';
import type { ConfigurationFacts, NetworkAttachment } from '../model/observation.ts';
import { unlessGone } from './unless-gone.ts';

const MAX_TEXT = 1024;
const cut = (value: string | undefined | null, max = MAX_TEXT): string => (value ?? '').slice(0, max);

/** A container with what the probes need to know beyond what finds it. Its environment may hold secrets: never stored, never printed. */
export interface InspectedContainer extends ContainerSummary {
  readonly groups: readonly string[];
  /** Uncut, unlike the configuration's: a seccomp profile is given as a whole. */
  readonly securityOptions: readonly string[];
  readonly usernsMode: string;
  readonly configuration: ConfigurationFacts;
}

/** Every container of the engine, inspected. One that vanishes meanwhile is left out. */
export async function inspectContainers(docker: Docker): Promise<readonly InspectedContainer[]> {
  const list = await docker.listContainers({ all: true });
  const networks = new Map<string, Docker.NetworkInspectInfo>();
  const images = new Map<string, Promise<Readonly<Record<string, string>>>>();
  const names = new Map(list.map((entry) => [entry.Id, (entry.Names[0] ?? '').replace(/^\//, '')]));
  for (const network of await docker.listNetworks()) networks.set(network.Id, network);
  const inspected = await Promise.all(
    list.map(async (entry) => {
      const info = await unlessGone(docker.getContainer(entry.Id).inspect());
      if (info === undefined) return undefined;
      if (!images.has(info.Image)) images.set(info.Image, imageLabels(docker, info.Image));
      return describe(info, networks, (await images.get(info.Image)) ?? {});
    }),
  );
  const all = inspected.filter((container) => container !== undefined);
  const present = all.map((container) => withJoinedNetworks(container, all));
  return present.map((container) => withMembers(container, present, names));
}

/** The container's state now, or `undefined` when it is gone. */
export async function stateOf(
  docker: Docker,
  id: string,
): Promise<{ readonly state: string; readonly startedAt: string } | undefined> {
  const info = await unlessGone(docker.getContainer(id).inspect());
  return info === undefined ? undefined : { state: info.State.Status, startedAt: info.State.StartedAt };
}

async function imageLabels(docker: Docker, id: string): Promise<Readonly<Record<string, string>>> {
  // An image can be removed while its container runs.
  return (await unlessGone(docker.getImage(id).inspect()))?.Config.Labels ?? {};
}

function describe(
  info: Docker.ContainerInspectInfo,
  networks: ReadonlyMap<string, Docker.NetworkInspectInfo>,
  labels: Readonly<Record<string, string>>,
): InspectedContainer {
  const host = info.HostConfig;
  const environment = info.Config.Env ?? [];
  return {
    id: info.Id,
    name: cut(info.Name.replace(/^\//, '')),
    image: { reference: cut(info.Config.Image), id: cut(info.Image) },
    imageLabels: labels,
    labels: info.Config.Labels ?? {},
    state: info.State.Status,
    startedAt: info.State.StartedAt,
    createdAt: info.Created,
    environment,
    command: [info.Path, ...info.Args],
    exposedPorts: portsOf(info.Config.ExposedPorts),
    groups: host.GroupAdd ?? [],
    securityOptions: host.SecurityOpt ?? [],
    usernsMode: host.UsernsMode ?? '',
    configuration: {
      privileged: host.Privileged === true,
      networkMode: cut(host.NetworkMode),
      pidMode: cut(host.PidMode),
      user: cut(info.Config.User),
      readOnlyRootfs: host.ReadonlyRootfs === true,
      capAdd: (host.CapAdd ?? []).map((name: string) => cut(name)),
      capDrop: (host.CapDrop ?? []).map((name: string) => cut(name)),
      securityOptions: (host.SecurityOpt ?? []).map((option: string) => cut(option)),
      networks: Object.entries(info.NetworkSettings.Networks ?? {}).map(([name, endpoint]) =>
        attachment(name, endpoint, networks.get(endpoint.NetworkID)),
      ),
      mounts: (info.Mounts ?? []).map((mount) => ({
        type: cut(mount.Type),
        source: cut(mount.Type === 'volume' ? mount.Name : mount.Source, 4096),
        target: cut(mount.Destination, 4096),
        readOnly: !mount.RW,
        anonymous: mount.Type === 'volume' && /^[0-9a-f]{64}$/.test(mount.Name ?? ''),
      })),
      exposedPorts: [...portsOf(info.Config.ExposedPorts)],
      publishedPorts: [...publishedPortsOf(info.NetworkSettings.Ports)],
      proxyVariables: proxyVariables(environment).map(({ name, value }) => ({ name, value: cut(withoutCredentials(value)) })),
    },
  };
}

/** Podman lists no network for these two, and gives their names as ids. */
const PSEUDO_DRIVERS: ReadonlyMap<string, string> = new Map([
  ['none', 'null'],
  ['host', 'host'],
]);

function attachment(
  name: string,
  endpoint: Docker.EndpointSettings & { readonly DNSNames?: readonly string[] | null },
  network: Docker.NetworkInspectInfo | undefined,
): NetworkAttachment {
  const ipam = network?.IPAM?.Config ?? [];
  return {
    id: cut(endpoint.NetworkID, 128),
    name: cut(name),
    driver: cut(network?.Driver ?? PSEUDO_DRIVERS.get(endpoint.NetworkID ?? '') ?? 'unknown'),
    internal: network?.Internal === true,
    ipv6: network?.EnableIPv6 === true,
    subnets: ipam.flatMap((config) => config['Subnet'] ?? []),
    gateways: ipam.flatMap((config) => config['Gateway'] ?? []).filter((gateway) => /^[0-9a-f.:]+$/i.test(gateway)),
    addresses: [endpoint.IPAddress, endpoint.GlobalIPv6Address].filter(
      (address): address is string => address !== undefined && address !== '',
    ),
    names: [...new Set([...(endpoint.Aliases ?? []), ...(endpoint.DNSNames ?? [])])].map((alias) => cut(alias)).slice(0, 64),
    members: [],
  };
}

/**
 * A container that joined another one's network namespace (`container:ID`) is where that one is, and engines list no
 * network and no published port for it. Such a container may itself have been joined.
 */
export function withJoinedNetworks(container: InspectedContainer, all: readonly InspectedContainer[]): InspectedContainer {
  const owner = ownerOf(container, all, new Set());
  if (owner === container) return container;
  const { networks, publishedPorts } = owner.configuration;
  return { ...container, configuration: { ...container.configuration, networks, publishedPorts } };
}

function ownerOf(
  container: InspectedContainer,
  all: readonly InspectedContainer[],
  seen: ReadonlySet<InspectedContainer>,
): InspectedContainer {
  const joined = /^container:(.+)$/.exec(container.configuration.networkMode)?.[1];
  const owner = joined === undefined ? undefined : all.find(({ id, name }) => id === joined || name === joined);
  return owner === undefined || seen.has(owner) ? container : ownerOf(owner, all, new Set([...seen, container]));
}

/** Networks list their members only when inspected one by one; the containers already say where they are. */
function withMembers(
  container: InspectedContainer,
  all: readonly InspectedContainer[],
  names: ReadonlyMap<string, string>,
): InspectedContainer {
  const networks = container.configuration.networks.map((network) => ({
    ...network,
    members: all
      .filter((other) => other.configuration.networks.some(({ id }) => id !== '' && id === network.id))
      .map(({ id }) => ({ id, name: cut(names.get(id)) })),
  }));
  return { ...container, configuration: { ...container.configuration, networks } };
}

function portsOf(exposed: Readonly<Record<string, unknown>> | undefined): readonly number[] {
  return Object.keys(exposed ?? {})
    .filter((port) => !port.endsWith('/udp'))
    .map((port) => Number.parseInt(port, 10))
    .filter((port) => port > 0 && port < 65536);
}

/** What the engine published; an address that is left empty means all of them. */
function publishedPortsOf(
  ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>> | undefined,
): ConfigurationFacts['publishedPorts'] {
  return Object.entries(ports ?? {}).flatMap(([name, bindings]) =>
    name.endsWith('/udp')
      ? []
      : (bindings ?? []).map(({ HostIp, HostPort }) => ({
          address: cut(HostIp === '' ? '0.0.0.0' : HostIp, 64),
          port: Number(HostPort),
          containerPort: Number.parseInt(name, 10),
        })),
  );
}

/** The variables that HTTP clients read, upper case after lower case as curl does; values may hold credentials. */
export function proxyVariables(environment: readonly string[]): readonly { readonly name: string; readonly value: string }[] {
  return environment.flatMap((entry) => {
    const at = entry.indexOf('=');
    const name = entry.slice(0, at);
    const value = entry.slice(at + 1);
    return /^(https?|all)_proxy$/i.test(name) && value !== '' ? [{ name, value }] : [];
  });
}

/** `http://user:secret@proxy:3128` becomes `http://proxy:3128`; what does not parse is withheld. */
export function withoutCredentials(url: string): string {
  try {
    const parsed = new URL(url.includes('://') ? url : `http://${url}`);
    return `${parsed.protocol}//${parsed.host}`;
  } catch {
    return '(not a URL)';
  }
}
