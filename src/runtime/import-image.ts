import type Docker from 'dockerode';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { BulkheadError, messageOf } from '../errors.ts';

export interface Layer {
  readonly path: string;
  /** A file of this machine, or its content, or where a symbolic link leads to. */
  readonly source: string | Buffer | { readonly link: string };
  readonly mode: number;
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
      hint: "Look at the engine's log and disk space.",
      cause: error,
    });
  }
}

async function fill(tar: Pack, layers: readonly Layer[]): Promise<void> {
  const owner = { uid: 0, gid: 0, mtime: new Date(0) };
  // Engines make missing directories themselves, but with times of their own: the same content would give other images.
  for (const name of directoriesOf(layers)) tar.entry({ ...owner, name, mode: 0o755, type: 'directory' });
  for (const { path, source, mode } of layers) {
    const header = { ...owner, name: path, mode };
    if (typeof source === 'string') {
      const { size } = await stat(source);
      await pipeline(createReadStream(source), tar.entry({ ...header, size }));
    } else if ('link' in source) {
      tar.entry({ ...header, type: 'symlink', linkname: source.link });
    } else {
      tar.entry(header, source);
    }
  }
  tar.finalize();
}

function directoriesOf(layers: readonly Layer[]): readonly string[] {
  const directories = layers.flatMap(({ path }) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index)));
  return [...new Set(directories)].toSorted();
}
