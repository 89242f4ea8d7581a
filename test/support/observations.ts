/**
 * Facts for unit tests of checks. Every default is that of a sealed and hardened container with nothing
 * declared, so a test states the one thing that differs.
 */
import type {
  Attempt,
  AttemptOutcome,
  AttemptSpec,
  ControlAttempt,
  ControlVantage,
  PairedAttempt,
} from '../../src/model/attempt.ts';
import type { Check, CheckInput, EgressJudge, Peer, Verdict } from '../../src/model/check.ts';
import type {
  ConfigurationFacts,
  ConfiguredMount,
  Credentials,
  FilesystemFacts,
  Interface,
  NamespaceFacts,
  NetworkAttachment,
  ObservationKind,
  ObservationMap,
  ObservedMount,
  PathAccess,
  ProcessFacts,
} from '../../src/model/observation.ts';
import type { Profile } from '../../src/model/profile.ts';
import type { Declaration, Target } from '../../src/model/target.ts';

/** A container id: the given hexadecimal digits, repeated to 64. */
export function anId(digits = 'a'): string {
  return digits.repeat(64).slice(0, 64);
}

export function aTarget(overrides: Partial<Target> = {}): Target {
  return {
    id: anId('a'),
    name: 'weather',
    image: { reference: 'registry.example/weather:1.0', id: `sha256:${anId('1')}` },
    platform: 'none',
    discoveredBy: 'named on the command line',
    transport: 'stdio',
    state: 'running',
    startedAt: '2026-01-01T00:00:00.000Z',
    ...overrides,
  };
}

/** A declaration of the given profile, from a flag unless said otherwise. */
export function aDeclaration(profile: Profile = {}, overrides: Partial<Omit<Declaration, 'profile'>> = {}): Declaration {
  return { profile, source: 'flag', location: '/etc/profiles/weather.json', remarks: [], ...overrides };
}

/** Another target of the run, with an id of its own. */
export function aPeer(overrides: { readonly target?: Partial<Target> } & Partial<Omit<Peer, 'target'>> = {}): Peer {
  return {
    declaration: aDeclaration(),
    policy: aPolicy(),
    ...overrides,
    target: aTarget({ id: anId('b'), name: 'notes', ...overrides.target }),
  };
}

/**
 * A judge of egress. `permits` is `all`, a function, or a list of `host:port` (TCP); IPv6 goes in brackets.
 * Without options nothing is permitted.
 */
export function aPolicy(
  options: {
    readonly permits?: 'all' | readonly string[] | EgressJudge['permits'];
    readonly resolvesAnyName?: boolean;
    readonly summary?: string;
  } = {},
): EgressJudge {
  const permits = options.permits ?? [];
  const all = permits === 'all';
  const listed: EgressJudge['permits'] = ({ host, port, protocol }) =>
    protocol === 'tcp' && Array.isArray(permits) && permits.includes(`${host.includes(':') ? `[${host}]` : host}:${port}`);
  return {
    restricts: !all,
    resolvesAnyName: options.resolvesAnyName ?? all,
    summary: options.summary ?? (Array.isArray(permits) ? permits.join(', ') || 'nothing' : 'anything'),
    permits: all ? () => true : typeof permits === 'function' ? permits : listed,
  };
}

