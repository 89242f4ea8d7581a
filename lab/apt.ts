import { access, chmod, rm, writeFile } from 'node:fs/promises';
import { LabError } from './errors.ts';
import { withLock } from './lock.ts';
import { findProgram, run } from './run.ts';

const policyFile = '/usr/sbin/policy-rc.d';

/**
 * Installs distribution packages, without letting their scripts start a service:
 * a dockerd started by its package would sit in the machine's own network.
 * @throws LabError when apt-get is missing, refuses, or would start services.
 */
export async function installPackages(packages: readonly string[], signal?: AbortSignal): Promise<void> {
  if (findProgram('apt-get') === undefined) {
    throw new LabError(`${packages.join(', ')} cannot be installed: there is no apt-get.`, `Install ${packages.join(', ')} by hand.`);
  }
  const install = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Options::=--force-confold', '--no-install-recommends', 'install', ...packages];
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' }, ...(signal === undefined ? {} : { signal }) };
  await withLock('apt', () =>
    withoutServices(async () => {
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

async function withoutServices(work: () => Promise<void>): Promise<void> {
  try {
    await writeFile(policyFile, '#!/bin/sh\n# Written by the Bulkhead lab for the length of one installation.\nexit 101\n', { flag: 'wx' });
  } catch {
    await access(policyFile).catch((cause: unknown) => {
      throw new LabError(`${policyFile} cannot be written.`, 'Run as root, on a machine where packages may be installed.', { cause });
    });
    // Somebody's own policy stays as it is, provided that it forbids what we need forbidden.
    const verdict = await run(policyFile, ['docker', 'start']).then(() => 'allowed', () => 'forbidden');
    if (verdict === 'allowed') throw new LabError(`${policyFile} would let packages start services.`, 'Install docker.io by hand and stop its service.');
    return work();
  }
  try {
    await chmod(policyFile, 0o755);
    await work();
  } finally {
    await rm(policyFile, { force: true });
  }
}

export interface DebianArchive {
  readonly uri: string;
  /** Path of the keyring that signs it, when the configuration names one. */
  readonly keyring: string | undefined;
  readonly proxy: string | undefined;
}

/**
 * The Debian archive that this machine's apt is configured with.
 * @throws LabError when it has none (Ubuntu, for instance).
 */
export async function debianArchive(): Promise<DebianArchive> {
  // Fields apart by tabs: a keyring's path may hold anything else.
  const format = '$(ORIGIN)\t$(LABEL)\t$(REPO_URI)\t$(SIGNED_BY)';
  const lines = (await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])).split('\n');
  const [, , uri, signedBy] = lines.map((line) => line.split('\t')).find(([origin, label]) => origin === 'Debian' && label === 'Debian') ?? [];
  if (uri === undefined || uri === '') {
    throw new LabError('apt is configured with no Debian archive, so no Debian tree can be built.', 'Add one to the apt sources and run apt-get update, or use the engine "debian".');
  }
  const proxy = /"(.*)"/.exec(await run('apt-config', ['dump', 'Acquire::http::Proxy']))?.[1];
  return { uri: uri.replace(/\/$/, ''), keyring: signedBy?.startsWith('/') ? signedBy : undefined, proxy: proxy || undefined };
}
