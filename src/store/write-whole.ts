import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { inBatches } from './batches.ts';

/**
 * Writes to a path as a shell does: through links, into pipes and devices, and into a file that is there, whose owner
 * and mode stay. What could not be written in full is taken back, as half a report can look like a whole one.
 * @param flag `w` replaces, `a` appends
 * @throws what the file system says; for a pipe that nobody reads, at once
 */
export async function writeWhole(path: string, pieces: Iterable<string>, flag: 'w' | 'a'): Promise<void> {
  const reader = await assertReader(path);
  let file: FileHandle | undefined;
  try {
    file = await open(path, flag);
    const { size } = await file.stat();
    try {
      for (const text of inBatches(pieces)) await file.appendFile(text);
    } catch (error) {
      // A device or a pipe has nothing to take back.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file?.close();
    await reader?.close();
  }
}

/**
 * Opening a pipe waits for a reader, for ever if none comes. The handle stays open meanwhile, or the reader that is there
 * would see the end of the pipe.
 */
async function assertReader(path: string): Promise<FileHandle | undefined> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isFIFO() !== true) return undefined;
  try {
    return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error;
    throw new Error('nobody reads from that pipe', { cause: error });
  }
}
