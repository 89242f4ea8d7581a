import type { PlatformRun } from './platform.ts';

/** Where the server listens, when it has to be said: as asked, or else the only port that the image exposes. */
export function serverPort({ transport, port }: PlatformRun, exposedPorts: readonly number[]): number | undefined {
  if (transport === 'stdio') return undefined;
  const distinct = [...new Set(exposedPorts)];
  return port ?? (distinct.length === 1 ? distinct[0] : undefined);
}
