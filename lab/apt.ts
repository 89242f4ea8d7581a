import { readFile, rm, writeFile } from 'node:fs/promises';
import { LabError } from './errors.ts';
import { withLock } from './lock.ts';
import { findProgram, run } from './run.ts';

const policyFile = '/usr/sbin/policy-rc.d';
const policy = '#!/bin/sh\n# Written by the Bulkhead lab for the length of one installation.\nexit 101\n';

/**
 * Installs those of the distribution packages that are not there yet; no service of theirs is started.
 * @throws LabError when they cannot be installed.
 */
export async function ensurePackages(packages: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of packages) {
    // Of a package that was removed dpkg still knows the configuration; of one that it never saw, nothing.
    const status = await run('dpkg-query', ['--show', '--showformat', '${db:Status-Status}\n', name]).catch(() => '');
    if (!status.split('\n').includes('installed')) missing.push(name);
  }
  if (missing.length > 0) await installPackages(missing);
}

/**
 * Installs distribution packages, without letting their scripts start a service:
 * a dockerd started by its package would sit in the machine's own network.
 * @throws LabError when apt-get is missing, refuses, or would start services.
 */
export async function installPackages(packages: readonly string[]): Promise<void> {
  if (findProgram('apt-get') === undefined) {
    throw new LabError(
      `${packages.join(', ')} cannot be installed: there is no apt-get.`,
      `Install ${packages.join(', ')} by hand.`,
    );
  }
  const install = [
    '-q',
    '-y',
    '-o',
    'DPkg::Lock::Timeout=300',
    '-o',
    'Dpkg::Options::=--force-confold',
    '--no-install-recommends',
    'install',
    ...packages,
  ];
  // Not to be aborted: a package manager that is killed leaves packages half configured.
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' } };
  await withLock('apt', () =>
    withoutServices(packages, async () => {
      try {
        await run('apt-get', install, options);
      } catch {
        // The lists may be missing or older than the mirror.
        await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', 'update'], options);
        await run('apt-get', install, { ...options, hint: 'Install the packages by hand, then try again.' });
      }
    }),
  );
}

async function withoutServices(packages: readonly string[], work: () => Promise<void>): Promise<void> {
  const present = await readFile(policyFile, 'utf8').catch(() => undefined);
  // Our own text can only be there when an earlier run was killed: the lock keeps others out.
  if (present !== undefined && present !== policy) {
    // Somebody's own policy stays as it is, provided that it forbids what we need forbidden.
    const verdict = await run(policyFile, [packages[0] ?? '', 'start']).then(
      () => 'allowed',
      () => 'forbidden',
    );
    if (verdict === 'allowed')
      throw new LabError(
        `${policyFile} would let packages start services.`,
        `Install ${packages.join(', ')} by hand and stop what they start.`,
      );
    return work();
  }
  try {
    await writeFile(policyFile, policy, { mode: 0o755 });
    await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}

export interface DebianArchive {
  readonly uri: string;
  readonly proxy: string | undefined;
}

/**
 * The Debian archive that this machine's apt is configured with.
 * @throws LabError when it has none (Ubuntu, for instance).
 */
export async function debianArchive(): Promise<DebianArchive> {
  const format = '$(ORIGIN)\t$(LABEL)\t$(REPO_URI)';
  const lines = (await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])).split('\n');
  const [, , uri] =
    lines.map((line) => line.split('\t')).find(([origin, label]) => origin === 'Debian' && label === 'Debian') ?? [];
  if (uri === undefined || uri === '') {
    throw new LabError(
      'apt is configured with no Debian archive, so no Debian tree can be built.',
      'Add one to the apt sources and run apt-get update, or use the engine "debian".',
    );
  }
  const proxy = /"(.*)"/.exec(await run('apt-config', ['dump', 'Acquire::http::Proxy']))?.[1];
  return { uri: uri.replace(/\/$/, ''), proxy: proxy || undefined };
}
