import { BulkheadError } from '../errors.ts';
import type { ContainerSpec, LaunchOptions } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { numbersOf } from './server-user.ts';

type HostConfig = ContainerSpec['HostConfig'];

/** What every container of a compartment gets, helpers included. Each field answers one check of area HARD. */
export function hardened(limits: {
  readonly memoryBytes: number;
  readonly pids: number;
}): Pick<HostConfig, 'ReadonlyRootfs' | 'CapDrop' | 'SecurityOpt' | 'Memory' | 'MemorySwap' | 'PidsLimit' | 'RestartPolicy'> {
  return {
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    // Nothing about seccomp or AppArmor: unsaid, the engine's own profiles hold.
    SecurityOpt: ['no-new-privileges'],
    Memory: limits.memoryBytes,
    MemorySwap: limits.memoryBytes,
    PidsLimit: limits.pids,
    RestartPolicy: { Name: 'no' },
  };
}

/** Logs that cannot fill a disk. Podman takes `json-file` for its own `k8s-file`. */
export function boundedLog(maxSize: '1m' | '10m'): HostConfig['LogConfig'] {
  return { Type: 'json-file', Config: { 'max-size': maxSize, 'max-file': '2' } };
}

/**
 * Podman puts a writable tmpfs there when the root is read-only, without a size and with leave to execute
 * (podman-run(1), --read-only-tmpfs), and its Docker-compatible API has no way to say no: ours takes its place.
 */
export function engineDirectories(product: string | undefined): readonly string[] {
  return product === 'Podman' ? ['/run', '/var/tmp'] : [];
}

/** Mount options of a directory in memory that anybody inside may write. */
export function tmpfs(bytes: number, mayExecute: boolean): string {
  return `rw,nosuid,nodev,${mayExecute ? 'exec' : 'noexec'},size=${bytes},mode=1777`;
}

/**
 * What makes a directory in memory the server's own, as mount options. Docker's runtime of before 2023 gives it the mode
 * of the image's directory, so that it must belong to the user; a name's number the image alone knows. Podman fills it
 * with what the image has there unless told otherwise, and knows no owner.
 */
export function ownMemory(user: string, product: string | undefined): string {
  if (product === 'Podman') return ',notmpcopyup';
  const numbers = numbersOf(user);
  if (numbers === undefined) return '';
  return numbers.gid === undefined ? `,uid=${numbers.uid}` : `,uid=${numbers.uid},gid=${numbers.gid}`;
}

/** What was switched off, by flags: `names` for the label, `notes` for people. */
export interface OptOuts {
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

/** `root` is whether the server runs as root because `--user` says so. */
export function optOuts(options: LaunchOptions, root: boolean): OptOuts {
  const capabilities = capabilitiesOf(options.capAdd);
  const all: readonly { readonly name: string; readonly note?: string }[] = [
    ...(root ? [{ name: 'root-user' }] : []),
    ...(options.writableRoot
      ? [{ name: 'writable-root', note: 'The root file system of the server can be written, as asked for.' }]
      : []),
    ...(options.execTmp ? [{ name: 'exec-tmp', note: 'The server may execute files in /tmp, as asked for.' }] : []),
    ...(options.mountSensitive === true
      ? [{ name: 'mount-sensitive', note: 'Sensitive paths of this machine may be mounted, as asked for.' }]
      : []),
    ...(options.allowEch ? [{ name: 'allow-ech', note: 'TLS may hide which site it asks for (ECH), as asked for.' }] : []),
    ...capabilities.map((name) => ({ name: `cap-add=${name}`, note: `The server holds the capability ${name}, as asked for.` })),
  ];
  const idle =
    capabilities.length > 0 && !root
      ? ['Docker gives added capabilities to root alone: for another user they are of no use without --user 0.']
      : [];
  return { names: all.map(({ name }) => name), notes: [...all.flatMap(({ note }) => note ?? []), ...idle] };
}

/**
 * Names of capabilities as the kernel writes them, without `CAP_`, each once.
 * @throws BulkheadError `usage` for what is none, and for ALL: that would be a privileged container in all but name
 */
export function capabilitiesOf(written: readonly string[]): readonly string[] {
  return [...new Set(written.map(capability))];
}

function capability(written: string): string {
  const name = written.toUpperCase().replace(/^CAP_/, '');
  if (name === 'ALL') {
    throw new BulkheadError('usage', '--cap-add ALL would undo the compartment.', {
      hint: 'Name the capabilities that the server needs.',
    });
  }
  if (!/^[A-Z]+(?:_[A-Z]+)*$/.test(name)) {
    throw new BulkheadError('usage', `--cap-add "${escapeText(written, 40)}" is no capability.`, {
      hint: 'Write for instance --cap-add NET_BIND_SERVICE.',
    });
  }
  return name;
}
