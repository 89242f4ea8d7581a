import { open, rename, rm } from 'node:fs/promises';
import { BulkheadError, messageOf } from '../errors.ts';

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
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    // What makes the text has said what is wrong.
    if (error instanceof BulkheadError) throw error;
    throw new BulkheadError('output-failed', `The ${what} could not be written: ${messageOf(error)}`, {
      hint: 'Name a file in a directory that exists and may be written.',
      cause: error,
    });
  }
}
