import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderTrendHtml } from '../../src/reporters/trend.ts';
import { trendOf } from '../../src/trend/trend.ts';
import { missingBrowser, startBrowser, visit, type TestBrowser } from '../support/browser.ts';
import { fixtureTrend, largeTrend } from '../support/fixture-trend.ts';
import { HOSTILE_MARKUP, hostileTrend } from '../support/hostile-report.ts';
import { fitsOnPaper, hasNothingGrave, isDrawn, isNoWiderThan, type Open } from '../support/page-manners.ts';

const PHONE = { width: 390, height: 844 } as const;
const missing = await missingBrowser();

describe.skipIf(missing !== undefined)(`the trend in Chromium${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let started: TestBrowser;
  let directory: string;
  const pages = {
    trend: renderTrendHtml(fixtureTrend()),
    'trend-large': renderTrendHtml(largeTrend()),
    'trend-hostile': renderTrendHtml(hostileTrend()),
    'trend-empty': renderTrendHtml(
      trendOf({ runs: [], changes: [], looks: [] }, { tool: { name: 'bulkhead', version: '0.1.0' } }),
    ),
  } as const;
  type Name = keyof typeof pages;
  const NAMES = Object.keys(pages) as readonly Name[];

  beforeAll(async () => {
    started = await startBrowser();
    // Kept for a person to look at where a directory is named.
    directory = process.env['BULKHEAD_SCREENSHOTS'] ?? (await mkdtemp(path.join(tmpdir(), 'bulkhead-trend-')));
    for (const [name, text] of Object.entries(pages)) await writeFile(path.join(directory, `${name}.html`), text);
  });
  afterAll(async () => {
    await started.close();
    if (process.env['BULKHEAD_SCREENSHOTS'] === undefined) await rm(directory, { recursive: true, force: true });
  });

  async function open(name: Name, use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
    await visit(started, path.join(directory, `${name}.html`), use, options);
  }
  const at =
    (name: Name): Open =>
    (use, options) =>
      open(name, use, options);

  const atRun = async (page: Page, server: string) =>
    page
      .locator('table.timelines tbody tr', { has: page.getByRole('rowheader', { name: server }) })
      .locator('td.chosen')
      .innerText();

  it('chooses a run by the keyboard, and says what is known of it', async () => {
    await open('trend', async (page) => {
      const slider = page.getByRole('slider', { name: 'Run' });
      const words = page.locator('#chosen-words');
      expect(await words.textContent()).toBe('Run 9, 2026-11-12 06:00 UTC, manual, exit 3, inconclusive; 4 open after it');
      expect(await atRun(page, 'notes')).toBe('not looked at');
      await slider.focus();
      await page.keyboard.press('Home');
      expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Run 1, /);
      expect([await atRun(page, 'weather'), await atRun(page, 'notes')]).toEqual(['✗ failing', '✓ clean']);
      for (let press = 0; press < 5; press += 1) await page.keyboard.press('ArrowRight');
      expect(await words.textContent()).toMatch(/^Run 6, .* event: container weather started, /);
      expect(await atRun(page, 'tickets')).toBe('not looked at');
    });
  });

  it('follows the pointer over lines and charts', async () => {
    await open('trend', async (page) => {
      const words = page.locator('#chosen-words');
      const over = async (place: ReturnType<Page['locator']>, part: number) => {
        await place.scrollIntoViewIfNeeded();
        const box = await place.boundingBox();
        if (box === null) throw new Error('it is not drawn');
        await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
      };
      await over(page.locator('.strip').first(), 0.5);
      expect(await words.textContent()).toMatch(/^Run 5, /);
      const whole = page.locator('#open .chart svg').first();
      await over(whole, 0.02);
      expect(await words.textContent()).toMatch(/^Run 1, /);
      await over(whole, 0.99);
      expect(await words.textContent()).toMatch(/^Run 9, /);
      expect(await whole.locator('.cursor').getAttribute('transform')).toBe('translate(1000 0)');
    });
  });

  it('filters what is open', async () => {
    await open('trend', async (page) => {
      const shown = () => page.locator('table.failures tbody tr:not([hidden])').count();
      const count = page.locator('#failures-count');
      expect(await count.textContent()).toBe('5 of 5 failures shown');
      await page.getByRole('combobox', { name: 'Severity' }).selectOption('critical');
      expect(await shown()).toBe(2);
      await page.getByRole('combobox', { name: 'Server' }).selectOption({ label: 'notes' });
      expect(await count.textContent()).toBe('1 of 5 failures shown');
      await page.getByRole('combobox', { name: 'Area' }).selectOption('HARD');
      expect(await page.getByText('No failure matches the filter.').isVisible()).toBe(true);
      await page.getByRole('button', { name: 'Show all' }).click();
      expect(await shown()).toBe(5);
    });
  });

  it('says all of it without a script', async () => {
    await open(
      'trend',
      async (page) => {
        expect(await page.locator('#chooser, #failures-filter, .chosen').filter({ visible: true }).count()).toBe(0);
        expect(await page.locator('table.failures tbody tr').count()).toBe(5);
        await page.getByText('The same in words').click();
        expect(await page.getByText('runs 6 to 9 not looked at').isVisible()).toBe(true);
      },
      { javaScriptEnabled: false },
    );
  });

  it('draws no mark where nobody looked', async () => {
    await open('trend', async (page) => {
      const row = page.locator('table.timelines tbody tr', { has: page.getByRole('rowheader', { name: 'notes' }) });
      const right = await row
        .locator('.strip path:not(.ground)')
        .evaluateAll((paths) =>
          Math.max(
            ...paths
              .map((each) => (each as unknown as { getBBox(): { x: number; width: number } }).getBBox())
              .map(({ x, width }) => x + width),
          ),
        );
      // Five runs of nine, 14 pixels each.
      expect(right).toBeLessThanOrEqual(5 * 14);
    });
  });

  it.each(NAMES)('%s has nothing that axe calls serious, in any theme or width', async (name) => {
    await hasNothingGrave(at(name), PHONE);
  });

  it.each(NAMES)('%s is never wider than a telephone', async (name) => {
    await isNoWiderThan(at(name), PHONE);
  });

  it.each(['trend', 'trend-large'] as const)('%s fits on paper', async (name) => {
    await fitsOnPaper(at(name));
  });

  it.each(['trend', 'trend-large'] as const)('%s is drawn in light, dark, on a telephone and on paper', async (name) => {
    await isDrawn(at(name), PHONE, directory, name);
  });

  it('shows hostile names as text', async () => {
    await open('trend-hostile', async (page) => {
      expect(await page.locator('script').count()).toBe(2);
      expect(await page.locator('img, iframe, object, embed, form, link, base').count()).toBe(0);
      await page.getByRole('slider', { name: 'Run' }).press('Home');
      await page.getByRole('combobox', { name: 'Server' }).selectOption('1');
      const names = await page.locator('table.timelines tbody th').allTextContents();
      expect(names.some((name) => HOSTILE_MARKUP.some((hostile) => name.startsWith(hostile.slice(0, 12))))).toBe(true);
    });
  });
});
