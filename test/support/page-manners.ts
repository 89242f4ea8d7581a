import path from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { graveProblems } from './browser.ts';

/** Opens a page as a test file does, with its own pages. */
export type Open = (use: (page: Page) => Promise<void>, options?: BrowserContextOptions) => Promise<void>;
type Size = Readonly<{ width: number; height: number }>;

/** A4 at 96 dots an inch, without its margins. */
const PAPER = { width: 688, height: 970 } as const;

export async function hasNothingGrave(open: Open, phone: Size): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [{ width: 1280, height: 900 }, phone]) {
      await open(
        async (page) => {
          expect(await graveProblems(page)).toEqual([]);
        },
        { colorScheme, viewport },
      );
    }
  }
}

export async function isNoWiderThan(open: Open, phone: Size): Promise<void> {
  await open(
    async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width);
    },
    { viewport: phone },
  );
}

export async function fitsOnPaper(open: Open): Promise<void> {
  await open(
    async (page) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PAPER.width);
    },
    { viewport: PAPER },
  );
}

const BACKGROUND: Readonly<Record<string, string>> = { dark: 'rgb(15, 20, 27)', print: 'rgb(255, 255, 255)' };

/** Draws it in light, dark, on a telephone and on paper: `NAME-LOOK.png` in the directory. */
export async function isDrawn(open: Open, phone: Size, directory: string, name: string): Promise<void> {
  const looks: readonly (readonly [string, BrowserContextOptions, 'screen' | 'print'])[] = [
    ['light', { colorScheme: 'light' }, 'screen'],
    ['dark', { colorScheme: 'dark' }, 'screen'],
    ['phone', { viewport: phone, deviceScaleFactor: 2, isMobile: true }, 'screen'],
    ['print', { colorScheme: 'dark', viewport: PAPER }, 'print'],
  ];
  for (const [look, options, media] of looks) {
    await open(async (page) => {
      await page.emulateMedia({ media });
      const image = await page.screenshot({ path: path.join(directory, `${name}-${look}.png`), fullPage: true });
      expect(image.length).toBeGreaterThan(20_000);
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
        BACKGROUND[look] ?? 'rgb(244, 246, 249)',
      );
    }, options);
  }
}
