import { constants, promises as fs } from 'node:fs';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/**
 * Reads a regular file of at most `maxBytes` as UTF-8, without ever reading more than that.
 * @param options `follow: false` refuses a path that ends in a symbolic link
 * @returns undefined when there is no such file
 * @throws BulkheadError `profile-unreadable`, or `profile-invalid` for what is no UTF-8
 */
export async function readBoundedText(
  path: string,
  maxBytes: number,
  { follow = true }: { readonly follow?: boolean } = {},
): Promise<string | undefined> {
  const shown = escapeText(path);
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    await using file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW));
    const stat = await file.stat();
    if (stat.isDirectory()) throw unreadable(`${shown} is a directory`, 'Name the JSON file in it.');
    if (!stat.isFile()) throw unreadable(`${shown} is not a regular file`, 'Write the profile to a file first.');
    if (stat.size > maxBytes) throw tooLarge(shown, maxBytes);
    const bytes = await readAll(file, maxBytes + 1);
    // The size is a promise that a growing file, or one in /proc, does not keep.
    if (bytes.length > maxBytes) throw tooLarge(shown, maxBytes);
    return decode(bytes, shown);
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    return explain(error, shown);
  }
}

async function readAll(file: fs.FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limit) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65536, limit - total)));
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, shown: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new BulkheadError('profile-invalid', `${shown} is not UTF-8 text`, {
      hint: 'Save it as UTF-8 without a byte order mark.',
      cause,
    });
  }
}

function tooLarge(shown: string, maxBytes: number): BulkheadError {
  return unreadable(
    `${shown} is larger than ${maxBytes} bytes and was not read`,
    'Profiles are a few hundred bytes: is it the right file?',
  );
}

function unreadable(message: string, hint: string, cause?: unknown): BulkheadError {
  return new BulkheadError('profile-unreadable', message, { hint, cause });
}

function explain(error: unknown, shown: string): undefined {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
  switch (code) {
    case 'ENOENT':
      return undefined;
    case 'EACCES':
    case 'EPERM':
      throw unreadable(
        `${shown} cannot be read: permission denied`,
        'Give the user who runs Bulkhead the right to read it.',
        error,
      );
    case 'ENOTDIR':
      throw unreadable(`${shown} cannot be read: a part of the path is no directory`, 'Check the path.', error);
    case 'ELOOP':
      throw unreadable(`${shown} cannot be read: its symbolic links go in a circle`, 'Check the path.', error);
    default:
      throw unreadable(`${shown} cannot be read (${escapeText(code, 40)})`, 'Check the path.', error);
  }
}
