import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ComparisonSchema } from '../../../src/model/comparison.ts';
import { renderComparison } from '../../../src/reporters/comparison.ts';
import { columnsOf } from '../../../src/reporters/console/layout.ts';
import { renderComparisonJson } from '../../../src/reporters/json.ts';
import type { RenderOptions } from '../../../src/reporters/registry.ts';
import { fixtureComparison } from '../../support/fixture-comparison.ts';
import { golden } from '../../support/golden.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };

describe('a comparison', () => {
  const comparison = fixtureComparison();

  it.each<[string, Partial<RenderOptions>]>([
    ['comparison.txt', {}],
    ['comparison-quiet.txt', { quiet: true }],
    ['comparison-narrow.txt', { width: 50 }],
  ])('%s', (name, options) => {
    const text = renderComparison(comparison, { ...PLAIN, ...options });
    expect(text).toBe(golden(name, text));
  });

  it('comparison.json, as its schema says', () => {
    const text = renderComparisonJson(comparison);
    expect(text).toBe(golden('comparison.json', text));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(ComparisonSchema);
    expect(validate(JSON.parse(text)) ? [] : validate.errors).toEqual([]);
  });

  it('makes no line a command of a log', () => {
    const forged = '::error::forged ##[error]forged';
    const image = JSON.parse(renderComparisonJson(comparison).replaceAll('blocked.test:443', forged)) as typeof comparison;
    for (const width of [40, 60, 120]) {
      for (const color of [false, true]) {
        const text = renderComparison({ ...image, notes: [forged], image: forged }, { ...PLAIN, width, color });
        // oxlint-disable-next-line no-control-regex -- escape sequences are what is taken out
        expect(text.replace(/\u001b\[\d+m/g, '')).not.toMatch(/^\s*::[a-z]|##\w*\[/m);
      }
    }
  });

  it('keeps its columns and a terminal safe from hostile names', () => {
    const hostile = '\u001b[2J\r\n漢字\u202e' + 'x'.repeat(400);
    const poisoned = JSON.parse(
      renderComparisonJson(comparison)
        .replaceAll('compare-docker-profile', 'x')
        .replaceAll('blocked.test:443', JSON.stringify(hostile).slice(1, -1)),
    ) as typeof comparison;
    const notes = { ...poisoned, notes: [hostile], image: hostile };
    for (const width of [40, 80, 120]) {
      const text = renderComparison(notes, { ...PLAIN, width });
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      // A command that is pasted keeps its words whole; everything else fits.
      const wide = text.split('\n').filter((line) => columnsOf(line) > width && !/run -i|--|^ +registry\.example/.test(line));
      expect(wide).toEqual([]);
    }
  });
});
