import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Files that another program reads while it starts a server: in a directory of their own, for this user alone. */
export interface PrivateFiles {
  /** Answers the path. */
  readonly write: (name: string, content: string) => Promise<string>;
}

/** Lends the files to `work`, and removes them whatever becomes of it. */
export async function withPrivateFiles<T>(work: (files: PrivateFiles) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-'));
  try {
    return await work({
      write: async (name, content) => {
        const file = path.join(directory, name);
        await writeFile(file, content, { mode: 0o600, flag: 'wx' });
        return file;
      },
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
