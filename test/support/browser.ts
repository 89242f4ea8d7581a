import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { ensurePackages } from '../../lab/apt.ts';
import { messageOf } from '../../src/errors.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Installs Debian's Chromium where it is not there yet. Answers why there is none, else nothing. */
export async function missingBrowser(): Promise<string | undefined> {
  try {
    if (!existsSync(CHROMIUM)) await ensurePackages(['chromium']);
  } catch (error) {
    return messageOf(error);
  }
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM}`;
  const { status } = spawnSync('unshare', [...NAMESPACE, 'true']);
  return status === 0 ? undefined : 'a network namespace cannot be made';
}

const NAMESPACE = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-current-user', '--net'];

export interface TestBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

/**
 * A browser in a network namespace of its own that holds nothing, not even a loopback that is up: neither a page nor
 * the browser itself can send a packet anywhere. It is spoken to through pipes.
 */
export async function startBrowser(): Promise<TestBrowser> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-browser-'));
  const program = path.join(directory, 'chromium');
  await writeFile(program, `#!/bin/sh\nexec unshare ${NAMESPACE.join(' ')} -- ${CHROMIUM} "$@"\n`);
  await chmod(program, 0o755);
  const browser = await chromium.launch({ executablePath: program, headless: true, chromiumSandbox: false });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
