import { readEnvironment } from '../launcher/environment.ts';
import type { LaunchRequest } from '../launcher/launch.ts';
import { mountsOn } from '../launcher/mounts-on.ts';
import { isPackageReference, parsePackageReference } from '../launcher/package-reference.ts';
import { secretFilesUntil } from '../launcher/secret-files.ts';
import { readSecrets } from '../launcher/secrets.ts';
import { loadProfile } from '../profiles/load.ts';
import { sweep } from '../runtime/cleanup.ts';
import type { Engine } from '../runtime/connect.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { asEngineError, engineOf } from './engine.ts';
import { launchOptions, type RunOptions } from './run-options.ts';
import { homeDirectory } from '../runtime/home-directory.ts';

export interface Prepared {
  readonly request: Pick<LaunchRequest, 'engine' | 'image' | 'profile' | 'mounts' | 'options' | 'secrets'>;
  /** What has to be said aloud. */
  readonly notes: readonly string[];
}

/**
 * Reads everything that a launch is made from: profile, mounts, secrets, environment, image.
 * @throws BulkheadError for whatever is invalid, before anything is started
 */
export async function prepare(
  reference: string,
  args: readonly string[],
  options: RunOptions,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (message: string) => void },
): Promise<Prepared> {
  const { profile, remarks } = await loadProfile(options.profile);
  const environment = readEnvironment(options.env, process.env);
  const secrets = await readSecrets(
    { asFile: options.secret, asEnv: options.secretAsEnv },
    { caller: process.env, files: secretFilesUntil(signal), platform: process.platform },
  );
  const engine = await engineOf(options.host);
  for (const note of await asEngineError(engine, () => sweep(engine.docker, Date.now()))) say(note);
  const image = await asEngineError(engine, async () =>
    imageFacts(engine.docker, await imageOf(reference, engine, options, signal, say), say, signal),
  );
  const { mounts, notes } = await mountsOn(engine, profile, {
    image,
    ...(options.user === undefined ? {} : { asked: options.user }),
    allowSensitive: options.mountSensitive,
  });
  return {
    request: {
      engine,
      image,
      profile,
      mounts,
      options: launchOptions(
        args,
        options,
        [...environment.env, ...secrets.env],
        secrets.files.map((file) => file.name),
      ),
      secrets: new Map(secrets.files.map((file) => [file.name, Buffer.from(file.content)])),
    },
    notes: [...remarks.map(({ message }) => message), ...notes, ...environment.notes, ...secrets.notes],
  };
}

/** The reference itself, or of an npm package the image that is made from it. */
export async function imageOf(
  reference: string,
  { docker }: Engine,
  options: Pick<RunOptions, 'allowScripts'>,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<string> {
  if (!isPackageReference(reference)) return reference;
  const [{ ensurePackageImage }, { packageCacheDirectory }] = await Promise.all([
    import('../launcher/package-image.ts'),
    import('../launcher/package-install.ts'),
  ]);
  const image = await ensurePackageImage(docker, parsePackageReference(reference), {
    cacheDirectory: packageCacheDirectory(process.env, homeDirectory()),
    allowScripts: options.allowScripts,
    signal,
    onProgress: say,
  });
  return image.reference;
}
