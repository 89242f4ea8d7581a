import { Type, type Static, type TSchema } from 'typebox';
import { HostileText, PairedAttempt } from './attempt.ts';

const Path = Type.String({ maxLength: 4096 });
const Address = Type.String({ maxLength: 64 });

export const NetworkAttachment = Type.Object(
  {
    id: Type.String({ maxLength: 128 }),
    name: HostileText,
    driver: HostileText,
    internal: Type.Boolean(),
    ipv6: Type.Boolean(),
    subnets: Type.Array(Address, { maxItems: 32 }),
    gateways: Type.Array(Address, { maxItems: 32 }),
    /** This container's own addresses on the network. */
    addresses: Type.Array(Address, { maxItems: 32 }),
    /** Names under which others on this network find the container. */
    names: Type.Array(HostileText, { maxItems: 64 }),
    members: Type.Array(
      Type.Object({ id: Type.String({ maxLength: 128 }), name: HostileText }, { additionalProperties: false }),
      { maxItems: 4096 },
    ),
  },
  { additionalProperties: false },
);
export type NetworkAttachment = Static<typeof NetworkAttachment>;

export const ConfiguredMount = Type.Object(
  {
    type: HostileText,
    /** Host path, or the volume's name; empty for tmpfs. */
    source: Path,
    target: Path,
    readOnly: Type.Boolean(),
    /** A volume without a name of its own, made for the image's VOLUME. */
    anonymous: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type ConfiguredMount = Static<typeof ConfiguredMount>;

/** What the engine's API says. Alone it never passes a check that can be observed. */
export const ConfigurationFacts = Type.Object(
  {
    privileged: Type.Boolean(),
    networkMode: HostileText,
    pidMode: HostileText,
    user: HostileText,
    readOnlyRootfs: Type.Boolean(),
    capAdd: Type.Array(HostileText, { maxItems: 128 }),
    capDrop: Type.Array(HostileText, { maxItems: 128 }),
    securityOptions: Type.Array(HostileText, { maxItems: 128 }),
    networks: Type.Array(NetworkAttachment, { maxItems: 256 }),
    mounts: Type.Array(ConfiguredMount, { maxItems: 1024 }),
    exposedPorts: Type.Array(Type.Integer(), { maxItems: 1024 }),
    /** TCP ports of the host that lead to the container; `address` is what they are bound to, `::` and `0.0.0.0` for all. */
    publishedPorts: Type.Array(
      Type.Object({ address: Address, port: Type.Integer(), containerPort: Type.Integer() }, { additionalProperties: false }),
      { maxItems: 1024 },
    ),
    /** Names of the proxy variables that are set, and their value without credentials. */
    proxyVariables: Type.Array(Type.Object({ name: HostileText, value: HostileText }, { additionalProperties: false }), {
      maxItems: 16,
    }),
  },
  { additionalProperties: false },
);
export type ConfigurationFacts = Static<typeof ConfigurationFacts>;

export const Interface = Type.Object(
  { name: HostileText, address: Address, family: Type.Enum([4, 6]), scope: HostileText },
  { additionalProperties: false },
);
export type Interface = Static<typeof Interface>;

export const Listener = Type.Object(
  {
    address: Address,
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
    family: Type.Enum([4, 6]),
  },
  { additionalProperties: false },
);
export type Listener = Static<typeof Listener>;

/** What a network namespace holds, read inside it. */
export const NamespaceFacts = Type.Object(
  {
    /** Inode of the namespace: equal numbers on one host mean one namespace. */
    inode: Type.String({ maxLength: 32 }),
    interfaces: Type.Array(Interface, { maxItems: 512 }),
    /** Gateways of all routes, default routes first. */
    gateways: Type.Array(Address, { maxItems: 64 }),
    defaultRoute4: Type.Boolean(),
    defaultRoute6: Type.Boolean(),
    resolvers: Type.Array(Address, { maxItems: 16 }),
    /** Entries of /etc/hosts beyond localhost. */
    hosts: Type.Array(Type.Object({ address: Address, name: HostileText }, { additionalProperties: false }), { maxItems: 256 }),
    /** TCP listeners; the probe's own canaries are not among them. */
    listeners: Type.Array(Listener, { maxItems: 1024 }),
    /** Well-known names of the host that resolve here, and to what. */
    aliases: Type.Array(
      Type.Object({ name: HostileText, addresses: Type.Array(Address, { maxItems: 16 }) }, { additionalProperties: false }),
      { maxItems: 32 },
    ),
  },
  { additionalProperties: false },
);
export type NamespaceFacts = Static<typeof NamespaceFacts>;

const Mask = Type.String({ pattern: '^[0-9a-f]{16}$' });

/** The credentials of a process, from /proc/PID/status. */
export const Credentials = Type.Object(
  {
    /** real, effective, saved, file system */
    uids: Type.Array(Type.Integer(), { minItems: 4, maxItems: 4 }),
    gids: Type.Array(Type.Integer(), { minItems: 4, maxItems: 4 }),
    groups: Type.Array(Type.Integer(), { maxItems: 1024 }),
    capabilities: Type.Object(
      { effective: Mask, permitted: Mask, inheritable: Mask, bounding: Mask, ambient: Mask },
      { additionalProperties: false },
    ),
    /** 0 off, 1 strict, 2 filter */
    seccomp: Type.Integer({ minimum: 0, maximum: 2 }),
    noNewPrivileges: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type Credentials = Static<typeof Credentials>;

export const ProcessFacts = Type.Object(
  {
    /** PID 1 of the target. */
    target: Credentials,
    /** The twin that looked, for comparison. */
    twin: Credentials,
    /** Number of the last capability that the running kernel knows. */
    lastCapability: Type.Integer({ minimum: 0, maximum: 63 }),
    uidMap: Type.Array(
      Type.Object({ inside: Type.Integer(), outside: Type.Integer(), length: Type.Integer() }, { additionalProperties: false }),
      { maxItems: 340 },
    ),
  },
  { additionalProperties: false },
);
export type ProcessFacts = Static<typeof ProcessFacts>;

export const ObservedMount = Type.Object(
  { target: Path, source: Path, root: Path, fsType: HostileText, readOnly: Type.Boolean() },
  { additionalProperties: false },
);
export type ObservedMount = Static<typeof ObservedMount>;

export const PathAccess = Type.Object(
  {
    path: Path,
    state: Type.Enum(['present', 'missing', 'hidden']),
    readable: Type.Boolean(),
    writable: Type.Boolean(),
    /** Errno of the failed write access, e.g. `EROFS`, `EACCES`. */
    detail: Type.Optional(HostileText),
  },
  { additionalProperties: false },
);
export type PathAccess = Static<typeof PathAccess>;

export const SocketAccess = Type.Object(
  {
    path: Path,
    /** `answers`: it spoke HTTP with us; `connects`: it took the connection; else the errno is in `detail`. */
    state: Type.Enum(['answers', 'connects', 'denied']),
    detail: Type.Optional(HostileText),
  },
  { additionalProperties: false },
);
export type SocketAccess = Static<typeof SocketAccess>;

/** The target's file system, tried with the target's own identity. */
export const FilesystemFacts = Type.Object(
  {
    mounts: Type.Array(ObservedMount, { maxItems: 4096 }),
    rootReadOnly: Type.Boolean(),
    /** A directory on the root file system in which a file can be made; absent when none was found. */
    writableDirectory: Type.Optional(Path),
    /** Whether every directory of the root file system was tried. */
    walk: Type.Enum(['complete', 'truncated']),
    directoriesTried: Type.Integer({ minimum: 0 }),
    paths: Type.Array(PathAccess, { maxItems: 512 }),
    sockets: Type.Array(SocketAccess, { maxItems: 64 }),
  },
  { additionalProperties: false },
);
export type FilesystemFacts = Static<typeof FilesystemFacts>;

export const AttemptFacts = Type.Object(
  { attempts: Type.Array(PairedAttempt, { maxItems: 20000 }) },
  { additionalProperties: false },
);
export type AttemptFacts = Static<typeof AttemptFacts>;

/** Defined once in a schema of observations: most kinds are attempts, and a validator compiles what it finds as often. */
export const DEFINITIONS = { attempts: AttemptFacts, namespace: NamespaceFacts } as const;
const attempts = Type.Unsafe<AttemptFacts>({ $ref: '#/$defs/attempts' });
const namespace = Type.Unsafe<NamespaceFacts>({ $ref: '#/$defs/namespace' });

/** One home for the kinds: the schema of each (with `DEFINITIONS` at the root), the map type below follows from it. */
export const FACTS = {
  configuration: ConfigurationFacts,
  namespace,
  hostNamespace: namespace,
  process: ProcessFacts,
  filesystem: FilesystemFacts,
  egress: attempts,
  udp: attempts,
  dns: attempts,
  metadata: attempts,
  host: attempts,
  management: attempts,
  peers: attempts,
  /** The target's own endpoint, as a client would find it. */
  endpoint: attempts,
} as const satisfies Record<string, TSchema>;

export type ObservationKind = keyof typeof FACTS;
export const OBSERVATION_KINDS = Object.keys(FACTS) as readonly ObservationKind[];
export type ObservationMap = { readonly [K in ObservationKind]: Static<(typeof FACTS)[K]> };

/** Evidence, or why there is none. Absence is never a pass. */
export type Outcome<T> =
  | { readonly state: 'observed'; readonly facts: T }
  | { readonly state: 'unavailable'; readonly reason: string }
  | { readonly state: 'errored'; readonly error: { readonly code: string; readonly message: string } };

export function outcomeSchema<T extends TSchema>(facts: T) {
  return Type.Union([
    Type.Object({ state: Type.Literal('observed'), facts }, { additionalProperties: false }),
    Type.Object({ state: Type.Literal('unavailable'), reason: HostileText }, { additionalProperties: false }),
    Type.Object(
      {
        state: Type.Literal('errored'),
        error: Type.Object({ code: HostileText, message: HostileText }, { additionalProperties: false }),
      },
      { additionalProperties: false },
    ),
  ]);
}

export type ObservationSet = { readonly [K in ObservationKind]?: Outcome<ObservationMap[K]> };
