import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError } from './errors.ts';

export const stateRoot = '/run/bulkhead-lab';
/** Apart from the state, because /run is memory on many machines and images are large. */
export const dataRoot = '/var/lib/bulkhead-lab';

/** Every name that a lab has on the machine, derived from its id alone, so that a lab without a state file can still be removed. */
export interface LabPaths {
  readonly id: string;
  readonly netns: { readonly host: string; readonly inet: string };
  readonly stateDir: string;
  readonly dataDir: string;
  readonly stateFile: string;
  readonly socketPath: string;
  readonly enginePidFile: string;
  readonly engineLog: string;
  readonly execRoot: string;
  readonly engineData: string;
  readonly sharedDir: string;
  readonly scratchDir: string;
  readonly resolvConf: string;
  readonly internetLog: string;
  readonly internetReady: string;
  readonly dnsLog: string;
  readonly connectionLog: string;
  readonly tlsDir: string;
  readonly cgroup: string;
}

/** @throws LabError when the id cannot name a lab. */
export function labPaths(id: string): LabPaths {
  if (!/^[a-z][a-z0-9-]{0,23}$/.test(id)) {
    throw new LabError(
      `"${id}" cannot name a lab.`,
      'Use at most 24 lower-case letters, digits and dashes, a letter first: "lab-one".',
    );
  }
  const stateDir = join(stateRoot, id);
  const dataDir = join(dataRoot, id);
  return {
    id,
    netns: { host: `${id}-host`, inet: `${id}-inet` },
    stateDir,
    dataDir,
    stateFile: join(stateDir, 'lab.json'),
    socketPath: join(stateDir, 'docker.sock'),
    enginePidFile: join(stateDir, 'engine.pid'),
    engineLog: join(stateDir, 'engine.log'),
    execRoot: join(stateDir, 'exec'),
    engineData: join(dataDir, 'engine'),
    sharedDir: join(dataDir, 'shared'),
    scratchDir: join(stateDir, 'scratch'),
    resolvConf: join(stateDir, 'resolv.conf'),
    internetLog: join(stateDir, 'internet.log'),
    internetReady: join(stateDir, 'internet.ready'),
    dnsLog: join(stateDir, 'dns.jsonl'),
    connectionLog: join(stateDir, 'connections.jsonl'),
    tlsDir: join(stateDir, 'tls'),
    cgroup: `bulkhead-lab-${id}`,
  };
}

export function netnsFile(name: string): string {
  return join('/run/netns', name);
}

/** Directory for what is worth keeping between labs (engine trees). */
export function cacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'bulkhead-lab');
}

/** Directories that an engine in a tree of its own still sees at the machine's paths. */
export function pathsSharedWithEngine(paths: LabPaths): readonly string[] {
  return [paths.stateDir, paths.dataDir, tmpdir()];
}
