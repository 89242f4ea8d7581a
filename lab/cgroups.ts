import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
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

/**
 * Makes the groups that the lab's processes are counted in, so that all of them can be
 * found again. One hierarchy is enough for that.
 * @returns the `cgroup.procs` file that the engine and the internet have to join.
 */
export async function createCgroup(name: string): Promise<{ readonly engine: string; readonly internet: string }> {
  const hierarchies = await cgroupHierarchies();
  const v1 = hierarchies.filter(({ type }) => type === 'cgroup');
  const tracking = v1.find(({ options }) => options.includes('pids')) ?? v1[0] ?? hierarchies[0];
  if (tracking === undefined) throw new Error('no control-group hierarchy is mounted');
  const base = join(tracking.mountPoint, name);
  await mkdir(join(base, 'engine'), { recursive: true });
  await mkdir(join(base, 'internet'));
  return { engine: join(base, 'engine', 'cgroup.procs'), internet: join(base, 'internet', 'cgroup.procs') };
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
