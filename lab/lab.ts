import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internetPlan } from './addresses.ts';
import { createCertificates, type Identity } from './certificates.ts';
import { createCgroup, cgroupHierarchies } from './cgroups.ts';
import { spawnInGroups, startDaemon, tail, waitForDaemon } from './daemon.ts';
import { engines } from './engines/engine.ts';
import { LabError, LabInterrupted } from './errors.ts';
import { execInNamespace } from './exec.ts';
import type { InternetConfig } from './internet.ts';
import { createNetwork, setLink } from './network.ts';
import { dataRoot, labPaths, netnsFile, stateRoot, type LabPaths } from './paths.ts';
import { isAlive, namespaceInode, waitUntil } from './processes.ts';
import { assertSealed } from './sealed.ts';
import { spawnInNamespace } from './spawn.ts';
import { stopLab } from './stop.ts';
import { labSupport } from './support.ts';
import type { Lab, LabState, StartOptions } from './types.ts';

export { ensurePackages } from './apt.ts';
export { LabError, LabInterrupted } from './errors.ts';
export { engineNames, isEngineName } from './engines/engine.ts';
export { assertSealed } from './sealed.ts';
export { leftovers, stopLab } from './stop.ts';
export { labSupport } from './support.ts';
export type * from './types.ts';

/**
 * Starts a container engine in a network namespace of its own, beside a second namespace that plays the
 * internet, proves that nothing can leave them, and returns when both answer. The lab outlives this process:
 * stop it with {@link stopLab}.
 * @throws LabError when it cannot be started or is not sealed; what had been made is removed then.
 */
