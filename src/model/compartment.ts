import type { Profile } from './profile.ts';

/**
 * What the launcher tells the two in-container programs, and the shape of what it asks an engine for.
 * The gateway is given the profile's own words and reads them by itself: it shares no matching code with
 * the checks that later judge it.
 */

/** How a client speaks to a server. */
export const TRANSPORTS = ['stdio', 'streamable-http', 'sse'] as const;
export type ServerTransport = (typeof TRANSPORTS)[number];

/** Where the sockets between relay and gateway are, in both containers. */
export const SOCKETS = {
  /** Written by the gateway: one connection of the server each, after a preamble that says where to. */
  connect: '/run/bulkhead/out/connect.sock',
  /** Written by the gateway: an HTTP proxy. */
  proxy: '/run/bulkhead/out/proxy.sock',
  /** Written by the relay: leads to the port on which the server listens. */
  inbound: '/run/bulkhead/in/inbound.sock',
} as const;

/** Where proxy-aware clients inside a compartment find the proxy. */
export const PROXY_PORT = 3128;

/** The relay's configuration, JSON in its environment variable BULKHEAD_RELAY. */
export interface RelayConfig {
  readonly version: 1;
  /** What may be asked for; the gateway decides again. `null`: the relay serves no names and no proxy. */
  readonly egress: {
    /** Entries of `allow_host`; empty = any name with a dot. */
    readonly hosts: readonly string[];
    readonly ports: readonly number[];
  } | null;
  /** Port of the server on the compartment's loopback; `null` without an HTTP transport. */
  readonly inboundPort: number | null;
}

/** The gateway's configuration, JSON in its environment variable BULKHEAD_GATEWAY. Holds no secret. */
export interface GatewayConfig {
  readonly version: 1;
  /** `null`: nothing may leave. */
  readonly egress: {
    /** Entries of `allow_host` as written. Empty = any public host. */
    readonly hosts: readonly string[];
    /** TCP ports; never empty. */
    readonly ports: readonly number[];
    /** Addresses of the engine's host, which no name may mean. */
    readonly hostAddresses: readonly string[];
    /** Let TLS through whose real name is encrypted (ECH): it may be for another site behind the same address. */
    readonly allowEch: boolean;
  } | null;
  readonly inbound: {
    /** Port that the gateway listens on in its own container. */
    readonly listenPort: number;
    /** Port of the server, for the Host header that it gets to see. */
    readonly serverPort: number;
    /** SHA-256 of the bearer token, lower-case hex. */
    readonly tokenSha256: string;
    /** Host names under which clients may ask, beside localhost, 127.0.0.1 and [::1]. */
    readonly hosts: readonly string[];
    /** Origins of browsers that may ask, beside those of this machine's loopback. */
    readonly origins: readonly string[];
  } | null;
  readonly limits: GatewayLimits;
}

export interface GatewayLimits {
  /** Connections of the server that are open at once. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** A connection on which nothing moves for so long is ended. */
  readonly idleTimeoutMs: number;
  /** Until the first request line, headers or TLS greeting are complete. */
  readonly headerTimeoutMs: number;
}

/** One line that the relay or the gateway writes to its standard output. Names in it may be hostile. */
export type GatewayLine =
  | { readonly type: 'ready' }
  | {
      readonly type: 'decision';
      /** ISO 8601. */
      readonly time: string;
      readonly decision: 'allowed' | 'denied';
      readonly via: 'dns' | 'tcp' | 'connect' | 'http' | 'inbound';
      readonly host: string;
      readonly port: number;
      readonly reason: string;
      /** The address that was dialled, for what was allowed. */
      readonly address?: string;
      /** Totals so far, this one included: the log may have been rotated. */
      readonly allowed: number;
      readonly denied: number;
    }
  | {
      readonly type: 'suppressed';
      readonly time: string;
      readonly lines: number;
      readonly allowed: number;
      readonly denied: number;
    }
  | { readonly type: 'problem'; readonly time: string; readonly message: string };

/** A container as Docker's API takes it (`POST /containers/create`), as far as the launcher uses it. */
export interface ContainerSpec {
  readonly name: string;
  readonly Image: string;
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User: string;
  readonly WorkingDir?: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly HostConfig: {
    readonly NetworkMode: string;
    readonly Dns?: readonly string[];
    readonly DnsSearch?: readonly string[];
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly CapAdd?: readonly string[];
    readonly SecurityOpt: readonly string[];
    readonly Sysctls?: Readonly<Record<string, string>>;
    readonly Tmpfs?: Readonly<Record<string, string>>;
    readonly Mounts?: readonly MountSpec[];
    /** Bytes. */
    readonly Memory: number;
    /** The same as Memory: no swap. */
    readonly MemorySwap: number;
    readonly NanoCpus?: number;
    readonly PidsLimit: number;
    readonly AutoRemove?: boolean;
    readonly RestartPolicy: { readonly Name: 'no' };
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly PortBindings?: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>>;
  };
}

