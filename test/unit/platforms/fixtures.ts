import type { PlatformRun } from '../../../src/platforms/platform.ts';
import type { Engine } from '../../../src/runtime/connect.ts';

/** An engine of which only the facts are looked at. */
export function engineAt(endpoint: string, product = 'Docker Engine'): Engine {
  return { facts: { endpoint, product } } as unknown as Engine;
}

export function runOf(more: Partial<PlatformRun> = {}): PlatformRun {
  return {
    engine: engineAt('unix:///run/docker.sock'),
    name: 'cmp-1',
    image: 'mcp/files:1.0',
    args: [],
    env: [],
    transport: 'stdio',
    signal: new AbortController().signal,
    progress: () => undefined,
    ...more,
  };
}
