import axe, { type AxeResults } from 'axe-core';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';
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

/** Opens a page from the disk, hands it over, and holds that it stayed silent and asked for nothing. */
export async function visit(
  { browser }: TestBrowser,
  file: string,
  use: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('dialog', (dialog) => {
    said.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => asked.push(request.url()));
  const url = pathToFileURL(file).href;
  try {
    await page.goto(url);
    await use(page);
    expect(said).toEqual([]);
    expect([...new Set(asked.map((each) => each.split('#')[0]))]).toEqual([url]);
  } finally {
    await context.close();
  }
}

/** What axe calls serious or worse on a page with everything unfolded. */
export async function graveProblems(page: Page): Promise<readonly unknown[]> {
  await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
  expect(passes.length).toBeGreaterThan(10);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html, failureSummary }) => [html, failureSummary])]);
}
