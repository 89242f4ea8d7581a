import { BulkheadError } from '../errors.ts';
import {
  SOCKETS,
  type ContainerSpec,
  type GatewayConfig,
  type GatewayLimits,
  type MountSpec,
  type RelayConfig,
} from '../model/compartment.ts';
import { LABEL } from '../model/labels.ts';
import { boundedLog, engineDirectories, hardened, tmpfs } from './hardening.ts';
import { UNPRIVILEGED } from './server-user.ts';

/** Kernels refuse one variable of more than 128 KiB (MAX_ARG_STRLEN, execve(2)); this leaves room for its name. */
const MAX_CONFIG_BYTES = 100 * 1024;
const LIMITS = { memoryBytes: 128 * 1024 * 1024, pids: 32 } as const;

export const GATEWAY_LIMITS: GatewayLimits = {
  connections: 256,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 30 * 60_000,
  headerTimeoutMs: 10_000,
};

/**
 * Small heaps, and nothing collected or compiled beside the main thread: as fast for these two, and 5 MB less each.
 * (`--single-threaded` would do the same, but then Node.js refuses the code cache of its own modules.) Every version from
 * 22.12 on has to know them: with an unknown one it does not start.
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=1',
  '--max-old-space-size=24',
  '--single-threaded-gc',
  '--no-concurrent-recompilation',
] as const;

/** Port on which the gateway listens in its own container. */
export const GATEWAY_PORT = 8080;

/** What relay and gateway have in common. */
export interface HelperPlace {
  readonly name: string;
  readonly image: string;
  /** Of the engine. */
  readonly product: string | undefined;
  readonly networkMode: string;
  /** They end when the standard input that the command holds is closed. */
  readonly attached: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the volumes; undefined where that direction is not used. */
  readonly out: string | undefined;
  readonly in: string | undefined;
}

/** Holds the network namespace in which the server lives. */
export function relaySpec(place: HelperPlace, config: RelayConfig): ContainerSpec {
  const spec = helper(place, 'relay', JSON.stringify(config));
  const alone = place.networkMode === 'none';
  return {
    ...spec,
    HostConfig: {
      ...spec.HostConfig,
      // Nobody but the relay answers names, and no search domain of the host is tried.
      ...(alone ? { Dns: ['127.0.0.1'], DnsSearch: ['.'] } : {}),
      // Names and low ports of the loopback are served without a capability.
      Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
      Mounts: sockets(place, { out: true, in: false }),
    },
  };
}

/** @param hostPort port on 127.0.0.1 of the engine's host, 0 = any free one; not used without `inbound` */
export function gatewaySpec(place: HelperPlace, config: GatewayConfig, hostPort: number): ContainerSpec {
  const spec = helper(place, 'gateway', JSON.stringify(config));
  const key = `${GATEWAY_PORT}/tcp`;
  const published = config.inbound !== null;
  return {
    ...spec,
    ...(published ? { ExposedPorts: { [key]: {} } } : {}),
    HostConfig: {
      ...spec.HostConfig,
      Mounts: sockets(place, { out: false, in: true }),
      ...(published
        ? { PortBindings: { [key]: [{ HostIp: '127.0.0.1', HostPort: hostPort === 0 ? '' : String(hostPort) }] } }
        : {}),
    },
  };
}

function helper(place: HelperPlace, role: 'relay' | 'gateway', config: string): ContainerSpec {
  const bytes = Buffer.byteLength(config);
  if (bytes > MAX_CONFIG_BYTES) {
    throw new BulkheadError(
      'profile-invalid',
      `The configuration of the ${role} has ${bytes} bytes; ${MAX_CONFIG_BYTES} fit into a variable.`,
      {
        hint: 'Name domains with a leading dot instead of their hosts one by one.',
      },
    );
  }
  return {
    name: place.name,
    Image: place.image,
    Entrypoint: ['/bulkhead/node', ...NODE_FLAGS, `/bulkhead/${role}.cjs`],
    Env: [`BULKHEAD_${role.toUpperCase()}=${config}`, ...(place.attached ? ['BULKHEAD_ATTACHED=1'] : [])],
    User: UNPRIVILEGED,
    Labels: { ...place.labels, [LABEL.role]: role },
    ...(place.attached ? { OpenStdin: true, StdinOnce: true } : {}),
    HostConfig: {
      NetworkMode: place.networkMode,
      ...hardened(LIMITS),
      ...memory(place.product),
      AutoRemove: place.attached,
      LogConfig: boundedLog('1m'),
    },
  };
}

/** What the engine would leave writable is made small, and nothing in it runs. */
function memory(product: string | undefined): Pick<ContainerSpec['HostConfig'], 'Tmpfs'> {
  const directories = engineDirectories(product);
  return directories.length === 0
    ? {}
    : { Tmpfs: Object.fromEntries(directories.map((path) => [path, tmpfs(64 * 1024, false)])) };
}

/** Whoever makes a socket may write its directory, the other one may not: neither can put its own in its place. */
function sockets(place: HelperPlace, readOnly: { readonly out: boolean; readonly in: boolean }): readonly MountSpec[] {
  const mount = (source: string | undefined, socket: string, only: boolean): readonly MountSpec[] =>
    source === undefined
      ? []
      : [{ Type: 'volume', Source: source, Target: directoryOf(socket), ReadOnly: only, VolumeOptions: { NoCopy: true } }];
  return [...mount(place.out, SOCKETS.connect, readOnly.out), ...mount(place.in, SOCKETS.inbound, readOnly.in)];
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
