import { readFile } from 'node:fs/promises';
import { BulkheadError } from '../errors.ts';
import type { PlanInput } from '../model/compartment.ts';
import type { Profile } from '../model/profile.ts';
import type { Engine } from '../runtime/connect.ts';
import type { ResolvedMounts } from './bind-mount.ts';
import { hostFiles } from './host-files.ts';
import { resolveMounts } from './mounts.ts';
import { chooseUser } from './server-user.ts';
import { volumePaths } from './volume-paths.ts';
import { homeDirectory } from '../runtime/home-directory.ts';

interface MountRequest {
  readonly image: Pick<PlanInput['image'], 'user' | 'volumes'>;
  /** Value of `--user`. */
  readonly asked?: string;
  readonly allowSensitive: boolean;
}

/**
 * The mounts of a profile for an image on this engine, after a look at each on this machine.
 * @throws BulkheadError of `resolveMounts`; `usage` for a path when the engine is another machine
 */
export async function mountsOn(
  { facts, dataDirectory }: Engine,
  profile: Profile,
  { image, asked, allowSensitive }: MountRequest,
): Promise<ResolvedMounts> {
  const resolved = await resolveMounts(profile, {
    allowSensitive,
    homeDirectory: homeDirectory(),
    platform: process.platform,
    files: hostFiles,
    mountTable: await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined),
    enginePaths: await enginePaths(facts.endpoint, dataDirectory),
    apiVersion: facts.apiVersion,
    user: chooseUser(image.user, asked).user,
    imageVolumes: volumePaths(image.volumes ?? []),
  });
  const bind = resolved.mounts.find(({ kind }) => kind === 'bind');
  // Paths were looked at on this machine; on the engine's they may be anything.
  if (bind === undefined || /^(?:unix|npipe):/.test(facts.endpoint)) return resolved;
  throw new BulkheadError(
    'usage',
    `The engine at ${facts.endpoint} is another machine: ${bind.source} cannot be looked at there.`,
    {
      hint: 'Use a volume of the engine: "volume://name:/data".',
    },
  );
}

/** Where the engine listens and keeps its data, however they are called; nothing of another machine's. */
async function enginePaths(
  endpoint: string,
  dataDirectory: string | undefined,
): Promise<readonly { readonly path: string; readonly what: string }[]> {
  if (!endpoint.startsWith('unix://')) return [];
  const socket = endpoint.slice('unix://'.length);
  const real = async (path: string): Promise<string> => (await hostFiles.realpath(path).catch(() => undefined)) ?? path;
  return [
    { path: await real(socket), what: 'the socket of the engine' },
    ...(dataDirectory === undefined ? [] : [{ path: await real(dataDirectory), what: 'the data of the engine' }]),
  ];
}
