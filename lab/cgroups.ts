import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from './run.ts';

interface Hierarchy {
  readonly mountPoint: string;
  readonly type: 'cgroup' | 'cgroup2';
  readonly options: readonly string[];
}

/** The control-group hierarchies that are mounted (one on a v2 machine, several on v1). */
export async function cgroupHierarchies(): Promise<readonly Hierarchy[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).trim().split('\n');
  return lines.flatMap((line): readonly Hierarchy[] => {
    const [mount = '', source = ''] = line.split(' - ');
    const type = source.split(' ')[0];
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ mountPoint: mount.split(' ')[4] ?? '', type, options: (source.split(' ')[2] ?? '').split(',') }];
  });
}

/** Groups as their `cgroup.procs` files: a process id that is written there joins. */
export interface LabGroups {
  /** The lab's own group, in every hierarchy. */
  readonly roots: readonly string[];
  readonly engine: string;
  readonly internet: string;
}

/** Makes the lab's group in every hierarchy, and in one of them the groups that its parts are counted in. */
export async function createCgroup(name: string): Promise<LabGroups> {
  const roots: string[] = [];
  for (const { mountPoint } of await cgroupHierarchies()) {
    const base = join(mountPoint, name);
    await mkdir(base, { recursive: true });
    // A new group of the old cpuset hierarchy has no processor and no memory, and lets nobody in.
    for (const file of ['cpuset.cpus', 'cpuset.mems'].filter((file) => existsSync(join(mountPoint, file))))
      await writeFile(join(base, file), await readFile(join(mountPoint, file)));
    roots.push(procs(base));
  }
  return { roots, engine: await createSubgroup(name, 'engine'), internet: await createSubgroup(name, 'internet') };
}

/**
 * Makes a group below the lab's, so that the processes in it can be found again. One hierarchy is enough for that.
 * @returns its `cgroup.procs` file.
 * @throws with code EEXIST when it has to be new and is not, with ENOENT when the lab is gone.
 */
export async function createSubgroup(name: string, subgroup: string): Promise<string> {
  const hierarchies = await cgroupHierarchies();
  const v1 = hierarchies.filter(({ type }) => type === 'cgroup');
  const tracking = v1.find(({ options }) => options.includes('pids')) ?? v1[0] ?? hierarchies[0];
  if (tracking === undefined) throw new Error('no control-group hierarchy is mounted');
  const directory = join(tracking.mountPoint, name, subgroup);
  await mkdir(directory);
  return procs(directory);
}

/** The command line that joins groups, then becomes `argv`. The shell program is constant. */
export function inGroups(groups: readonly string[], argv: readonly string[]): readonly [string, ...string[]] {
  const script = 'while [ "$1" != -- ]; do echo $$ >"$1" || exit; shift; done; shift; exec "$@"';
  return ['sh', '-c', script, 'sh', ...groups, '--', ...argv];
}

/** Whether a process has joined a group of any lab. */
export function isInLab(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('/bulkhead-lab-');
  } catch {
    return false;
  }
}

function procs(directory: string): string {
  return join(directory, 'cgroup.procs');
}

/** Every directory of the lab's groups in every hierarchy, deepest first. */
export async function cgroupDirectories(name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { mountPoint } of await cgroupHierarchies()) {
    const base = join(mountPoint, name);
    if (existsSync(base)) found.push(...(await below(base)));
  }
  return found;
}

/** Process ids in the lab's groups, or only in `subgroup` of them. */
export async function cgroupProcesses(name: string, subgroup = ''): Promise<ReadonlySet<number>> {
  const pids = new Set<number>();
  for (const directory of await cgroupDirectories(join(name, subgroup))) {
    const procs = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '');
    for (const line of procs.split('\n')) if (line !== '') pids.add(Number(line));
  }
  return pids;
}

/** Removes the lab's groups; a group whose last process is still being buried is tried again for two seconds. */
export async function removeCgroup(name: string): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    const directories = await cgroupDirectories(name);
    if (directories.length === 0) return;
    for (const directory of directories) await rmdir(directory).catch(() => undefined);
    if (tries > 0) await sleep(50);
  }
}

async function below(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) found.push(...(await below(join(directory, entry.name))));
  }
  return [...found, directory];
}
