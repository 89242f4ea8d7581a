import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { debianArchive, installPackages } from '../apt.ts';
import { withLock } from '../lock.ts';
import { cacheDir } from '../paths.ts';
import { findProgram, run } from '../run.ts';
import type { PreparedEngine, PrepareOptions } from './engine.ts';

const scripts = '/usr/share/debootstrap/scripts';

/** An engine that a tree is built for. */
export interface TreeSoftware extends Pick<PreparedEngine, 'service'> {
  readonly title: string;
  /** The engine and what it calls; `mount` among them, for leaving the old root behind. */
  readonly packages: readonly string[];
}

/**
 * A minimal Debian tree of the named suite with an engine in it, built once and kept in the cache directory.
 * @throws LabError when it cannot be built.
 */
export async function debootstrapTree(
  suite: string,
  { title, packages, service }: TreeSoftware,
  { signal, onProgress }: PrepareOptions,
): Promise<PreparedEngine> {
  const recipe = createHash('sha256').update(packages.join()).digest('hex').slice(0, 8);
  const tree = join(cacheDir(), 'trees', `${suite}-${process.arch}-${recipe}`);
  const prepared = { tree, service };
  if (existsSync(tree)) return prepared;
  await withLock(`tree-${suite}`, async () => {
    if (existsSync(tree)) return;
    if (findProgram('debootstrap') === undefined) {
      onProgress('installing debootstrap');
      await installPackages(['debootstrap']);
    }
    onProgress(`building a Debian ${suite} tree with ${title}, once (about half a minute)`);
    await build(suite, packages, tree, signal);
  });
  return prepared;
}

async function build(suite: string, packages: readonly string[], tree: string, signal: AbortSignal | undefined): Promise<void> {
  const archive = await debianArchive();
  // A debootstrap older than the suite has no script for it; all suites since 2007 are built like sid.
  if (!existsSync(join(scripts, suite))) await symlink('sid', join(scripts, suite));
  const partial = `${tree}.partial`;
  await run('rm', ['-rf', '--one-file-system', partial]);
  await mkdir(join(tree, '..'), { recursive: true });
  try {
    await run(
      'unshare',
      [
        // In namespaces of its own, so that no process and no mount outlives an interrupted build.
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        'debootstrap',
        '--variant=minbase',
        '--force-check-gpg',
        `--include=${packages.join()}`,
        suite,
        partial,
        archive.uri,
      ],
      {
        ...(signal === undefined ? {} : { signal }),
        ...(archive.proxy === undefined ? {} : { env: { http_proxy: archive.proxy } }),
        hint: `Look at ${join(partial, 'debootstrap/debootstrap.log')}.`,
      },
    );
    await run('rm', ['-rf', join(partial, 'var/cache/apt'), join(partial, 'var/lib/apt/lists')]);
    await rename(partial, tree);
  } catch (error) {
    if (signal?.aborted) await run('rm', ['-rf', '--one-file-system', partial]).catch(() => undefined);
    throw error;
  }
}
