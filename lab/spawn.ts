import { rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cgroupProcesses, createSubgroup } from './cgroups.ts';
import { spawnInGroups } from './daemon.ts';
import { LabError } from './errors.ts';
import { namespaceCommand, namespaceEnvironment } from './exec.ts';
import { labPaths } from './paths.ts';
import { isAlive, signal, waitUntil } from './processes.ts';
import { run } from './run.ts';
import type { LabProcess, LabState, NamespaceName, SpawnOptions } from './types.ts';

/** How long a process may take to end after SIGTERM. */
const graceMs = 5000;

/**
 * Starts a process that runs as long as the lab, with its output in a file of the lab's state directory.
 * @throws LabError when the lab is gone, or has no such user.
 */
export async function spawnInNamespace(
  lab: LabState,
  namespace: NamespaceName,
  argv: readonly [string, ...string[]],
  { env = {}, user, name = basename(argv[0]) }: SpawnOptions = {},
): Promise<LabProcess> {
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new LabError(`"${name}" cannot name a process of a lab.`, 'Use letters, digits, dots and dashes, at most 64: "proxy".');
  const paths = labPaths(lab.id);
  const command = user === undefined ? argv : [...(await becoming(user)), ...argv];
  const { title, group } = await uniqueGroup(paths.cgroup, name);
  const logFile = join(paths.stateDir, `${groupOf(title)}.log`);
  const pid = await spawnInGroups([group], namespaceCommand(lab, namespace, command), logFile, {
    ...namespaceEnvironment(lab),
    ...env,
  });
  return { pid, logFile, stop: () => stopGroup(paths.cgroup, groupOf(title), pid, dirname(group)) };
}

/** A process is counted in a group of its own, with all that it starts. */
function groupOf(title: string): string {
  return `spawned-${title}`;
}

/** A second process of the same name gets a number. */
async function uniqueGroup(cgroup: string, name: string): Promise<{ readonly title: string; readonly group: string }> {
  for (let number = 1; ; number += 1) {
    const title = number === 1 ? name : `${name}-${number}`;
    const group = await createSubgroup(cgroup, groupOf(title)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw new LabError('The lab has ended.', 'Start processes in a lab that runs.', { cause: error });
    });
    if (group !== undefined) return { title, group };
  }
}

async function becoming(user: string): Promise<readonly string[]> {
  const hint = `Install the package that brings the user "${user}".`;
  const group = (await run('id', ['--group', user], { hint })).trim();
  return ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--init-groups'];
}

/** SIGTERM to the process, so that it may end its children well; whatever of its group stays is killed. */
async function stopGroup(cgroup: string, subgroup: string, pid: number, directory: string): Promise<void> {
  const living = async (): Promise<readonly number[]> => [...(await cgroupProcesses(cgroup, subgroup))].filter(isAlive);
  // Its id may be somebody else's by now.
  if ((await living()).includes(pid)) signal(pid, 'SIGTERM');
  const ended = await waitUntil(async () => (await living()).length === 0, graceMs);
  if (!ended) {
    const gone = await waitUntil(async () => {
      const pids = await living();
      for (const each of pids) signal(each, 'SIGKILL');
      return pids.length === 0;
    }, graceMs);
    if (!gone) throw new LabError(`Process ${pid} does not end.`, 'Look at it with ps.');
  }
  await rmdir(directory).catch(() => undefined);
}
