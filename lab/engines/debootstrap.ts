import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { debianArchive, installPackages } from '../apt.ts';
import { withLock } from '../lock.ts';
import { cacheDir } from '../paths.ts';
import { findProgram, run } from '../run.ts';
import type { PreparedEngine, PrepareOptions } from './engine.ts';

/** `mount` for leaving the old root behind, the rest is what dockerd calls. */
const packages = ['docker.io', 'iptables', 'ca-certificates', 'iproute2', 'procps', 'mount'] as const;
const scripts = '/usr/share/debootstrap/scripts';

/**
 * A minimal Debian tree of the named suite with docker.io in it, built once and kept in the cache directory.
 * @throws LabError when it cannot be built.
 */
export async function debootstrapTree(suite: string, { signal, onProgress }: PrepareOptions): Promise<PreparedEngine> {
  const recipe = createHash('sha256').update(packages.join()).digest('hex').slice(0, 8);
  const tree = join(cacheDir(), 'trees', `${suite}-${process.arch}-${recipe}`);
  const prepared = { tree, program: '/usr/sbin/dockerd' };
  if (existsSync(tree)) return prepared;
  await withLock(`tree-${suite}`, async () => {
    if (existsSync(tree)) return;
    if (findProgram('debootstrap') === undefined) {
      onProgress('installing debootstrap');
      await installPackages(['debootstrap']);
    }
    onProgress(`building a Debian ${suite} tree with docker.io, once (about half a minute)`);
    await build(suite, tree, signal);
  });
  return prepared;
}

async function build(suite: string, tree: string, signal: AbortSignal | undefined): Promise<void> {
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
