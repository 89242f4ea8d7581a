import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { internetPlan } from './addresses.ts';
import { inGroups, isInLab, type LabGroups } from './cgroups.ts';
import type { EngineInit } from './engine-init.ts';
import type { PreparedEngine } from './engines/engine.ts';
import { LabError, LabInterrupted } from './errors.ts';
import { netnsFile, pathsSharedWithEngine, type LabPaths } from './paths.ts';
import { isAlive, waitUntil } from './processes.ts';
import { sleep, systemPath } from './run.ts';

const startLimitMs = 60_000;

/** Starts the engine's service, detached. @returns its process id; it is not ready yet, see {@link waitForDaemon}. */
export async function startDaemon(paths: LabPaths, engine: PreparedEngine, groups: LabGroups): Promise<number> {
  for (const directory of [paths.scratchDir, paths.execRoot, paths.engineData, paths.sharedDir])
    await mkdir(directory, { recursive: true });
  await writeFile(paths.resolvConf, `nameserver ${internetPlan.dns}\noptions timeout:2 attempts:2\n`);
  const service = engine.service(paths);
  for (const [file, text] of Object.entries(service.files)) await writeFile(file, text);
  const init: EngineInit = {
    pidFile: paths.enginePidFile,
    cgroup: paths.cgroup,
    tree: engine.tree ?? null,
    scratch: paths.scratchDir,
    shared: pathsSharedWithEngine(paths),
    resolvConf: paths.resolvConf,
    links: service.links,
    argv: service.argv,
    env: { ...systemPath(), LANG: 'C.UTF-8', ...service.env },
  };
  const initFile = join(paths.stateDir, 'engine-init.json');
  await writeFile(initFile, JSON.stringify(init));
  const inside = inGroups([groups.engine], [process.execPath, join(import.meta.dirname, 'engine-init.ts'), initFile]);
  const outside = ['nsenter', `--net=${netnsFile(paths.netns.host)}`, 'unshare', '--mount', '--propagation', 'slave', '--cgroup'];
  // The lab's groups are the roots of the engine's cgroup namespace, so it has to be in them when that is made.
  return spawnInGroups(groups.roots, [...outside, ...inside], paths.engineLog);
}

/**
 * Starts a program that outlives this process, in control groups of a lab, its output going to a file. It is in the first
 * group when this returns, so that whoever stops the lab finds it. The shell, nsenter and unshare replace themselves: the
 * id is the program's own.
 */
export async function spawnInGroups(
  groups: readonly string[],
  argv: readonly string[],
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const pid = await spawnDetached(inGroups(groups, argv), logFile, env);
  await waitUntil(() => !isAlive(pid) || isInLab(pid), 10_000);
  return pid;
}

async function spawnDetached(
  [file, ...args]: readonly [string, ...string[]],
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { ...systemPath(), LANG: 'C.UTF-8', ...env },
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return child.pid ?? 0;
  } finally {
    closeSync(log);
  }
}

/**
 * Waits until the engine answers.
 * @throws LabError with the end of its log when it ends or takes longer than a minute.
 */
export async function waitForDaemon(
  paths: LabPaths,
  pid: number,
  signal?: AbortSignal,
): Promise<{ readonly version: string; readonly storageDriver: string }> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    if (signal?.aborted) throw new LabInterrupted();
    const answer = await get(paths.socketPath, '/info').catch(() => undefined);
    if (answer !== undefined) {
      const info = answer as { ServerVersion: string; Driver: string };
      return { version: info.ServerVersion, storageDriver: info.Driver };
    }
    if (!isAlive(pid))
      throw new LabError(`The engine ended while starting:\n${tail(paths.engineLog)}`, 'The lines above are the end of its log.');
    if (Date.now() > deadline)
      throw new LabError(
        `The engine did not answer within a minute:\n${tail(paths.engineLog)}`,
        'The lines above are the end of its log.',
      );
    await sleep(20);
  }
}

/** The last lines of a log file. */
export function tail(file: string, lines = 12): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers: { host: 'engine' }, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        try {
          resolve(response.statusCode === 200 ? JSON.parse(body) : reject(new Error(body)));
        } catch (error) {
          reject(error as Error);
        }
      });
    })
      .on('error', reject)
      .end();
  });
}
