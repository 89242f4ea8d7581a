import { closeSync, openSync, readSync } from 'node:fs';

const MAGIC = Buffer.from('SQLite format 3\0');

/**
 * What a file looks like from its first bytes. Asked before SQLite is, which takes a file of a few bytes for an empty
 * database and would write over it. (Closing a file lets go of all locks that the process has on it; nobody in this one is
 * inside a transaction then, as none of them waits for anything.)
 */
export function looksLike(file: string): 'empty' | 'database' | 'something-else' {
  const start = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, start) === 0) return 'empty';
    return start.equals(MAGIC) ? 'database' : 'something-else';
  } finally {
    closeSync(descriptor);
  }
}
