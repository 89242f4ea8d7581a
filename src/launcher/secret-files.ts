import { open } from 'node:fs/promises';

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

/** Reads pipes too: a shell's `<(command)` keeps a secret off the disk. */
export const secretFiles: SecretFiles = {
  async read(path, maxBytes) {
    const handle = await open(path, 'r').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (handle === undefined) return undefined;
    try {
      const facts = await handle.stat();
      const buffer = Buffer.alloc(maxBytes + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return { content: buffer.subarray(0, length), mode: facts.isFile() ? facts.mode & 0o7777 : undefined };
    } finally {
      await handle.close();
    }
  },
};
