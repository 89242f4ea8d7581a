import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { Layer } from '../runtime/image-archive.ts';

/** npm's own note of what it installed, with the registry's addresses: of no use to the server. */
const NOTE = '.package-lock.json';

/**
 * The node_modules in `root` as a layer below `app/node_modules`, sorted by path: read-only for everybody, executable
 * where the file was. Symbolic links stay links; they may not lead out of node_modules.
 * @throws BulkheadError `image-failed`
 */
export async function packageLayer(root: string): Promise<Layer> {
  const top = await realpath(path.join(root, 'node_modules'));
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.map(async (entry): Promise<Layer> => {
      const file = path.join(entry.parentPath, entry.name);
      const relative = path.relative(top, file);
      const target = `app/node_modules/${relative.split(path.sep).join('/')}`;
      if (entry.isDirectory() || relative === NOTE) return [];
      if (entry.isSymbolicLink()) return [{ path: target, source: { link: await linkOf(file, top) }, mode: 0o777 }];
      if (!entry.isFile()) throw strange(relative, 'is neither a file nor a link');
      return [{ path: target, source: file, mode: ((await stat(file)).mode & 0o111) === 0 ? 0o444 : 0o555 }];
    }),
  );
  return files.flat().toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** Where the link leads to, relative to its own directory. */
async function linkOf(file: string, top: string): Promise<string> {
  const directory = path.dirname(file);
  const written = path.resolve(directory, await readlink(file));
  const really = await realpath(file).catch(() => written);
  if ([written, really].some((target) => !target.startsWith(top + path.sep))) {
    throw strange(path.relative(top, file), 'is a link that leads out of node_modules');
  }
  return path.relative(directory, written);
}

function strange(file: string, what: string): BulkheadError {
  return new BulkheadError('image-failed', `${escapeText(file)} ${what}.`, {
    hint: 'Such a package cannot be made into an image here. Install it without its scripts, or build an image yourself.',
  });
}
