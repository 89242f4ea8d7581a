import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Credentials, FilesystemFacts, ProcessFacts } from '../../src/model/observation.ts';
import type { InspectOrder, ProbeMessage } from '../../src/model/probe-protocol.ts';
import { isReadOnly, parseMountInfo, type Mount } from './mounts.ts';
import { findWritable } from './walk.ts';
import { tryPath, trySocket } from './access.ts';

const TARGET = '/proc/1';
const ROOT = `${TARGET}/root`;

/** Process 1 of the shared namespace and, where its root is open to this twin, its files. */
export async function inspectTarget(order: InspectOrder): Promise<ProbeMessage> {
  if (process.pid === 1) throw new Error('The twin does not share the process namespace of its target.');
  const facts: ProcessFacts = {
    target: parseStatus(readFileSync(`${TARGET}/status`, 'latin1')),
    twin: parseStatus(readFileSync('/proc/self/status', 'latin1')),
    lastCapability: Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'latin1')),
    uidMap: [...parseUidMap(readFileSync(`${TARGET}/uid_map`, 'latin1'))],
  };
  const closed = closedDoor();
  if (closed !== undefined) return { type: 'identity', process: facts, closed };
  return { type: 'identity', process: facts, filesystem: await inspectFiles(order) };
}

/**
 * Why the target's root cannot be entered, if so. Without this, the refusal of the door (ptrace access, see
 * proc_pid_root(5)) would read as "not writable" for every path behind it.
 */
function closedDoor(): string | undefined {
  try {
    // Without an answer here there is no such process any more, and all below it would read as missing.
    readlinkSync(ROOT);
    statSync(`${ROOT}/`);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
  try {
    readdirSync(`${ROOT}/proc`);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // A root without /proc is odd, and open.
    return code === 'ENOENT' ? undefined : String(code);
  }
}

async function inspectFiles(order: InspectOrder): Promise<FilesystemFacts> {
  const mounts = parseMountInfo(readFileSync(`${TARGET}/mountinfo`, 'utf8'));
  const root = mounts.findLast(({ target }) => target === '/');
  const rootReadOnly = root !== undefined && isReadOnly(root);
  const walk = rootReadOnly ? { tried: 0, complete: true } : findWritable(ROOT, mounts);
  const sockets = await Promise.all(order.sockets.map((path) => trySocket(ROOT, path)));
  return {
    mounts: mounts.slice(0, 4096).map(observed),
    rootReadOnly,
    ...('found' in walk && walk.found !== undefined ? { writableDirectory: walk.found } : {}),
    walk: walk.complete ? 'complete' : 'truncated',
    directoriesTried: walk.tried,
    paths: order.paths.map((path) => tryPath(ROOT, path)),
    sockets: sockets.filter((socket) => socket !== undefined),
  };
}

function observed(mount: Mount): FilesystemFacts['mounts'][number] {
  const { target, source, root, fsType } = mount;
  return {
    target: target.slice(0, 4096),
    source: source.slice(0, 4096),
    root: root.slice(0, 4096),
    fsType: fsType.slice(0, 200),
    readOnly: isReadOnly(mount),
  };
}

/** /proc/PID/status, see proc_pid_status(5). */
export function parseStatus(text: string): Credentials {
  const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const numbers = (name: string): number[] => field(name).split(/\s+/).filter(Boolean).map(Number);
  const mask = (name: string): string => {
    const value = field(name).toLowerCase();
    if (!/^[0-9a-f]{16}$/.test(value)) throw new Error(`/proc/PID/status has no ${name}.`);
    return value;
  };
  const seccomp = Number(field('Seccomp'));
  if (field('Seccomp') === '' || field('NoNewPrivs') === '') throw new Error('/proc/PID/status has no Seccomp or NoNewPrivs.');
  return {
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    groups: numbers('Groups').slice(0, 1024),
    capabilities: {
      effective: mask('CapEff'),
      permitted: mask('CapPrm'),
      inheritable: mask('CapInh'),
      bounding: mask('CapBnd'),
      ambient: mask('CapAmb'),
    },
    seccomp,
    noNewPrivileges: field('NoNewPrivs') === '1',
  };
}

export function parseUidMap(text: string): ProcessFacts['uidMap'] {
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [inside, outside, length] = line.trim().split(/\s+/).map(Number);
      return inside === undefined || outside === undefined || length === undefined ? [] : [{ inside, outside, length }];
    });
}
