import { constants, lstatSync, readdirSync } from 'node:fs';
import { refusal, resolveIn } from './access.ts';
import type { Mount } from './mounts.ts';

const MAX_DIRECTORIES = 4000;
const MAX_MS = 1500;
/** Where images let their user write; tried first, or a large image costs the whole walk. */
const LIKELY = ['/tmp', '/var/tmp', '/root', '/home', '/app', '/usr/local', '/var', '/etc', '/usr', '/opt', '/srv'];

export interface Walk {
  /** Path inside the target. */
  readonly found?: string;
  readonly tried: number;
  readonly complete: boolean;
}

/**
 * Looks for a directory of the root file system in which this identity may create a file. Other mounts are
 * not the root file system and are not entered.
 */
export function findWritable(root: string, mounts: readonly Mount[]): Walk {
  const elsewhere = new Set(mounts.map(({ target }) => target).filter((target) => target !== '/'));
  const isElsewhere = (directory: string): boolean =>
    directory !== '/' && (elsewhere.has(directory) || isElsewhere(directory.slice(0, directory.lastIndexOf('/')) || '/'));
  const start = performance.now();
  const queue = ['/'];
  let tried = 0;
  let complete = true;
  const isOpen = (directory: string): boolean => refusal(root + directory, constants.W_OK | constants.X_OK) === undefined;

  for (const directory of LIKELY) {
    if (isElsewhere(directory) || !isDirectory(root, directory)) continue;
    tried += 1;
    if (isOpen(directory)) return { found: directory, tried, complete: true };
  }
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    if (tried >= MAX_DIRECTORIES || performance.now() - start > MAX_MS) return { tried, complete: false };
    tried += 1;
    if (isOpen(directory)) return { found: directory, tried, complete: true };
    const below = subdirectories(root + directory);
    complete &&= below.complete;
    for (const name of below.names) {
      const child = directory === '/' ? `/${name}` : `${directory}/${name}`;
      if (!elsewhere.has(child)) queue.push(child);
    }
  }
  return { tried, complete };
}

interface Below {
  readonly names: readonly string[];
  /** Whether there can be no other directory in which this identity may write. */
  readonly complete: boolean;
}

/** Links are not followed: what they point to is visited where it stands. */
function subdirectories(directory: string): Below {
  try {
    const names = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    // A name that is not UTF-8 cannot be asked for as it was read.
    return { names, complete: names.every((name) => !name.includes('\ufffd')) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { names: [], complete: true };
    // Closed to the eye, and not to whoever knows a name in it, as /home of mode 0711 is.
    return { names: [], complete: code === 'EACCES' && refusal(directory, constants.X_OK) !== undefined };
  }
}

/** As it stands: what a link leads to is another place. */
function isDirectory(root: string, directory: string): boolean {
  try {
    return resolveIn(root, directory) === root + directory && lstatSync(root + directory).isDirectory();
  } catch {
    return false;
  }
}
