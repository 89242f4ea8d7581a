import type { InternetPlan } from './addresses.ts';

export type EngineName = 'debian' | 'trixie' | 'forky' | 'podman';
export type NamespaceName = 'host' | 'inet';

/** One query that reached the stand-in internet's name server. */
export interface DnsLogEntry {
  /** ISO 8601, written before the answer is sent. */
  readonly time: string;
  readonly transport: 'udp' | 'tcp';
  /** Source address as the server saw it; masquerading engines show 198.51.100.1 for every container. */
  readonly client: string;
  /** Lower case, no trailing dot; `.` for the root. */
  readonly name: string;
  readonly type: string;
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'NOTIMP';
}

/** One connection (TCP) or datagram (UDP echo) that reached the stand-in internet. */
export interface ConnectionLogEntry {
  readonly time: string;
  readonly service: string;
  readonly transport: 'tcp' | 'udp';
  readonly client: string;
  readonly address: string;
  readonly port: number;
}

/** One network device that was looked at, and where its other end is. */
export interface SealedDevice {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  /** For a veth, macvlan or ipvlan: `namespace` of its other end. */
  readonly leadsTo?: string;
}

/** What {@link assertSealed} saw when it found no way out. */
export interface SealedProof {
  readonly checkedAt: string;
  readonly machineInode: number;
  readonly namespaces: readonly { readonly name: string; readonly inode: number }[];
  readonly devices: readonly SealedDevice[];
}

/** The lab as it is written to its state file: plain data, no machine-specific meaning beyond this machine. */
export interface LabState {
  readonly version: 1;
  readonly id: string;
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly storageDriver: string;
  readonly startedAt: string;
  readonly socketPath: string;
  readonly dockerHost: `unix://${string}`;
  /** Names as `ip netns` knows them. */
  readonly netns: { readonly host: string; readonly inet: string };
  readonly internet: InternetPlan & {
    readonly metadataEnabled: boolean;
    /** PEM of the authority behind canary.test and its siblings. */
    readonly caPath: string;
    /** PEM of the second operator's own authority. */
    readonly operatorCaPath: string;
  };
  /** A directory that the engine sees at the same path, whatever tree it runs in. The system's temp directory is one too. */
  readonly sharedDir: string;
  readonly pids: { readonly engine: number; readonly internet: number };
  /** Inode of the network namespace that started the lab. */
  readonly machineInode: number;
  readonly sealed: SealedProof;
}

export interface ExecOptions {
  readonly input?: string;
  /** Milliseconds; the command is killed after it. Default 30 000. */
  readonly timeoutMs?: number;
}

export interface ExecResult {
  /** 124 when the time was up. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  /** On top of PATH, LANG and DOCKER_HOST; nothing of the caller's. */
  readonly env?: Readonly<Record<string, string>>;
  /** A user of this machine; default root. */
  readonly user?: string;
  /** Names its log file; default the program's name. A name that is taken gets a number. */
  readonly name?: string;
}

/** A process that {@link Lab.spawn} started. */
export interface LabProcess {
  readonly pid: number;
  /** Both its output streams. */
  readonly logFile: string;
  /** SIGTERM, and after five seconds SIGKILL to it and all that it started. No error when it has ended. */
  stop(): Promise<void>;
}

/** A running lab. */
export interface Lab extends LabState {
  /** Every DNS query so far, oldest first. */
  dnsLog(): Promise<readonly DnsLogEntry[]>;
  /** Every connection and echoed datagram so far, oldest first. */
  connectionLog(): Promise<readonly ConnectionLogEntry[]>;
  /** Plugs (true) or pulls (false) the cable between the two namespaces. */
  setInternet(up: boolean): Promise<void>;
  /** Runs a command inside one of the namespaces, with the lab's resolver and DOCKER_HOST. Never throws for an exit code. */
  exec(namespace: NamespaceName, argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
  /**
   * Starts a command inside one of the namespaces, like {@link exec}, that runs until it is stopped or the lab is.
   * It is not known to listen yet when this returns.
   */
  spawn(namespace: NamespaceName, argv: readonly [string, ...string[]], options?: SpawnOptions): Promise<LabProcess>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly engine: EngineName;
  /** Lower-case letters, digits, dashes; at most 24. Default: `lab-` and six random characters. */
  readonly id?: string;
  /** Whether the stand-in metadata service listens. Default true. */
  readonly metadata?: boolean;
  /** Further names for the name server, for example `{ 'rebind.test': ['127.0.0.1'] }`. */
  readonly records?: Readonly<Record<string, readonly string[]>>;
  /** Stops a start half way; what was made by then is removed. */
  readonly signal?: AbortSignal;
  /** Called with one line before each slow step. */
  readonly onProgress?: (line: string) => void;
}
