import { BulkheadError } from '../errors.ts';
import type {
  CompartmentPlan,
  CompartmentShape,
  GatewayConfig,
  NetworkSpec,
  PlanInput,
  RelayConfig,
  ResolvedMount,
  VolumeSpec,
} from '../model/compartment.ts';
import { LABEL } from '../model/labels.ts';
import { SECRETS_DIRECTORY } from './server-env.ts';
import { GATEWAY_LIMITS, GATEWAY_PORT, gatewaySpec, relaySpec, type HelperPlace } from './helper-specs.ts';
import { readOutbound, type Outbound } from './outbound.ts';
import { checkInput, targetPortOf } from './plan-options.ts';
import { serverSpec } from './server-spec.ts';

type CompartmentRole = 'server' | 'relay' | 'gateway' | 'volume' | 'network';

/** Options of the directories in memory that relay and gateway share; only their user may enter. */
const SOCKET_VOLUME = 'size=1m,uid=65532,gid=65532,mode=0700,nosuid,nodev,noexec';

/**
 * Everything that a compartment is made of, and what is to be said aloud about it. Pure: asks no engine and
 * reads no file.
 * @throws BulkheadError `usage` or `profile-invalid`, each with a hint
 */
export function planCompartment(input: PlanInput): CompartmentPlan {
  checkInput(input);
  refusePrivileged(input);
  const { outbound, notes } = readOutbound(input.profile);
  const http = input.options.transport !== 'stdio';
  const shape = shapeOf(outbound, http);
  const port = http ? targetPortOf(input, outbound.kind === 'listed') : undefined;
  const parts = partsOf(input, shape, outbound, port);
  const server = serverSpec(input, {
    networkMode: parts.relay === undefined ? parts.namespace : `container:${parts.relay.name}`,
    proxy: outbound.kind === 'listed',
    port,
    secrets: secretsMount(input),
    labels: labelsOf(input, shape, 'server'),
  });
  return {
    shape,
    resolvesNames: outbound.kind === 'listed',
    ...parts.plan,
    server: server.spec,
    notes: [...notes, ...server.notes, ...transportNotes(input)],
  };
}

function refusePrivileged({ profile }: PlanInput): void {
  if (profile.privileged !== true) return;
  throw new BulkheadError('usage', 'The profile says "privileged": true, and nothing holds a privileged container.', {
    hint: 'Remove "privileged" from the profile; a single capability is given with --cap-add.',
  });
}

function shapeOf(outbound: Outbound, http: boolean): CompartmentShape {
  switch (outbound.kind) {
    case 'everything':
      return 'open';
    case 'listed':
      return 'sealed';
    case 'nothing':
      return http ? 'sealed' : 'isolated';
  }
}

interface Parts {
  readonly plan: Pick<CompartmentPlan, 'networks' | 'volumes' | 'relay' | 'gateway'>;
  readonly relay: CompartmentPlan['relay'];
  /** Network mode of whoever holds the network namespace: the relay, or else the server itself. */
  readonly namespace: string;
}

/** All but the server. */
function partsOf(input: PlanInput, shape: CompartmentShape, outbound: Outbound, port: number | undefined): Parts {
  const networks = networksOf(input, shape, port !== undefined);
  const namespace = networks.server?.Name ?? 'none';
  const egress = outbound.kind === 'listed' ? { hosts: outbound.hosts, ports: outbound.ports } : null;
  const volumes = volumesOf(input, shape, { out: egress !== null, in: port !== undefined });
  const plan = {
    networks: Object.values(networks).filter((network) => network !== undefined),
    volumes: Object.values(volumes).filter((volume) => volume !== undefined),
  };
  if (networks.gateway === undefined) return { plan, relay: undefined, namespace };
  const place = (role: 'relay' | 'gateway', networkMode: string): HelperPlace => ({
    name: `${input.name}-${role}`,
    image: input.gatewayImage,
    product: input.product,
    networkMode,
    attached: !input.options.detach,
    labels: labelsOf(input, shape, role),
    out: volumes.out?.Name,
    in: volumes.in?.Name,
  });
  const relayConfig: RelayConfig = { version: 1, egress, inboundPort: port ?? null };
  const gatewayConfig: GatewayConfig = {
    version: 1,
    egress: egress === null ? null : { ...egress, hostAddresses: input.hostAddresses, allowEch: input.options.allowEch },
    inbound: inboundOf(input, port),
    limits: GATEWAY_LIMITS,
  };
  const relay = relaySpec(place('relay', namespace), relayConfig);
  const gateway = gatewaySpec(place('gateway', networks.gateway.Name), gatewayConfig, input.options.hostPort);
  return { plan: { ...plan, relay, gateway }, relay, namespace };
}

