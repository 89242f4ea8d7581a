import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import type { Layer } from './image-archive.ts';

const C_LIBRARIES = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'libresolv.so.2', 'librt.so.1', 'libutil.so.1'] as const;

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

/**
 * The parts of the C library that Node.js itself does without and native add-ons are linked with, from where `node` has
 * its own: what the manylinux rules (PEP 600) let every program expect. What ldd says of an add-on is not asked for:
 * ldd may run what it looks at.
 */
export async function addOnLibraries(node: Layer): Promise<Layer> {
  const directories = node.flatMap((file) => (path.basename(file.path) === 'libc.so.6' ? [path.dirname(file.path)] : []));
  const wanted = directories.flatMap((directory) => C_LIBRARIES.map((name) => path.join(directory, name)));
  const found = wanted
    .filter((file) => !node.some((other) => other.path === file))
    .map(async (file): Promise<Layer> => {
      const source = await realpath(`/${file}`).catch(() => undefined);
      return source === undefined ? [] : [{ path: file, source, mode: 0o555 }];
    });
  return (await Promise.all(found)).flat();
}

/** Tells one Node.js from another. Reading its 120 MB would cost every start a quarter of a second. */
export async function nodeFingerprint(): Promise<string> {
  const { size, mtimeMs } = await stat(process.execPath);
  return `${process.version} ${size} ${mtimeMs}`;
}

/** This machine in the engine's words (GOARCH). */
export function ownArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