/** What to try: a direct TCP connection to 203.0.113.10:443 of purpose `internet`, controlled from a bridge. */
export function aSpec(overrides: Partial<AttemptSpec> = {}): AttemptSpec {
  const { host = '203.0.113.10', port = 443, path = 'direct', family = host.includes(':') ? 6 : 4, kind = 'tcp' } = overrides;
  const purpose = overrides.purpose ?? 'internet';
  return {
    id: `${purpose}/${kind}/${path}/${family}/${host}:${port}`,
    purpose,
    kind,
    host,
    port,
    family,
    path,
    subject: kind === 'dns' ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`,
    controls: ['bridge'],
    ...(path === 'proxy' && { proxy: 'http://egress:3128' }),
    ...overrides,
  };
}

/** What came of a try; its id is set by `aPair`. */
export type Result = Omit<Attempt, 'id'>;

/** Any outcome, after one try of 12 ms. */
export function outcome(kind: AttemptOutcome, overrides: Partial<Result> = {}): Result {
  return { outcome: kind, elapsedMs: 12, tries: 1, ...overrides };
}

export function connected(overrides: Partial<Result> = {}): Result {
  return outcome('connected', { phase: 'connect', ...overrides });
}

/** Connected, and the canary said its nonce. */
export function answered(overrides: Partial<Result> = {}): Result {
  return connected({ nonce: 'matched', ...overrides });
}

export function refused(overrides: Partial<Result> = {}): Result {
  return outcome('refused', { phase: 'connect', detail: 'ECONNREFUSED', ...overrides });
}

export function timeout(overrides: Partial<Result> = {}): Result {
  return outcome('timeout', { phase: 'connect', elapsedMs: 2000, tries: 2, ...overrides });
}

export function unreachable(overrides: Partial<Result> = {}): Result {
  return outcome('unreachable', { phase: 'connect', elapsedMs: 0, detail: 'ENETUNREACH', ...overrides });
}

export function proxyDenied(overrides: Partial<Result> = {}): Result {
  return outcome('proxy-denied', { phase: 'proxy', detail: '403', ...overrides });
}

export function notRun(overrides: Partial<Result> = {}): Result {
  return outcome('not-run', { elapsedMs: 0, tries: 0, detail: 'no time left', ...overrides });
}

export function probeError(overrides: Partial<Result> = {}): Result {
  return outcome('probe-error', { elapsedMs: 0, tries: 0, detail: 'EMFILE', ...overrides });
}

/** A DNS answer: NOERROR with the given addresses, else the rcode alone. */
export function dnsAnswer(
  rcode: string,
  options: { readonly addresses?: readonly string[]; readonly soa?: string } = {},
): Result {
  const outcomes: Readonly<Record<string, AttemptOutcome>> = { NOERROR: 'connected', NXDOMAIN: 'nxdomain' };
  return outcome(outcomes[rcode] ?? 'servfail', {
    phase: 'resolve',
    answer: {
      rcode,
      addresses: [...(options.addresses ?? [])],
      server: '127.0.0.11',
      ...(options.soa !== undefined && { soa: options.soa }),
    },
  });
}

/**
 * An attempt beside its controls. `controls` is one result a vantage, in the order of `spec.controls`;
 * left out, one control from the first vantage succeeds (with the nonce where one is expected).
 */
export function aPair(
  options: { readonly spec?: Partial<AttemptSpec>; readonly target?: Result; readonly controls?: readonly Result[] } = {},
): PairedAttempt {
  const spec = aSpec(options.spec);
  const results = options.controls ?? [spec.nonce === undefined ? connected() : answered()];
  return {
    spec,
    target: { id: spec.id, ...(options.target ?? timeout()) },
    controls: results.map((result, index) => aControl(spec, result, spec.controls[index])),
  };
}

function aControl(spec: AttemptSpec, result: Result, vantage: ControlVantage = 'bridge'): ControlAttempt {
  return { vantage, attempt: { id: spec.id, ...result } };
}

/** An internal bridge network with this target alone on it. */
export function aNetwork(overrides: Partial<NetworkAttachment> = {}): NetworkAttachment {
  return {
    id: anId('c'),
    name: 'mcp-internal',
    driver: 'bridge',
    internal: true,
    ipv6: false,
    subnets: ['172.30.0.0/24'],
    gateways: ['172.30.0.1'],
    addresses: ['172.30.0.2'],
    names: ['weather'],
    members: [{ id: anId('a'), name: 'weather' }],
    ...overrides,
  };
}

export function aMount(overrides: Partial<ConfiguredMount> = {}): ConfiguredMount {
  return { type: 'bind', source: '/srv/data', target: '/data', readOnly: true, anonymous: false, ...overrides };
}

export function aConfiguration(overrides: Partial<ConfigurationFacts> = {}): ConfigurationFacts {
  return {
    privileged: false,
    networkMode: 'mcp-internal',
    pidMode: '',
    user: '1000:1000',
    readOnlyRootfs: true,
    capAdd: [],
    capDrop: ['ALL'],
    securityOptions: ['no-new-privileges'],
    networks: [aNetwork()],
    mounts: [],
    exposedPorts: [],
    publishedPorts: [],
    proxyVariables: [],
    ...overrides,
  };
}

export function anInterface(overrides: Partial<Interface> = {}): Interface {
  return { name: 'eth0', address: '172.30.0.2', family: 4, scope: 'global', ...overrides };
}

/** A namespace with loopback and one IPv4 interface, without a default route. */
export function aNamespace(overrides: Partial<NamespaceFacts> = {}): NamespaceFacts {
  return {
    inode: '4026532001',
    interfaces: [
      anInterface({ name: 'lo', address: '127.0.0.1', scope: 'host' }),
      anInterface({ name: 'lo', address: '::1', family: 6, scope: 'host' }),
      anInterface(),
    ],
    gateways: [],
    defaultRoute4: false,
    defaultRoute6: false,
    resolvers: ['127.0.0.11'],
    hosts: [{ address: '172.30.0.2', name: 'weather' }],
    listeners: [],
    aliases: [],
    ...overrides,
  };
}

/** The host's namespace: other inode, a default route, a bridge. */
export function aHostNamespace(overrides: Partial<NamespaceFacts> = {}): NamespaceFacts {
  return aNamespace({
    inode: '4026531840',
    interfaces: [
      anInterface({ name: 'lo', address: '127.0.0.1', scope: 'host' }),
      anInterface({ address: '198.51.100.1' }),
      anInterface({ name: 'docker0', address: '172.17.0.1' }),
      anInterface({ name: 'br-mcp', address: '172.30.0.1' }),
    ],
    gateways: ['198.51.100.2'],
    defaultRoute4: true,
    resolvers: ['203.0.113.53'],
    hosts: [],
    ...overrides,
  });
}

/** A capability set as /proc/PID/status prints it, from capability numbers (linux/capability.h). */
export function capabilityMask(...numbers: readonly number[]): string {
  return numbers
    .reduce((mask, number) => mask | (1n << BigInt(number)), 0n)
    .toString(16)
    .padStart(16, '0');
}

/** uid 1000, no capability in any set, seccomp filter, no-new-privileges. */
export function someCredentials(overrides: Partial<Credentials> = {}): Credentials {
  const none = capabilityMask();
  return {
    uids: [1000, 1000, 1000, 1000],
    gids: [1000, 1000, 1000, 1000],
    groups: [],
    capabilities: { effective: none, permitted: none, inheritable: none, bounding: none, ambient: none },
    seccomp: 2,
    noNewPrivileges: true,
    ...overrides,
  };
}

/** A hardened process, seen by a twin of the same credentials, without a user namespace. */
export function aProcess(target: Partial<Credentials> = {}, overrides: Partial<Omit<ProcessFacts, 'target'>> = {}): ProcessFacts {
  const credentials = someCredentials(target);
  return {
    target: credentials,
    twin: credentials,
    lastCapability: 40,
    uidMap: [{ inside: 0, outside: 0, length: 4294967295 }],
    ...overrides,
  };
}

export function anObservedMount(overrides: Partial<ObservedMount> = {}): ObservedMount {
  return { target: '/data', source: '/dev/sda1', root: '/srv/data', fsType: 'ext4', readOnly: true, ...overrides };
}

/** A path that is there and can be read, not written. */
export function aPath(overrides: Partial<PathAccess> = {}): PathAccess {
  const writable = overrides.writable ?? false;
  return { path: '/data', state: 'present', readable: true, writable, ...(!writable && { detail: 'EROFS' }), ...overrides };
}

/** A read-only root file system, walked to the end. */
export function aFilesystem(overrides: Partial<FilesystemFacts> = {}): FilesystemFacts {
  return {
    mounts: [anObservedMount({ target: '/', source: 'overlay', root: '/', fsType: 'overlay', readOnly: true })],
    rootReadOnly: true,
    walk: 'complete',
    directoriesTried: 40,
    paths: [],
    sockets: [],
    ...overrides,
  };
}

export interface InputOptions {
  /** Replaces the default of a kind; `undefined` takes the kind away. Attempt kinds are empty by default. */
  readonly facts?: { readonly [K in ObservationKind]?: ObservationMap[K] | undefined };
  readonly target?: Target;
  readonly declaration?: Declaration;
  readonly policy?: EgressJudge;
  readonly peers?: readonly Peer[];
}

/** The input of a check, with facts of every kind. */
export function anInput(options: InputOptions = {}): CheckInput<ObservationKind> {
  const facts = {
    configuration: aConfiguration(),
    namespace: aNamespace(),
    hostNamespace: aHostNamespace(),
    process: aProcess(),
    filesystem: aFilesystem(),
    egress: { attempts: [] },
    udp: { attempts: [] },
    dns: { attempts: [] },
    metadata: { attempts: [] },
    host: { attempts: [] },
    management: { attempts: [] },
    peers: { attempts: [] },
    endpoint: { attempts: [] },
    ...options.facts,
  } as ObservationMap;
  return {
    facts,
    target: options.target ?? aTarget(),
    declaration: options.declaration ?? aDeclaration(),
    policy: options.policy ?? aPolicy(),
    peers: options.peers ?? [],
  };
}

/**
 * Runs a check as the engine does: it gets the kinds that it names and no others, a required kind has to be
 * there, and no two verdicts may be about one subject.
 */
export function judge(check: Check, options: InputOptions = {}): readonly Verdict[] {
  const input = anInput(options);
  for (const kind of check.requires) {
    if (input.facts[kind] === undefined) throw new Error(`the engine would stamp inconclusive: ${kind} is missing`);
  }
  const named = new Set<ObservationKind>([...check.requires, ...(check.uses ?? [])]);
  const facts = Object.fromEntries(
    Object.entries(input.facts).filter(([kind]) => named.has(kind as ObservationKind)),
  ) as ObservationMap;
  const verdicts = check.evaluate({ ...input, facts });
  if (verdicts.length === 0) throw new Error(`${check.meta.id} answered nothing, which is an error in the engine`);
  const subjects = verdicts.map(({ subject }) => subject);
  if (new Set(subjects).size < subjects.length)
    throw new Error(`${check.meta.id} judged one subject twice: ${subjects.join(', ')}`);
  return verdicts;
}

/** Each verdict as `status subject`, for tables. */
export function summaryOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ status, subject, severity }) => `${status} ${subject}${severity === undefined ? '' : ` (${severity})`}`);
}