function inboundOf({ profile, tokenSha256, options }: PlanInput, port: number | undefined): GatewayConfig['inbound'] {
  if (port === undefined || tokenSha256 === undefined) return null;
  const hosts = profile.network?.inbound?.allow_host ?? [];
  return { listenPort: GATEWAY_PORT, serverPort: port, tokenSha256, hosts, origins: options.allowOrigins };
}

/** `server`: of an open compartment; `gateway`: wherever something leaves through it or is published by it. */
function networksOf(
  input: PlanInput,
  shape: CompartmentShape,
  http: boolean,
): { readonly server?: NetworkSpec; readonly gateway?: NetworkSpec } {
  const network = (what: string): NetworkSpec => ({
    Name: `bulkhead-${input.session}-${what}`,
    Driver: 'bridge',
    // Nobody else belongs there; should somebody be connected later, they do not reach each other.
    Options: { 'com.docker.network.bridge.enable_icc': 'false' },
    Labels: labelsOf(input, shape, 'network'),
  });
  switch (shape) {
    case 'isolated':
      return {};
    case 'sealed':
      return { gateway: network('gateway') };
    case 'open':
      return { server: network('server'), ...(http ? { gateway: network('gateway') } : {}) };
  }
}

function volumesOf(
  input: PlanInput,
  shape: CompartmentShape,
  uses: { readonly out: boolean; readonly in: boolean },
): { readonly out?: VolumeSpec; readonly in?: VolumeSpec; readonly secrets?: VolumeSpec } {
  const volume = (what: string, o: string): VolumeSpec => ({
    Name: volumeName(input, what),
    Driver: 'local',
    DriverOpts: { type: 'tmpfs', device: 'tmpfs', o },
    Labels: labelsOf(input, shape, 'volume'),
  });
  const secrets = input.options.secretFiles.length;
  return {
    ...(uses.out ? { out: volume('out', SOCKET_VOLUME) } : {}),
    ...(uses.in ? { in: volume('in', SOCKET_VOLUME) } : {}),
    ...(secrets > 0 ? { secrets: volume('secrets', secretsOptions(secrets)) } : {}),
  };
}

/**
 * Room for 512 KiB a secret. The server's uid may be known to the image alone, so the directory is open to
 * every user of the one container that mounts it.
 */
function secretsOptions(count: number): string {
  return `size=${Math.ceil(count / 2) + 1}m,uid=65532,gid=65532,mode=0755,nosuid,nodev,noexec`;
}

function secretsMount(input: PlanInput): ResolvedMount | undefined {
  if (input.options.secretFiles.length === 0) return undefined;
  return { kind: 'volume', source: volumeName(input, 'secrets'), target: SECRETS_DIRECTORY, readOnly: true };
}

function volumeName({ session }: PlanInput, what: string): string {
  return `bulkhead-${session}-${what}`;
}

function labelsOf(input: PlanInput, shape: CompartmentShape, role: CompartmentRole): Readonly<Record<string, string>> {
  return {
    ...input.labels,
    [LABEL.role]: role,
    [LABEL.name]: input.name,
    [LABEL.shape]: shape,
    [LABEL.transport]: input.options.transport,
  };
}

function transportNotes({ options }: PlanInput): readonly string[] {
  if (options.transport !== 'stdio' || !options.detach) return [];
  return ['Nobody is attached to the server: over stdio it waits until somebody is.'];
}
