import { realpath } from 'node:fs/promises';
import { BulkheadError } from '../errors.ts';
import type { Layer } from './image-archive.ts';

/**
 * The running Node.js at /bulkhead/node and what the dynamic linker says it needs, each where it is looked for. Alone in
 * the lowest layer of every image, it is there once.
 */
export async function nodeLayer(): Promise<Layer> {
  if (process.platform !== 'linux') {
    throw new BulkheadError('image-failed', `An image cannot be assembled on ${process.platform}.`, {
      hint: 'Build it once with probe-image/Dockerfile or gateway-image/Dockerfile; their heads say how.',
    });
  }
  // Loaded when an image has to be made, which is once: every start would pay for it.
  const { execa } = await import('execa');
  const { stdout } = await execa('ldd', [process.execPath]);
  const libraries = stdout.split('\n').flatMap((line) => /(?:=>\s+)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
  const files = await Promise.all(
    libraries.map(async (path) => ({ path: path.slice(1), source: await realpath(path), mode: 0o555 })),
  );
  return [{ path: 'bulkhead/node', source: process.execPath, mode: 0o555 }, ...files];
}

/** This machine in the engine's words (GOARCH). */
export function ownArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
