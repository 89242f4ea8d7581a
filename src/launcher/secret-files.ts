import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BulkheadError } from '../errors.ts';

export interface SecretSource {
  readonly content: Uint8Array;
  /** Permission bits of a plain file; undefined for pipes and the like. */
  readonly mode: number | undefined;
}

/** How secrets are read, to be replaced in tests. */
export interface SecretFiles {
  /** At most `maxBytes + 1` bytes: one more tells that it is too long. Undefined when nothing is there; other errors are thrown. */
  read(path: string, maxBytes: number): Promise<SecretSource | undefined>;
}

/** How long a pipe may have nobody who writes: a password manager asks its owner first. Milliseconds. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;
/** A pipe that is open already has had its writer: where nothing is in it, nothing comes. */
const DESCRIPTOR = /^\/(?:dev\/(?:fd\/|stdin$)|proc\/[^/]+\/fd\/)/;

/**
 * Reads pipes too: a shell's `<(command)` keeps a secret off the disk. They are opened without waiting: an open that
 * waits for a writer cannot be interrupted, and keeps this process from ending.
 * @param signal ends the wait for a writer
 */
export function secretFilesUntil(signal: AbortSignal, patienceMs: number = PATIENCE_MS): SecretFiles {
  return {
    async read(path, maxBytes) {
      // Windows knows no such flag, and no such pipes.
      const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
      const handle = await open(path, flags).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (handle === undefined) return undefined;
      try {
        const facts = await handle.stat();
        const named = facts.isFIFO() && !DESCRIPTOR.test(path);
        const content = await readAll(handle, maxBytes + 1, { named, deadline: Date.now() + patienceMs, signal });
        return { content, mode: facts.isFile() ? facts.mode & 0o7777 : undefined };
      } finally {
        await handle.close();
      }
    },
  };
}

interface Patience {
  /** A pipe with a name: its writer may come later. */
  readonly named: boolean;
  /** Until when there may be nothing to read yet, on the clock of Date.now(). */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

async function readAll(handle: FileHandle, length: number, { named, deadline, signal }: Patience): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const bytes = await readSome(handle, buffer, filled);
    if (bytes !== undefined) filled += bytes;
    if (bytes === 0 && (filled > 0 || !named)) break;
    if (bytes !== undefined && bytes > 0) continue;
    if (signal.aborted) throw new BulkheadError('interrupted', 'Interrupted.');
    if (Date.now() >= deadline) throw Object.assign(new Error('Nobody writes.'), { code: 'ETIMEDOUT' });
    await sleep(PAUSE_MS);
  }
  return buffer.subarray(0, filled);
}

/** Undefined where there is a writer who has written nothing yet. */
async function readSome(handle: FileHandle, buffer: Buffer, from: number): Promise<number | undefined> {
  try {
    return (await handle.read(buffer, from, buffer.length - from, null)).bytesRead;
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
