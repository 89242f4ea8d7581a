import { existsSync } from 'node:fs';
import { readFile, rmdir } from 'node:fs/promises';
import { cgroupDirectories, cgroupProcesses, removeCgroup } from './cgroups.ts';
import { LabError } from './errors.ts';
import { deleteNetwork } from './network.ts';
import { dataRoot, labPaths, netnsFile, stateRoot, type LabPaths } from './paths.ts';
import { isAlive, labProcesses, signal, waitUntil } from './processes.ts';
import { run } from './run.ts';

/**
 * Stops a lab and removes all of it, in whatever state it is: running, half started, or left behind by a
 * process that was killed. Stopping what is not there is no error.
 * @throws LabError that names what could not be removed.
 */
export async function stopLab(id: string): Promise<void> {
  const paths = labPaths(id);
  await stopEngine(paths);
  const gone = await waitUntil(async () => {
    const pids = await labProcesses(paths);
    for (const pid of pids) signal(pid, 'SIGKILL');
    return pids.size === 0;
  }, 10_000);
  if (!gone)
    throw new LabError(
      `Processes of the lab "${id}" do not end: ${[...(await labProcesses(paths))].join(', ')}.`,
      'Look at them with ps, then run down again.',
    );
  for (const target of await mountsBelow(paths)) await run('umount', ['--lazy', target]);
  await deleteNetwork(paths);
  await removeCgroup(paths.cgroup);
  // The state goes last: while it is there, the lab can be seen and stopped again.
  for (const directory of [paths.dataDir, paths.stateDir]) await run('rm', ['-rf', '--one-file-system', directory]);
  for (const directory of [dataRoot, stateRoot]) await rmdir(directory).catch(() => undefined);
  const left = await leftovers(id);
  if (left.length > 0)
    throw new LabError(`The lab "${id}" left something: ${left.join(', ')}.`, 'Run down again; if it stays, remove it by hand.');
}

/** What the machine still has of a lab: processes, mounts, namespaces, control groups, directories. Empty when it is gone. */
export async function leftovers(id: string): Promise<readonly string[]> {
  const paths = labPaths(id);
  return [
    ...[...(await labProcesses(paths))].map((pid) => `process ${pid}`),
    ...(await mountsBelow(paths)).map((target) => `mount ${target}`),
    ...[paths.netns.host, paths.netns.inet]
      .filter((name) => existsSync(netnsFile(name)))
      .map((name) => `network namespace ${name}`),
    ...(await cgroupDirectories(paths.cgroup)).map((directory) => `control group ${directory}`),
    ...[paths.stateDir, paths.dataDir].filter((directory) => existsSync(directory)).map((directory) => `directory ${directory}`),
  ];
}

/** SIGTERM, so that the engine may undo what it did; its containers are killed meanwhile, for nobody wants them to end well. */
async function stopEngine(paths: LabPaths): Promise<void> {
  const pid = Number(await readFile(paths.enginePidFile, 'utf8').catch(() => ''));
  // A stale file may name a process that is somebody else's by now.
  if (!(pid > 0) || !(await labProcesses(paths)).has(pid)) return;
  signal(pid, 'SIGTERM');
  const ended = await waitUntil(async () => {
    for (const other of await othersThan(paths)) signal(other, 'SIGKILL');
    return !isAlive(pid);
  }, 15_000);
  if (!ended) signal(pid, 'SIGKILL');
}

/** Everything in the lab's groups that is neither of the engine nor of the internet, whatever the engine calls its groups. */
async function othersThan(paths: LabPaths): Promise<readonly number[]> {
  const own = await Promise.all(['engine', 'internet'].map((part) => cgroupProcesses(paths.cgroup, part)));
  return [...(await cgroupProcesses(paths.cgroup))].filter((pid) => !own.some((pids) => pids.has(pid)));
}

/** Mount points in the machine's view at or below the lab's directories, deepest first. */
async function mountsBelow(paths: LabPaths): Promise<readonly string[]> {
  const targets = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '');
  const ours = targets.filter((target) =>
    [paths.stateDir, paths.dataDir].some((directory) => target === directory || target.startsWith(`${directory}/`)),
  );
  return ours.toSorted((a, b) => b.length - a.length);
}
