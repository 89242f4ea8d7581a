import { realpath, stat } from 'node:fs/promises';

/** What is at a path of this machine, links followed. */
export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'socket' | 'other';
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, e.g. 0o755. */
  readonly mode: number;
}

/** The looks at files that mounts need, to be replaced in tests. */
export interface HostFiles {
  /** The path without links. Undefined when nothing is there; whatever else goes wrong is thrown. */
  realpath(path: string): Promise<string | undefined>;
  /** Undefined when nothing is there; whatever else goes wrong is thrown. */
  stat(path: string): Promise<FileFacts | undefined>;
}

export const hostFiles: HostFiles = {
  realpath: (path) => unlessMissing(realpath(path)),
  stat: (path) =>
    unlessMissing(
      stat(path).then((facts) => ({
        kind: facts.isFile() ? 'file' : facts.isDirectory() ? 'directory' : facts.isSocket() ? 'socket' : 'other',
        uid: facts.uid,
        gid: facts.gid,
        mode: facts.mode & 0o7777,
      })),
    ),
};

async function unlessMissing<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
