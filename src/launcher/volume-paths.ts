import { posix } from 'node:path';

/** What an image says in VOLUME instructions, as absolute paths, each once. */
export function volumePaths(volumes: readonly string[]): readonly string[] {
  return [...new Set(volumes.map((path) => posix.resolve('/', path)))];
}
