import { createHash } from 'node:crypto';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { LABEL } from '../model/labels.ts';
import type { Engine } from '../runtime/connect.ts';
import { architectureOf, hasImage } from '../runtime/images.ts';
import type { Layer } from '../runtime/image-archive.ts';
import { loadImage } from '../runtime/load-image.ts';
import { addOnLibraries, nodeFingerprint, nodeLayer, ownArchitecture } from '../runtime/node-layer.ts';
import { installPackage, lockFileOf, readLock, type InstallOptions } from './package-install.ts';
import { packageLayer } from './package-layer.ts';
import { findProgram } from './package-program.ts';
import { formatPackageReference, imageNameOf, type PackageReference } from './package-reference.ts';

/** To be raised whenever the same package would give another image. */
const LAYOUT = 2;
const USER = 65532;
/** An account for the user: without one Node.js knows neither its name nor a home, and servers that ask for it stop. */
const ACCOUNT: Layer = [
  { path: 'etc/passwd', source: Buffer.from(`server:x:${USER}:${USER}::/tmp:/nonexistent\n`), mode: 0o444 },
  { path: 'etc/group', source: Buffer.from(`server:x:${USER}:\n`), mode: 0o444 },
];

export interface PackageImage {
  /** `bulkhead/npx-NAME:VERSION-HASH` */
  readonly reference: string;
  /** The engine had it; npm was not called. */
  readonly cached: boolean;
  /** The lock of all that is in it. */
  readonly lockFile: string;
}

/**
 * The image of a package, made when the engine lacks it: the running Node.js, the package and what it needs; no shell,
 * no package manager, not root. Its entry point is the package's program, arguments may follow.
 * @throws BulkheadError `usage` (no such package, version or program), `image-failed`, `interrupted`
 */
export async function ensurePackageImage(
  docker: Engine['docker'],
  reference: PackageReference,
  options: InstallOptions,
): Promise<PackageImage> {
  await checkMachine(docker);
  const { cacheDirectory } = options;
  const allowScripts = options.allowScripts === true;
  const lockFile = lockFileOf(reference, cacheDirectory);
  const kept = await readLock(reference, cacheDirectory);
  if (kept !== undefined) {
    const image = await imageOf(reference, kept, allowScripts);
    if (await hasImage(docker, image)) return { reference: image, cached: true, lockFile };
  }
  const { directory, lock } = await installPackage(reference, options);
  const packageDirectory = path.join('node_modules', reference.name);
  const program = await findProgram(path.join(directory, packageDirectory), reference);
  const entrypoint = ['/bulkhead/node', ...program.nodeOptions, path.posix.join('/app', packageDirectory, program.file)];
  const node = await nodeLayer();
  const layers = [node, [...ACCOUNT, ...(await addOnLibraries(node)), ...(await packageLayer(directory))]];
  throwIfAborted(options.signal);
  const image = await imageOf(reference, lock, allowScripts);
  options.onProgress?.(`Making the image ${image}.`);
  await loadImage(docker, image, layers, {
    Entrypoint: entrypoint,
    User: `${USER}:${USER}`,
    WorkingDir: '/app',
    Env: ['NODE_ENV=production'],
    Labels: {
      [LABEL.package]: formatPackageReference(reference).slice('npx:'.length),
      ...(allowScripts ? { [LABEL.packageScripts]: 'ran' } : {}),
    },
  });
  throwIfAborted(options.signal);
  return { reference: image, cached: false, lockFile };
}

/** Node.js comes from this machine, and npm chose what suits it. */
async function checkMachine(docker: Engine['docker']): Promise<void> {
  const architecture = await architectureOf(docker);
  const own = `${process.platform} on ${ownArchitecture()}`;
  if (own === `linux on ${architecture}`) return;
  throw new BulkheadError(
    'image-failed',
    `An image of a package is made of this machine's Node.js (${own}); the engine needs linux on ${architecture}.`,
    { hint: 'Run Bulkhead on the machine of the engine, or give an image.' },
  );
}

async function imageOf(reference: PackageReference, lock: string, allowScripts: boolean): Promise<string> {
  const content = [LAYOUT, formatPackageReference(reference), allowScripts, lock, await nodeFingerprint()];
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `bulkhead/npx-${imageNameOf(reference)}:${reference.version}-${hash.slice(0, 12)}`;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new BulkheadError('interrupted', 'Interrupted.');
}
