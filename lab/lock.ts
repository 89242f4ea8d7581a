import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './errors.ts';
import { cacheDir } from './paths.ts';
import { sleep } from './run.ts';

const waitLimitMs = 15 * 60_000;

/**
 * Lets one process at a time do what must not be done twice (install a package, build a tree).
 * A lock whose holder has died is taken over.
 * @throws LabError after 15 minutes of waiting.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(cacheDir(), { recursive: true });
  const file = join(cacheDir(), `${name}.lock`);
  const deadline = Date.now() + waitLimitMs;
  while (!(await take(file))) {
    if (Date.now() > deadline)
      throw new LabError(`Another process has held ${file} for 15 minutes.`, 'Remove the file when no such process runs.');
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    // An empty file is one that its holder is about to fill.
    if (holder > 0 && !existsSync(`/proc/${holder}`)) await rm(file, { force: true });
    return false;
  }
}