export interface MountSpec {
  readonly Type: 'bind' | 'volume';
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly BindOptions?: { readonly Propagation: 'rprivate'; readonly ReadOnlyForceRecursive?: boolean };
  /** NoCopy: the engine does not fill an empty volume with what the image has at that path. */
  readonly VolumeOptions?: { readonly NoCopy: true };
}

/** A volume as Docker's API takes it (`POST /volumes/create`). */
export interface VolumeSpec {
  readonly Name: string;
  readonly Driver: 'local';
  readonly DriverOpts: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

/** A network as Docker's API takes it (`POST /networks/create`). */
export interface NetworkSpec {
  readonly Name: string;
  readonly Driver: 'bridge';
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

/** A mount of the server whose source has been looked at: a real path, or the name of a volume. */
export interface ResolvedMount {
  readonly kind: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What the person asked for beyond the profile. */
export interface LaunchOptions {
  readonly transport: ServerTransport;
  /** Port on which the server listens inside; only with an HTTP transport. */
  readonly targetPort?: number;
  /** Port on 127.0.0.1 of the engine's host; 0 = any free one. */
  readonly hostPort: number;
  readonly detach: boolean;
  /** Arguments for the server, after its entry point. */
  readonly args: readonly string[];
  /** `NAME=value` each. */
  readonly env: readonly string[];
  /** `UID[:GID]` or a name of the image; absent = the image's, or 65532 where that is root. */
  readonly user?: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly pids: number;
  /** Size of /tmp, bytes. */
  readonly tmpBytes: number;
  /** Opt-outs of the hardening. */
  readonly writableRoot: boolean;
  readonly execTmp: boolean;
  readonly capAdd: readonly string[];
  /** `--allow-ech`. */
  readonly allowEch: boolean;
  /** Sensitive paths of the host may be mounted; recorded as an opt-out. */
  readonly mountSensitive?: boolean;
  /** Origins of web pages that may ask, beside those of this machine's loopback. */
  readonly allowOrigins: readonly string[];
  /** Names of the secrets that are files below /run/secrets. */
  readonly secretFiles: readonly string[];
}

/** Everything that the pure plan is made from. */
export interface PlanInput {
  /** Id of the session: lower-case hex; part of every name of a helper. */
  readonly session: string;
  /** Name of the compartment and of the server's container. */
  readonly name: string;
  readonly image: {
    readonly reference: string;
    /** As the image says it; empty = root. */
    readonly user: string;
    readonly exposedPorts: readonly number[];
    /** `NAME=value`, of the image. */
    readonly env: readonly string[];
    /** Paths of its VOLUME instructions. Left alone, the engine would make each a writable volume on the host. */
    readonly volumes?: readonly string[];
  };
  readonly profile: Profile;
  readonly mounts: readonly ResolvedMount[];
  readonly options: LaunchOptions;
  readonly gatewayImage: string;
  readonly hostAddresses: readonly string[];
  /** SHA-256 of the bearer token in hex; with an HTTP transport. */
  readonly tokenSha256?: string;
  /** Newest API version of the engine that may be used, e.g. `1.41`. */
  readonly apiVersion: string;
  /** The engine's own name; Podman makes directories of a read-only container writable that nobody asked for. */
  readonly product?: string;
  /** How many processors the engine has; absent where it does not say. */
  readonly processors?: number;
  /** Labels of everything that this session makes (session, owner). */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * - `sealed`: the server shares the network namespace of the relay, which has no interface; the gateway is the way out.
 * - `isolated`: nothing may leave and nothing comes in: the server alone, without any network.
 * - `open`: `insecure_allow_all`: a bridge of its own.
 */
export type CompartmentShape = 'sealed' | 'isolated' | 'open';

export interface CompartmentPlan {
  readonly shape: CompartmentShape;
  /** The gateway resolves names, and has to know which addresses none of them may mean. */
  readonly resolvesNames: boolean;
  readonly networks: readonly NetworkSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly gateway?: ContainerSpec;
  readonly relay?: ContainerSpec;
  readonly server: ContainerSpec;
  /** What is said aloud at start: assumptions, exposures, opt-outs. One sentence each. */
  readonly notes: readonly string[];
}
