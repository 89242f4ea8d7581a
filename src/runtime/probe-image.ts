import type Docker from 'dockerode';
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { BulkheadError, messageOf } from '../errors.ts';

const REPOSITORY = 'bulkhead/probe';
const PROBE_SCRIPT = new URL('../../dist/probe.mjs', import.meta.url);
/** The probe is small: a tight heap keeps twenty of them at once affordable. */
const ENTRYPOINT = ['/bulkhead/node', '--max-semi-space-size=1', '--max-old-space-size=48', '/bulkhead/probe.mjs'];

export interface ProbeImage {
  /** `bulkhead/probe:<content hash>` */
  readonly reference: string;
  readonly ready: boolean;
}

export interface Layer {
  readonly path: string;
  /** A file of this machine, or its content. */
  readonly source: string | Buffer;
  readonly mode: number;
}

/** The image that this installation would use, and whether the engine holds it. Changes nothing. */
export async function findProbeImage(docker: Docker, engineArchitecture: string): Promise<ProbeImage> {
  const reference = `${REPOSITORY}:${await contentHash(engineArchitecture)}`;
  try {
    await docker.getImage(reference).inspect();
    return { reference, ready: true };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return { reference, ready: false };
    throw error;
  }
}

/**
 * The probe image, made when the engine lacks it: from the Node.js that runs this process and the libraries
 * it is linked with, imported as one layer. Needs no registry.
 * @throws BulkheadError `image-failed`
 */
export async function ensureProbeImage(docker: Docker, engineArchitecture: string): Promise<string> {
  const image = await findProbeImage(docker, engineArchitecture);
  if (!image.ready) {
    if (ownArchitecture() !== engineArchitecture) {
      throw new BulkheadError('image-failed', `The engine runs on ${engineArchitecture}, this Node.js on ${ownArchitecture()}.`, {
        hint: `Build the image with probe-image/Dockerfile on the engine and tag it ${image.reference}.`,
      });
    }
    const layers = [...(await nodeLayers()), { path: 'bulkhead/probe.mjs', source: await readScript(), mode: 0o444 }];
    await importImage(docker, image.reference, layers, [
      `ENTRYPOINT ${JSON.stringify(ENTRYPOINT)}`,
      'USER 65532:65532',
      'LABEL dev.bulkhead.role=probe',
    ]);
  }
  return image.reference;
}

/** Imports a root file system made of `layers`; `changes` are Dockerfile instructions (ENTRYPOINT, USER, …). */
export async function importImage(
  docker: Docker,
  reference: string,
  layers: readonly Layer[],
  changes: readonly string[],
): Promise<void> {
  const [repo, tag] = reference.split(':');
  const tar = pack();
  try {
    const [answer] = await Promise.all([
      docker.importImage(tar as unknown as NodeJS.ReadableStream, { repo, tag, changes } as object),
      fill(tar, layers),
    ]);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(answer, (error) => (error === null ? resolve() : reject(error)));
    });
    await docker.getImage(reference).inspect();
  } catch (error) {
    tar.destroy();
    throw new BulkheadError('image-failed', `The image ${reference} could not be made: ${messageOf(error)}`, {
      hint: "Look at the engine's log and disk space, or build it with probe-image/Dockerfile.",
      cause: error,
    });
  }
}

async function fill(tar: Pack, layers: readonly Layer[]): Promise<void> {
  for (const { path, source, mode } of layers) {
    const header = { name: path, mode, uid: 0, gid: 0, mtime: new Date(0) };
    if (typeof source === 'string') {
      const { size } = await stat(source);
      await pipeline(createReadStream(source), tar.entry({ ...header, size }));
    } else {
      tar.entry(header, source);
    }
  }
  tar.finalize();
}

/** The running Node.js at /bulkhead/node and what the dynamic linker says it needs, each where it is looked for. */
export async function nodeLayers(): Promise<readonly Layer[]> {
  if (process.platform !== 'linux') {
    throw new BulkheadError('image-failed', `The probe image cannot be assembled on ${process.platform}.`, {
      hint: 'Build it once with probe-image/Dockerfile; its head says how.',
    });
  }
  const { stdout } = await execa('ldd', [process.execPath]);
  const libraries = stdout.split('\n').flatMap((line) => /(?:=>\s+)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
  const files = await Promise.all(
    libraries.map(async (path) => ({ path: path.slice(1), source: await realpath(path), mode: 0o555 })),
  );
  return [{ path: 'bulkhead/node', source: process.execPath, mode: 0o555 }, ...files];
}

async function contentHash(engineArchitecture: string): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify(ENTRYPOINT))
    .update(await readScript());
  if (process.platform === 'linux' && ownArchitecture() === engineArchitecture)
    await pipeline(createReadStream(process.execPath, { highWaterMark: 1 << 20 }), hash, { end: false });
  else hash.update(`dockerfile ${engineArchitecture}`);
  return hash.digest('hex').slice(0, 16);
}

/** This machine in the engine's words (GOARCH). */
export function ownArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

async function readScript(): Promise<Buffer> {
  try {
    return await readFile(PROBE_SCRIPT);
  } catch (error) {
    throw new BulkheadError('image-failed', 'The probe program dist/probe.mjs is missing.', {
      hint: 'In a checkout: npm run build.',
      cause: error,
    });
  }
}
