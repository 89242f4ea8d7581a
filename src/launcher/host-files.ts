import type { Dirent, Stats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';

/** What is at a path of this machine, links followed. */
export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'socket' | 'other';
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, e.g. 0o755. */
  readonly mode: number;
}

export interface DirectoryEntry {
  readonly name: string;
  /** Links are `other`: not what they lead to. */
  readonly kind: FileFacts['kind'];
}

/** The looks at files that mounts need, to be replaced in tests. */
export interface HostFiles {
  /** The path without links. Undefined when nothing is there; whatever else goes wrong is thrown. */
  realpath(path: string): Promise<string | undefined>;
  /** Undefined when nothing is there; whatever else goes wrong is thrown. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** What is in a directory, at most so many; whatever goes wrong is thrown. */
  list(path: string, maximum: number): Promise<readonly DirectoryEntry[]>;
}

export const hostFiles: HostFiles = {
  realpath: (path) => unlessMissing(realpath(path)),
  stat: (path) =>
    unlessMissing(
      stat(path).then((facts) => ({
        kind: kindOf(facts),
        uid: facts.uid,
        gid: facts.gid,
        mode: facts.mode & 0o7777,
      })),
    ),
  list: async (path, maximum) => {
    const entries: DirectoryEntry[] = [];
    // Leaving the loop closes the directory.
    for await (const entry of await opendir(path)) {
      if (entries.length >= maximum) break;
      entries.push({ name: entry.name, kind: kindOf(entry) });
    }
    return entries;
  },
};

function kindOf(facts: Stats | Dirent): FileFacts['kind'] {
  return facts.isFile() ? 'file' : facts.isDirectory() ? 'directory' : facts.isSocket() ? 'socket' : 'other';
}

async function unlessMissing<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
