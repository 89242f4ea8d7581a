import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { directoriesOf } from '../config/discover.ts';
import { escapeText } from '../model/text.ts';
import { readBoundedText } from '../profiles/read-text.ts';

/** Where files for a review are looked for. Both are real paths, without links. */
export interface Repository {
  /** The working directory. */
  readonly directory: string;
  /** The root of its repository, else the working directory: what paths in reports start from. */
  readonly root: string;
}

/** None where the working directory is the root of a file system: then every file of the machine would be inside. */
export async function repositoryOf(workingDirectory: string): Promise<Repository | undefined> {
  const directory = await realpath(workingDirectory).catch(() => undefined);
  if (directory === undefined || isTop(directory)) return undefined;
  const above = (await directoriesOf(directory)).at(-1);
  return { directory, root: above === undefined || isTop(above) ? directory : above };
}

/**
 * Reads a file whose name may come from anywhere, a container's label for one. It is opened only if it is a regular file
 * inside the directory, also when links are followed; of a pipe, a device or anything large nothing is read.
 * @param directory a real path
 * @returns undefined for whatever cannot be read, without a reason: no word about such a file goes anywhere
 */
export async function readInside(
  directory: string,
  file: string,
  maxBytes: number,
): Promise<{ readonly file: string; readonly text: string } | undefined> {
  // Before the disk is asked: looking at a path can mount what stands behind it.
  if (!isInside(directory, file)) return undefined;
  try {
    const real = await realpath(file);
    if (!isInside(directory, real) || !(await lstat(real)).isFile()) return undefined;
    const text = await readBoundedText(real, maxBytes, { follow: false });
    return text === undefined ? undefined : { file: real, text };
  } catch {
    return undefined;
  }
}

/** As a path in a report: from the root, with forward slashes; undefined for what stands elsewhere or cannot be printed. */
export function pathIn({ root }: Repository, file: string): string | undefined {
  if (!isInside(root, file)) return undefined;
  const relative = path.relative(root, file).split(path.sep).join('/');
  return escapeText(relative, 2000) === relative ? relative : undefined;
}

function isInside(directory: string, file: string): boolean {
  const relative = path.relative(directory, file);
  return path.isAbsolute(file) && relative !== '' && !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
}

function isTop(directory: string): boolean {
  return path.dirname(directory) === directory;
}
