import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/**
 * Writes a file beside its place and moves it there, so that no half-written one stays.
 * @param content all of it, or its parts
 * @param what what it is, for the message: `bundle`
 * @param mode permissions of the file, e.g. `0o600`
 * @throws BulkheadError `output-failed`
 */
export async function replaceFile(
  path: string,
  content: string | AsyncIterable<string | Uint8Array>,
  what: string,
  mode: number,
): Promise<void> {
  let temporary: string | undefined;
  try {
    const place = await placeOf(path);
    temporary = `${place}.${process.pid}.tmp`;
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, place);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    // What makes the text has said what is wrong.
    if (error instanceof BulkheadError) throw error;
    throw new BulkheadError('output-failed', `The ${what} could not be written: ${messageOf(error)}`, {
      hint: 'Name a file in a directory that exists and may be written.',
      cause: error,
    });
  }
}

/** The file behind links. What is a device or a pipe would be gone, replaced by a file. */
async function placeOf(path: string): Promise<string> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return path;
  if (!there.isFile()) throw new Error(`${escapeText(path)} is ${there.isDirectory() ? 'a directory' : 'no regular file'}`);
  return realpath(path);
}
