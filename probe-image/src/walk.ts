import { constants, readdirSync } from 'node:fs';
import { refusal } from './access.ts';
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
  const start = performance.now();
  const queue = ['/'];
  const seen = new Set<string>();
  let tried = 0;
  const isOpen = (directory: string): boolean => refusal(root + directory, constants.W_OK | constants.X_OK) === undefined;

  for (const directory of LIKELY) {
    if (elsewhere.has(directory) || !isDirectory(root, directory)) continue;
    tried += 1;
    if (isOpen(directory)) return { found: directory, tried, complete: true };
  }
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    if (seen.has(directory)) continue;
    seen.add(directory);
    if (tried >= MAX_DIRECTORIES || performance.now() - start > MAX_MS) return { tried, complete: false };
    tried += 1;
    if (isOpen(directory)) return { found: directory, tried, complete: true };
    for (const name of subdirectories(root + directory)) {
      const child = directory === '/' ? `/${name}` : `${directory}/${name}`;
      if (!elsewhere.has(child)) queue.push(child);
    }
  }
  return { tried, complete: true };
}

/** Links are not followed: what they point to is visited where it stands. */
function subdirectories(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // Not readable: whoever cannot list a directory may still write to one below it, but cannot find it either.
    return [];
  }
}

function isDirectory(root: string, directory: string): boolean {
  const parent = directory.slice(0, directory.lastIndexOf('/'));
  return subdirectories(`${root}${parent}/`).includes(directory.slice(directory.lastIndexOf('/') + 1));
}
