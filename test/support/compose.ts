import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { debianArchive } from '../../lab/apt.ts';

const DIRECTORY = path.join(homedir(), '.cache/bulkhead-lab/compose');
/** The first Debian whose docker-compose is not the Python program of old. */
const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** A directory for PATH in which there is Docker Compose 2 or later, or why there is none. */
export type ComposePlace = { readonly path: string } | { readonly reason: string };

/** Docker Compose as this machine has it, or else Debian's, fetched by apt and unpacked: nothing is installed. */
export async function findCompose(): Promise<ComposePlace> {
  for (const [program, ...words] of [['docker', 'compose'], ['docker-compose']] as const) {
    const { stdout } = await execa(program, [...words, 'version', '--short'], { reject: false });
    if (/^v?[2-9]\d*\./.test(stdout ?? '')) return { path: '' };
  }
  if (existsSync(path.join(DIRECTORY, 'docker-compose'))) return { path: DIRECTORY };
  try {
    await download();
    return { path: DIRECTORY };
  } catch (error) {
    return { reason: `no Docker Compose 2 here, and none from apt: ${String((error as Error).message).split('\n')[0]}` };
  }
}

async function download(): Promise<void> {
  const { uri } = await debianArchive();
  await mkdir(DIRECTORY, { recursive: true });
  const work = await mkdtemp(path.join(DIRECTORY, 'work-'));
  try {
    for (const directory of ['lists/partial', 'cache/archives/partial', 'parts', 'tree']) {
      await mkdir(path.join(work, directory), { recursive: true });
    }
    await writeFile(path.join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${uri} ${SUITE} main\n`);
    const options = [
      `Dir::Etc::SourceList=${work}/sources.list`,
      `Dir::Etc::SourceParts=${work}/parts`,
      `Dir::State::Lists=${work}/lists`,
      `Dir::Cache=${work}/cache`,
    ].flatMap((option) => ['-o', option]);
    await execa('apt-get', ['-q', ...options, 'update'], { cwd: work, timeout: 120_000 });
    await execa('apt-get', ['-q', ...options, 'download', 'docker-compose'], { cwd: work, timeout: 120_000 });
    const { stdout } = await execa('find', [work, '-maxdepth', '1', '-name', 'docker-compose_*.deb']);
    await execa('dpkg-deb', ['--extract', stdout.trim(), path.join(work, 'tree')]);
    const program = path.join(work, 'tree/usr/libexec/docker/cli-plugins/docker-compose');
    // Another Debian's program may want a newer C library than there is here.
    await execa(program, ['version']);
    await copyFile(program, path.join(work, 'docker-compose'));
    await rename(path.join(work, 'docker-compose'), path.join(DIRECTORY, 'docker-compose'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
