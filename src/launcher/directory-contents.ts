import { escapeText } from '../model/text.ts';
import type { HostFiles } from './host-files.ts';
import { CREDENTIALS } from './sensitive-home.ts';
import { folding, isEngineSocket } from './sensitive-paths.ts';

/** Enough for a project, its dependencies aside; a tenth of a second. */
const MAX_ENTRIES = 10_000;

export interface DirectoryContents {
  /** Why it must not be mounted, as the rest of a sentence. */
  readonly against: string | undefined;
  /** Of other sockets, the first few: a mount for reading does not keep anybody from connecting. */
  readonly sockets: readonly string[];
  /** False when there was more than is looked through, or what cannot be listed. */
  readonly complete: boolean;
}

/**
 * Looks through a directory for credentials and sockets, what is near first. Links are not followed: inside of a
 * container they lead to the container's own files.
 */
export async function contentsOf(directory: string, files: HostFiles, platform: NodeJS.Platform): Promise<DirectoryContents> {
  const fold = folding(platform);
  const names = CREDENTIALS.map((name) => `/${fold(name)}`);
  const sockets: string[] = [];
  let complete = true;
  let left = MAX_ENTRIES;
  // Grows while it is walked.
  const directories = [''];
  for (const below of directories) {
    const entries = await files.list(`${directory}${below}`, left).catch(() => undefined);
    if (entries === undefined) {
      complete = false;
      continue;
    }
    for (const { name, kind } of entries) {
      const path = `${below}/${name}`;
      // Servers of before may have written these names.
      const shown = escapeText(path.slice(1), 200);
      if (names.some((known) => fold(path).endsWith(known))) {
        return { against: `contains ${shown} (credentials)`, sockets, complete };
      }
      if (kind === 'socket' && isEngineSocket(name)) {
        return { against: `contains ${shown}, the socket of a container engine`, sockets, complete };
      }
      if (kind === 'socket' && sockets.length < 3) sockets.push(shown);
      if (kind === 'directory') directories.push(path);
    }
    left -= entries.length;
    if (left <= 0) return { against: undefined, sockets, complete: false };
  }
  return { against: undefined, sockets, complete };
}
