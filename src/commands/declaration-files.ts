import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import { isInFile, type DeclarationFile, type DeclarationFiles } from '../reporters/anchor.ts';

/** A profile has at most a few thousand lines. */
const MAX_BYTES = 1024 * 1024;
const MAX_FILES = 1000;

/**
 * The files below the working directory that declare something, for formats that point at a line. What a bundle calls a
 * file may be anything: only regular files of a small size are read, and nothing of them is shown. One that cannot be
 * read is left out; formats then point at its first line or at the container.
 */
export async function declarationFiles(report: Report, directory: string): Promise<DeclarationFiles> {
  const locations = new Set(
    report.targets
      .map(({ declaration }) => declaration)
      .filter((declaration) => isInFile(declaration))
      .map(({ location }) => location)
      .filter((location) => location !== '' && escapeText(location, 2000) === location),
  );
  const base = await realpath(directory).catch(() => undefined);
  const files = new Map<string, DeclarationFile>();
  if (base === undefined) return files;
  for (const location of [...locations].slice(0, MAX_FILES)) {
    const file = await read(base, location);
    if (file !== undefined) files.set(location, file);
  }
  return files;
}

async function read(base: string, location: string): Promise<DeclarationFile | undefined> {
  try {
    // A link is followed to what it is: a review shows the file that is in the repository.
    const absolute = await realpath(path.resolve(base, location));
    const relative = path.relative(base, absolute);
    if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return undefined;
    // Without O_NONBLOCK, opening a pipe waits for ever.
    const file = await open(absolute, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat().then((stats) => ({ size: stats.isFile() ? stats.size : Number.POSITIVE_INFINITY }));
      if (size > MAX_BYTES) return undefined;
      const text = await file.readFile('utf8');
      return { path: relative.split(path.sep).join('/'), lines: text.split(/\r?\n/) };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
