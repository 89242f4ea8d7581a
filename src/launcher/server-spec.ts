import type { ContainerSpec, LaunchOptions, MountSpec, PlanInput, ResolvedMount } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { isAtLeast, RECURSIVE_READ_ONLY_API } from './api-version.ts';
import { enforcedProfile } from './declared.ts';
import { boundedLog, capabilitiesOf, engineDirectories, hardened, optOuts, ownMemory, tmpfs } from './hardening.ts';
import { LABEL } from '../model/labels.ts';
import { OWN_VOLUMES, volumeOwner } from './new-volumes.ts';
import { serverEnv } from './server-env.ts';
import { chooseUser } from './server-user.ts';
import { volumePaths } from './volume-paths.ts';

/** What the shape of the compartment decides for the server. */
export interface ServerPlace {
  readonly networkMode: string;
  readonly proxy: boolean;
  /** Undefined over stdio. */
  readonly port: number | undefined;
  /** The volume of the secrets, when there are any. */
  readonly secrets: ResolvedMount | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** The server's container, and what is said aloud about it. */
export function serverSpec(
  input: PlanInput,
  { networkMode, proxy, port, secrets, labels }: ServerPlace,
): { readonly spec: ContainerSpec; readonly notes: readonly string[] } {
  const { image, options } = input;
  const who = chooseUser(image.user, options.user);
  const off = optOuts(options, who.root);
  const mounts = [...input.mounts, ...(secrets === undefined ? [] : [secrets])];
  const memory = memoryDirectories(input, mounts, who.user);
  const stdio = options.transport === 'stdio';
  const added = capabilitiesOf(options.capAdd);
  const spec: ContainerSpec = {
    name: input.name,
    Image: image.reference,
    ...(options.args.length === 0 ? {} : { Cmd: options.args }),
    Env: serverEnv({ options, imageEnv: image.env, proxy, port, homeless: who.homeless }),
    User: who.user,
    Labels: {
      ...labels,
      [LABEL.role]: 'server',
      [LABEL.profile]: enforcedProfile(input.profile, mounts),
      ...(off.names.length === 0 ? {} : { [LABEL.optOuts]: off.names.join(',') }),
    },
    ...(stdio ? { OpenStdin: true, StdinOnce: true } : {}),
    HostConfig: {
      NetworkMode: networkMode,
      ...hardened({ memoryBytes: options.memoryBytes, pids: options.pids }),
      ReadonlyRootfs: !options.writableRoot,
      ...(added.length === 0 ? {} : { CapAdd: added }),
      Tmpfs: memory.tmpfs,
      ...(mounts.length === 0 ? {} : { Mounts: mounts.map((mount) => mountSpec(mount, input.apiVersion, who.user)) }),
      // An engine refuses more than it has, and the default may be that.
      NanoCpus: Math.round(Math.min(options.cpus, input.processors ?? options.cpus) * 1e9),
      LogConfig: serverLog(options),
    },
  };
  return { spec, notes: [...who.notes, ...off.notes, ...memory.notes] };
}

/** What an attached stdio server says is the protocol: the client has it, and a log would keep a copy of every answer. */
function serverLog({ transport, detach }: LaunchOptions): ContainerSpec['HostConfig']['LogConfig'] {
  return transport === 'stdio' && !detach ? { Type: 'none', Config: {} } : boundedLog('10m');
}

/**
 * /tmp, and what the image declares with VOLUME: left to the engine, each would be a writable directory on the
 * host that no profile names.
 */
function memoryDirectories(
  { image, options, product }: PlanInput,
  mounts: readonly ResolvedMount[],
  user: string,
): { readonly tmpfs: Readonly<Record<string, string>>; readonly notes: readonly string[] } {
  const mounted = new Set(mounts.map(({ target }) => target));
  const volumes = volumePaths(image.volumes ?? []).filter((path) => path !== '/tmp' && !mounted.has(path));
  const notes = volumes.map(
    (path) =>
      `The image keeps data in "${escapeText(path, 100)}": it is in memory, empty at first and gone at the end (mount something there to keep it).`,
  );
  const own = ownMemory(user, product);
  if (volumes.length > 0 && own === '') {
    notes.push(
      `Older engines let nobody but root write there; with --user UID:GID of ${escapeText(user, 40)} it is the server's own.`,
    );
  }
  const engines = (options.writableRoot ? [] : engineDirectories(product)).filter(
    (path) => !mounted.has(path) && !volumes.includes(path),
  );
  return {
    tmpfs: {
      ...Object.fromEntries(engines.map((path) => [path, tmpfs(options.tmpBytes, false)])),
      ...Object.fromEntries(['/tmp', ...volumes].map((path) => [path, `${tmpfs(options.tmpBytes, options.execTmp)}${own}`])),
    },
    notes,
  };
}

function mountSpec({ kind, source, target, readOnly }: ResolvedMount, apiVersion: string, user: string): MountSpec {
  const base = { Type: kind, Source: source, Target: target, ReadOnly: readOnly };
  if (kind === 'volume') {
    // With what the image has there, an engine copies whose it is: root's, after it was given to the server's user.
    const given = source.startsWith(OWN_VOLUMES) || (!readOnly && volumeOwner(user) !== undefined);
    return given ? { ...base, VolumeOptions: { NoCopy: true } } : base;
  }
  const recursive = readOnly && isAtLeast(apiVersion, RECURSIVE_READ_ONLY_API);
  return { ...base, BindOptions: { Propagation: 'rprivate', ...(recursive ? { ReadOnlyForceRecursive: true } : {}) } };
}