export async function startLab(options: StartOptions): Promise<Lab> {
  const support = labSupport();
  if (!support.available)
    throw new LabError(`No lab can run here: ${support.reason}.`, 'Run on Linux as root; elsewhere these tests are skipped.');
  const paths = labPaths(options.id ?? `lab-${randomBytes(3).toString('hex')}`);
  const prepared = await engines[options.engine].prepare({
    onProgress: options.onProgress ?? (() => undefined),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  await claim(paths);
  try {
    const [, certificates, groups] = await allDone([
      createNetwork(paths),
      createCertificates(paths.tlsDir),
      createCgroup(paths.cgroup),
    ]);
    const enginePid = await startDaemon(paths, prepared, groups);
    const internetPid = await startInternet(paths, options, certificates, groups.internet);
    const [{ version, storageDriver }] = await Promise.all([
      waitForDaemon(paths, enginePid, options.signal),
      waitForInternet(paths, internetPid),
    ]);
    const machineInode = namespaceInode('/proc/self/ns/net') ?? 0;
    const pids = { engine: enginePid, internet: internetPid };
    const sealed = await assertSealed({ id: paths.id, pids, machineInode });
    const state: LabState = {
      version: 1,
      id: paths.id,
      engine: options.engine,
      engineVersion: version,
      storageDriver,
      startedAt: new Date().toISOString(),
      socketPath: paths.socketPath,
      dockerHost: `unix://${paths.socketPath}`,
      netns: paths.netns,
      internet: {
        ...internetPlan,
        metadataEnabled: options.metadata ?? true,
        caPath: certificates.canary.ca,
        operatorCaPath: certificates.operator.ca,
      },
      sharedDir: paths.sharedDir,
      pids,
      machineInode,
      sealed,
    };
    await writeFile(`${paths.stateFile}.new`, `${JSON.stringify(state, null, 2)}\n`);
    await rename(`${paths.stateFile}.new`, paths.stateFile);
    if (options.signal?.aborted) throw new LabInterrupted();
    return labOf(state);
  } catch (error) {
    await stopLab(paths.id);
    // Ctrl-C reaches the programs that are run as well: what they say of it is no failure.
    throw options.signal?.aborted ? new LabInterrupted({ cause: error }) : error;
  }
}

/**
 * A lab that another process started.
 * @throws LabError when there is none of that name, or it is half started or broken.
 */
export async function attachLab(id: string): Promise<Lab> {
  const text = await readFile(labPaths(id).stateFile, 'utf8').catch((cause: unknown) => {
    throw new LabError(`There is no running lab "${id}".`, '`node lab/cli.ts status` lists the labs; `up` starts one.', {
      cause,
    });
  });
  return labOf(JSON.parse(text) as LabState);
}

export interface LabSummary {
  readonly id: string;
  /** `broken`: its engine or its internet has ended. `incomplete`: starting, or left half made. */
  readonly condition: 'running' | 'broken' | 'incomplete';
  readonly state?: LabState;
}

/** Every lab that this machine has a trace of, by id. */
export async function listLabs(): Promise<readonly LabSummary[]> {
  const traces = await Promise.all([
    ...[stateRoot, dataRoot].map((directory) => readdir(directory).catch(() => [])),
    ...(await cgroupHierarchies()).map(async ({ mountPoint }) =>
      (await readdir(mountPoint).catch(() => [])).flatMap((name) =>
        name.startsWith('bulkhead-lab-') ? [name.slice('bulkhead-lab-'.length)] : [],
      ),
    ),
  ]);
  return Promise.all([...new Set(traces.flat())].toSorted().map(summarize));
}

async function summarize(id: string): Promise<LabSummary> {
  const text = await readFile(join(stateRoot, id, 'lab.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return { id, condition: 'incomplete' };
  const state = JSON.parse(text) as LabState;
  const alive = isAlive(state.pids.engine) && isAlive(state.pids.internet);
  return { id, condition: alive ? 'running' : 'broken', state };
}

/** Like Promise.all, but when one fails it waits for the others before saying so: nothing may still be made while all is removed. */
async function allDone<T extends readonly unknown[]>(work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as unknown as Promise<T>;
}

async function claim(paths: LabPaths): Promise<void> {
  await mkdir(stateRoot, { recursive: true });
  try {
    await mkdir(paths.stateDir);
  } catch (cause) {
    throw new LabError(
      `There is a lab "${paths.id}" already.`,
      `Stop it with \`node lab/cli.ts down --id ${paths.id}\`, or choose another id.`,
      { cause },
    );
  }
}

async function startInternet(
  paths: LabPaths,
  options: StartOptions,
  identities: { canary: Identity; operator: Identity },
  group: string,
): Promise<number> {
  const config: InternetConfig = {
    ...identities,
    metadata: options.metadata ?? true,
    records: options.records ?? {},
    dnsLog: paths.dnsLog,
    connectionLog: paths.connectionLog,
    readyFile: paths.internetReady,
  };
  const configFile = join(paths.stateDir, 'internet.json');
  await writeFile(configFile, JSON.stringify(config));
  const argv = [process.execPath, join(import.meta.dirname, 'internet.ts'), configFile];
  return spawnInGroups([group], ['nsenter', `--net=${netnsFile(paths.netns.inet)}`, ...argv], paths.internetLog);
}

async function waitForInternet(paths: LabPaths, pid: number): Promise<void> {
  const ready = (): Promise<boolean> =>
    readFile(paths.internetReady).then(
      () => true,
      () => false,
    );
  const settled = await waitUntil(async () => (await ready()) || !isAlive(pid), 30_000);
  if (!settled || !(await ready()))
    throw new LabError(
      `The stand-in internet did not start:\n${tail(paths.internetLog)}`,
      'The lines above are the end of its log.',
    );
}

function labOf(state: LabState): Lab {
  const paths = labPaths(state.id);
  return {
    ...state,
    dnsLog: () => readJsonLines(paths.dnsLog),
    connectionLog: () => readJsonLines(paths.connectionLog),
    setInternet: (up) => setLink(paths.netns, up),
    exec: (namespace, argv, options) => execInNamespace(state, namespace, argv, options),
    spawn: (namespace, argv, options) => spawnInNamespace(state, namespace, argv, options),
    stop: () => stopLab(state.id),
  };
}

async function readJsonLines<T>(file: string): Promise<readonly T[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}
