/** First version of the engine's API that knows ReadOnlyForceRecursive (Docker 25). */
export const RECURSIVE_READ_ONLY_API = '1.44';

/** Compares versions of the engine's API by number: `1.9` is older than `1.44`. What is no version is older than any. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = minimum.split('.').map(Number);
  return major > minMajor || (major === minMajor && minor >= minMinor);
}
