import type Docker from 'dockerode';
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Layer } from '../../src/runtime/image-archive.ts';
import { loadImage } from '../../src/runtime/load-image.ts';
import { readScheduled, SCHEDULED } from './scheduled.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What scan.sh calls, and what makes the probe's image (ldd is a script for bash). */
const PROGRAMS = {
  'bin/sh': '/bin/sh',
  'bin/bash': '/bin/bash',
  'usr/bin/env': '/usr/bin/env',
  'usr/bin/flock': '/usr/bin/flock',
  'usr/bin/grep': '/bin/grep',
  'usr/bin/ldd': '/usr/bin/ldd',
  'usr/bin/rm': '/bin/rm',
};

/**
 * The image of samples/scheduled/Dockerfile as far as it can be had without a registry: its layout, user and entry point,
 * with Node.js and programs of this machine.
 */
export async function importScheduledImage(docker: Docker, reference: string): Promise<void> {
  const last =
    readScheduled('Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? '';
  const written = (instruction: string): string => new RegExp(`^${instruction} (.*)$`, 'm').exec(last)?.[1] ?? '';
  const sources = [process.execPath, ...Object.values(PROGRAMS)];
  const files: Layer = [
    { path: 'usr/local/bin/node', source: process.execPath, mode: 0o755 },
    ...Object.entries(PROGRAMS).map(([target, source]) => ({ path: target, source, mode: 0o755 })),
    ...(await librariesOf(sources)),
    { path: 'usr/local/bin/bulkhead-scan', source: path.join(SCHEDULED, 'scan.sh'), mode: 0o755 },
    { path: 'usr/local/bin/bulkhead', source: { link: '/opt/bulkhead/dist/cli.js' }, mode: 0o777 },
    { path: 'opt/bulkhead/package.json', source: path.join(ROOT, 'package.json'), mode: 0o644 },
    ...(await treeOf(path.join(ROOT, 'dist'), 'opt/bulkhead/dist')),
    ...(await productionPackages()),
  ];
  await loadImage(docker, reference, [files], {
    Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
    User: written('USER'),
    Entrypoint: JSON.parse(written('ENTRYPOINT')) as string[],
  });
}

async function librariesOf(programs: readonly string[]): Promise<Layer> {
  // Scripts have none, which ldd calls an error.
  const { stdout } = await execa('ldd', programs, { reject: false });
  const libraries = new Set(stdout.split('\n').flatMap((line) => /(?:=>\s+)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []));
  return Promise.all([...libraries].map(async (file) => ({ path: file.slice(1), source: await realpath(file), mode: 0o755 })));
}

/** What `npm prune --omit=dev` leaves. */
async function productionPackages(): Promise<Layer> {
  const { packages } = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const kept = Object.entries(packages)
    .filter(([place, { dev }]) => place !== '' && dev !== true && existsSync(path.join(ROOT, place)))
    .map(([place]) => place);
  const nested = (place: string) => kept.some((other) => place.startsWith(`${other}/`));
  const layers = await Promise.all(
    kept.filter((place) => !nested(place)).map(async (place) => treeOf(path.join(ROOT, place), `opt/bulkhead/${place}`)),
  );
  return layers.flat();
}

async function treeOf(directory: string, target: string): Promise<Layer> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      // Types, maps and texts are most of the files, and nothing of the program.
      .filter((entry) => entry.isFile() && /\.(?:[cm]?js|json|node)$/.test(entry.name))
      .map(async (entry) => {
        const file = path.join(entry.parentPath, entry.name);
        const mode = ((await stat(file)).mode & 0o111) === 0 ? 0o644 : 0o755;
        return { path: path.join(target, path.relative(directory, file)), source: file, mode };
      }),
  );
}
