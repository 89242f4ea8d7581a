import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { BulkheadError, messageOf } from '../errors.ts';
import type { PackedFile } from '../model/evidence.ts';
import { replaceFile } from '../store/replace-file.ts';
import { MANIFEST, SIGNATURE } from './manifest.ts';
import { hashOf } from './run.ts';

/** What all entries have in common: nothing of a machine or a moment. */
export const ENTRY = { type: 'file', mode: 0o600, uid: 0, gid: 0, mtime: new Date(0) } as const;
/** Two empty blocks end a tar. */
const END_BYTES = 1024;

/** Bytes of a tar that holds files of these sizes. */
export function tarBytes(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + 512 + Math.ceil(size / 512) * 512, END_BYTES);
}

/** Adds a file to the archive. */
export type AddFile = (path: string, content: string | Uint8Array) => Promise<void>;

/**
 * Writes an archive whose first two files, the manifest and its signature, follow from the others: those go compressed
 * to a file beside it, and then behind the first two. One file is held at a time.
 * @param fill adds the files by path
 * @param seal answers the manifest of the files, and its signature
 * @throws BulkheadError `output-failed`, or what `fill` throws
 */
export async function writeArchive(
  out: string,
  fill: (add: AddFile) => Promise<void>,
  seal: (files: readonly PackedFile[]) => { readonly manifest: string; readonly signature: Uint8Array },
): Promise<void> {
  const spool = `${out}.${process.pid}.files.tmp`;
  try {
    const { manifest, signature } = seal(await writeFiles(spool, fill));
    const head = await headOf(manifest, signature);
    await replaceFile(out, concatenated(head, spool), 'evidence pack', 0o600);
  } finally {
    // That it cannot even be looked for has been said already.
    await rm(spool, { force: true }).catch(() => undefined);
  }
}

async function writeFiles(spool: string, fill: (add: AddFile) => Promise<void>): Promise<readonly PackedFile[]> {
  const tar = pack();
  const files: PackedFile[] = [];
  const file = createWriteStream(spool, { flags: 'wx', mode: 0o600 });
  const writing = pipeline(tar, createGzip(), file);
  const ended = writing.catch(() => undefined);
  try {
    await fill(async (path, content) => {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      files.push({ bytes: bytes.length, path, sha256: hashOf(bytes) });
      // Handed over whole, a tar queues it without end.
      await pipeline(Readable.from([bytes]), tar.entry({ ...ENTRY, name: path, size: bytes.length }));
    });
    tar.finalize();
    await writing;
    return files;
  } catch (error) {
    // What cannot be written comes before what follows from it: that nothing more can be added.
    const cause = file.errored;
    tar.destroy();
    await ended;
    if (cause === null) throw error;
    throw new BulkheadError('output-failed', `The evidence pack could not be written: ${messageOf(cause)}`, {
      hint: 'Name a file in a directory that exists, may be written and has room for it twice.',
      cause,
    });
  }
}

/** The first part of the archive, which ends where the other begins: gzip reads its members one after the other. */
async function headOf(manifest: string, signature: Uint8Array): Promise<Buffer> {
  const tar = pack();
  tar.entry({ ...ENTRY, name: MANIFEST }, manifest);
  tar.entry({ ...ENTRY, name: SIGNATURE }, Buffer.from(signature));
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks).subarray(0, -END_BYTES));
}

async function* concatenated(head: Buffer, spool: string): AsyncIterable<Uint8Array> {
  yield head;
  yield* createReadStream(spool) as AsyncIterable<Uint8Array>;
}
