import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The home of who runs this; the root for somebody without one, as containers with any user id have it. Always absolute:
 * from a relative one the working directory, which may be somebody else's, would say which engine is meant.
 */
export function homeDirectory(): string {
  try {
    const home = homedir();
    return path.isAbsolute(home) ? home : path.resolve('/');
  } catch {
    // Nobody of that id is known, and HOME is not set.
    return path.resolve('/');
  }
}
