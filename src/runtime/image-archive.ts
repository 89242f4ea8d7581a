import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

export interface ImageFile {
  readonly path: string;
  /** A file of this machine, or its content, or where a symbolic link leads to. */
  readonly source: string | Buffer | { readonly link: string };
  readonly mode: number;
}

/** What an engine stores once for all images that have it, wherever it comes from: the same files give the same layer. */
export type Layer = readonly ImageFile[];

/** How an image is started, in the words of its own file (OCI image specification, config.md). */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** `NAME=VALUE` */
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<`${number}/tcp`, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  readonly WorkingDir?: string;
}

export interface ImageContent {
  /** GOARCH */
  readonly architecture: string;
  /** The lowest first. */
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
}

/** Nothing in an image may tell when it was made: the same content gives the same image. */
const LONG_AGO = new Date(0);
/** Bytes. A package has thousands of files below that size: a stream for each would take seconds. */
const SMALL = 1 << 20;
const OWNER = { uid: 0, gid: 0, mtime: LONG_AGO };

/**
 * Writes the image into `archive` as `docker save` does (manifest.json, a configuration, one tar for each layer), which
 * every engine loads. Files are read twice, for an archive tells the size and the hash of a layer before it: one that
 * changes in between is an error here or in the engine. No file is held in memory.
 */
export async function writeImage(
  archive: Pack,
  reference: string,
  { architecture, layers, config }: ImageContent,
): Promise<void> {
  const names: string[] = [];
  const hashes: string[] = [];
  for (const layer of layers) {
    const { size, hash } = await measure(layer);
    const name = `${hash}.tar`;
    const tar = pack();
    await Promise.all([writeLayer(tar, layer), pipeline(tar, archive.entry({ ...OWNER, name, size }))]);
    names.push(name);
    hashes.push(`sha256:${hash}`);
  }
  const created = LONG_AGO.toISOString();
  const about = JSON.stringify({
    architecture,
    os: 'linux',
    created,
    config,
    rootfs: { type: 'layers', diff_ids: hashes },
    history: hashes.map(() => ({ created, created_by: 'bulkhead' })),
  });
  const aboutName = `${createHash('sha256').update(about).digest('hex')}.json`;
  archive.entry({ ...OWNER, name: aboutName }, about);
  archive.entry(
    { ...OWNER, name: 'manifest.json' },
    JSON.stringify([{ Config: aboutName, RepoTags: [reference], Layers: names }]),
  );
  archive.finalize();
}

async function measure(layer: Layer): Promise<{ readonly size: number; readonly hash: string }> {
  const tar = pack();
  const hash = createHash('sha256');
  let size = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  };
  await Promise.all([writeLayer(tar, layer), read()]);
  return { size, hash: hash.digest('hex') };
}

async function writeLayer(tar: Pack, layer: Layer): Promise<void> {
  try {
    // Engines make missing directories themselves, but with times of their own: the same content would give other images.
    for (const name of directoriesOf(layer)) tar.entry({ ...OWNER, name, mode: 0o755, type: 'directory' });
    for (const { path, source, mode } of layer) {
      const header = { ...OWNER, name: path, mode };
      if (typeof source === 'string') {
        const { size } = await stat(source);
        if (size <= SMALL) tar.entry(header, await readFile(source));
        else await pipeline(createReadStream(source, { highWaterMark: 1 << 20 }), tar.entry({ ...header, size }));
      } else if ('link' in source) {
        tar.entry({ ...header, type: 'symlink', linkname: source.link });
      } else {
        tar.entry(header, source);
      }
    }
    tar.finalize();
  } catch (error) {
    // Whoever reads it would wait for ever.
    tar.destroy(error as Error);
    throw error;
  }
}

function directoriesOf(layer: Layer): readonly string[] {
  const directories = layer.flatMap(({ path }) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index)));
  return [...new Set(directories)].toSorted();
}
