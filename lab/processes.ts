import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { cgroupProcesses } from './cgroups.ts';
import { netnsFile, type LabPaths } from './paths.ts';
import { sleep } from './run.ts';

/** Inode of a network namespace file, or undefined when there is none. */
export function namespaceInode(file: string): number | undefined {
  try {
    const { dev, ino } = statSync(file);
    // A namespace that was let go leaves a plain file where it was mounted; all living ones are of one file system.
    return dev === statSync('/proc/self/ns/net').dev ? ino : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Processes that are the lab's: those in its control groups and those in its two
 * namespaces. Never the caller, even when it sits in one of them.
 */
export async function labProcesses(paths: LabPaths): Promise<ReadonlySet<number>> {
  const pids = new Set(await cgroupProcesses(paths.cgroup));
  const inodes = [paths.netns.host, paths.netns.inet].map((name) => namespaceInode(netnsFile(name)));
  const machine = namespaceInode('/proc/1/ns/net');
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const inode = namespaceInode(`/proc/${entry}/ns/net`);
    // A half-made lab leaves a plain file where the namespace should be: its inode is no namespace's.
    if (inode !== undefined && inode !== machine && inodes.includes(inode)) pids.add(Number(entry));
  }
  pids.delete(process.pid);
  return new Set([...pids].filter(isAlive));
}

/** False for a process that is gone or a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** Waits until `done` holds, asking every 25 ms. @returns false when the time (ms) was up first. */
export async function waitUntil(done: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (!(await done())) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}
