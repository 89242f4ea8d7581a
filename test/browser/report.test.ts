import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderComparisonHtml } from '../../src/reporters/comparison-html.ts';
import { renderHtml } from '../../src/reporters/html.ts';
import { missingBrowser, startBrowser, visit, type TestBrowser } from '../support/browser.ts';
import { fixtureComparison } from '../support/fixture-comparison.ts';
import { fixtureReport } from '../support/fixture-report.ts';
import { hostileReport } from '../support/hostile-report.ts';
import { fitsOnPaper, hasNothingGrave, isDrawn, isNoWiderThan, type Open } from '../support/page-manners.ts';

const PLAIN = { color: false, verbose: false, quiet: false, width: 100 } as const;
const PHONE = { width: 375, height: 812 } as const;
const missing = await missingBrowser();

describe.skipIf(missing !== undefined)(`pages in Chromium${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let started: TestBrowser;
  let directory: string;
  const pages = {
    report: renderHtml(fixtureReport(), PLAIN),
    comparison: renderComparisonHtml(fixtureComparison()),
    hostile: renderHtml(hostileReport(), PLAIN),
  } as const;

  beforeAll(async () => {
    started = await startBrowser();
    // Kept for a person to look at where a directory is named.
    directory = process.env['BULKHEAD_SCREENSHOTS'] ?? (await mkdtemp(path.join(tmpdir(), 'bulkhead-pages-')));
    for (const [name, text] of Object.entries(pages)) await writeFile(path.join(directory, `${name}.html`), text);
  });
  afterAll(async () => {
    await started.close();
    if (process.env['BULKHEAD_SCREENSHOTS'] === undefined) await rm(directory, { recursive: true, force: true });
  });

  async function open(
    name: keyof typeof pages,
    use: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    await visit(started, path.join(directory, `${name}.html`), use, options);
  }
  const at =
    (name: keyof typeof pages): Open =>
    (use, options) =>
      open(name, use, options);

  const shown = (page: Page) => page.locator('article.finding:not([hidden])').count();

  it('filters by status, severity, area and target, and says how many are left', async () => {
    await open('report', async (page) => {
      const count = page.getByRole('status');
      const all = await page.locator('article.finding').count();
      expect(all).toBe(fixtureReport().findings.length);
      expect(await count.textContent()).toBe(`${all} of ${all} findings shown`);

      await page.getByRole('checkbox', { name: 'failed' }).check();
      expect(await shown(page)).toBe(8);
      expect(await count.textContent()).toBe(`8 of ${all} findings shown`);
      await page.getByRole('checkbox', { name: 'critical' }).check();
      expect(await shown(page)).toBe(1);
      expect(await page.locator('article.finding:not([hidden])').textContent()).toContain('HOST-003');
      await page.getByRole('combobox', { name: 'Target' }).selectOption({ label: 'fetcher' });
      expect(await shown(page)).toBe(0);
      expect(await page.getByText('No finding matches the filter.').isVisible()).toBe(true);

      await page.getByRole('button', { name: 'Show all' }).click();
      expect(await shown(page)).toBe(all);
      await page.getByRole('combobox', { name: 'Area' }).selectOption('HOST');
      const hosts = fixtureReport().findings.filter(({ area }) => area === 'HOST').length;
      expect(hosts).toBeGreaterThan(1);
      expect(await shown(page)).toBe(hosts);
      expect(await page.locator('article.finding[data-area=HOST]:not([hidden])').count()).toBe(hosts);
    });
  });

  it('opens a folded group when its status is asked for', async () => {
    await open('report', async (page) => {
      const passed = page.locator('details.group[data-group=pass]');
      expect(await passed.getAttribute('open')).toBeNull();
      await page.getByRole('checkbox', { name: 'passed' }).check();
      expect(await passed.getAttribute('open')).not.toBeNull();
      expect(await passed.locator('article').first().isVisible()).toBe(true);
    });
  });

  it('switches the matrix, by the keyboard and without a script too', async () => {
    for (const javaScriptEnabled of [true, false]) {
      await open(
        'report',
        async (page) => {
          const cell = page.locator('table.grid tbody tr').first().locator('td').nth(1);
          const read = async () => (await cell.innerText()).replace(/\s+/g, ' ');
          expect(await read()).toBe('✗ violation MCP session');
          await page.getByRole('radio', { name: 'Difference' }).focus();
          await page.keyboard.press('ArrowRight');
          expect(await read()).toBe('● closed');
          await page.getByRole('radio', { name: 'Observed' }).check();
          expect(await read()).toBe('→ reached MCP session');
        },
        { javaScriptEnabled },
      );
    }
  });

  it('is a full list without a script', async () => {
    await open(
      'report',
      async (page) => {
        expect(await page.locator('#filter').isVisible()).toBe(false);
        expect(await shown(page)).toBe(fixtureReport().findings.length);
        const evidence = page.locator('article.finding').first().locator('details');
        await evidence.locator('summary').click();
        expect(await evidence.getByText('control on the host itself').isVisible()).toBe(true);
      },
      { javaScriptEnabled: false },
    );
  });

  it('unfolds everything for the printer and folds it again', async () => {
    await open('report', async (page) => {
      const folded = page.locator('details:not([open])');
      const before = await folded.count();
      expect(before).toBeGreaterThan(0);
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect(await folded.count()).toBe(0);
      await page.evaluate("dispatchEvent(new Event('afterprint'))");
      expect(await folded.count()).toBe(before);
      await page.pdf({ path: path.join(directory, 'report.pdf'), format: 'A4' });
    });
  });

  it.each(['report', 'comparison', 'hostile'] as const)(
    '%s has nothing that axe calls serious, in any theme or width',
    async (name) => {
      await hasNothingGrave(at(name), PHONE);
    },
  );

  it.each(['report', 'comparison', 'hostile'] as const)('%s is never wider than a telephone', async (name) => {
    await isNoWiderThan(at(name), PHONE);
  });

  it.each(['report', 'comparison'] as const)('%s fits on paper', async (name) => {
    await fitsOnPaper(at(name));
  });

  it.each(['report', 'comparison'] as const)('%s is drawn in light, dark, on a telephone and on paper', async (name) => {
    await isDrawn(at(name), PHONE, directory, name);
  });

  it('shows hostile names as text', async () => {
    await open('hostile', async (page) => {
      expect(await page.locator('script').count()).toBe(1);
      expect(await page.locator('img, iframe, object, embed, form, link, base').count()).toBe(0);
      await page.getByRole('combobox', { name: 'Target' }).selectOption('1');
      expect(await shown(page)).toBeGreaterThan(0);
      expect(await page.locator('article.card h3').first().textContent()).toContain('<img src=x onerror=alert(1)>');
    });
  });
});
