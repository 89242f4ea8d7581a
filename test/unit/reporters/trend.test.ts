import { Ajv2020 } from 'ajv/dist/2020.js';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { schemaFiles } from '../../../scripts/generate-schemas.ts';
import { renderTrendJson } from '../../../src/reporters/json.ts';
import { backwards, ceiling, stairs, timeScale } from '../../../src/reporters/trend/chart.ts';
import { TREND_SCRIPT, TREND_SCRIPT_HASH } from '../../../src/reporters/trend/script.ts';
import { TREND_STYLE, TREND_STYLE_HASH } from '../../../src/reporters/trend/style.ts';
import { lengthOf } from '../../../src/reporters/trend/words.ts';
import { renderTrendHtml } from '../../../src/reporters/trend.ts';
import { trendOf } from '../../../src/trend/trend.ts';
import { aHistoryRun, aLook, fixtureTrend, fixtureTrendRows, largeTrend } from '../../support/fixture-trend.ts';
import { golden } from '../../support/golden.ts';

const tool = { name: 'bulkhead', version: '0.1.0' };

describe('the page of a trend', () => {
  it('trend.html', () => {
    const text = renderTrendHtml(fixtureTrend());
    expect(text).toBe(golden('trend.html', text));
  });

  it.each([
    ['style', TREND_STYLE, TREND_STYLE_HASH],
    ['script', TREND_SCRIPT, TREND_SCRIPT_HASH],
  ])('names the hash of its %s', (_, source, hash) => {
    expect(hash).toBe(`sha256-${createHash('sha256').update(source).digest('base64')}`);
    expect(source).not.toMatch(/<\/(?:style|script)|<!--|innerHTML|https?:|url\(|@import/i);
    expect(renderTrendHtml(fixtureTrend())).toContain(hash);
  });

  it('of no run says that nothing is known', () => {
    const text = renderTrendHtml(trendOf({ runs: [], changes: [], looks: [] }, { tool, target: 'nobody' }));
    expect(text).toContain('No run looked at a server: nothing is known.');
    expect(text).toContain('Only the server');
    expect(text).not.toMatch(/\bNaN|Infinity|>undefined|banner t-good/);
  });

  it('calls well only what was clean at its last look', () => {
    const run = aHistoryRun(1, 0);
    const page = (look: Parameters<typeof aLook>[2]) =>
      renderTrendHtml(trendOf({ runs: [run], changes: [], looks: [aLook(1, 'weather', look)] }, { tool }));
    expect(page({})).toContain('No failure was open when each server was last looked at.');
    expect(page({ undecided: 1 })).toContain('not all could be decided at the last look');
    expect(page({ pass: 0 })).not.toContain('banner t-good');
  });

  it('draws nothing where nobody looked, and says so in words', () => {
    const text = renderTrendHtml(fixtureTrend());
    expect(text).toContain('data-marks="ccfff...."');
    expect(text).toContain('<strong>notes</strong>: runs 1 to 2 clean; runs 3 to 5 failing; runs 6 to 9 not looked at');
    expect(text).toContain('aria-label="3 failing, 2 clean, 4 not looked at"');
  });

  it('holds 200 runs of 50 servers, and of more runs the newest, in a page that a browser likes', () => {
    const large = renderTrendHtml(largeTrend());
    expect(large.length).toBeLessThan(700_000);
    // Text of a page is cut where it is long: no drawing may be.
    expect(large).not.toMatch(/ d="[^"]*…/);
    expect(renderTrendHtml(largeTrend(600, 3))).toContain('The newest 400 of 600 runs');
  });
});

describe('the figures of a trend', () => {
  it('are as the schema has them', () => {
    const validate = new Ajv2020({ strict: true }).compile(JSON.parse(schemaFiles().get('trend.schema.json') ?? '') as object);
    for (const trend of [
      fixtureTrend(),
      largeTrend(20, 4),
      trendOf(fixtureTrendRows(), { tool, since: new Date(0), target: 'weather' }),
    ]) {
      expect(validate(JSON.parse(renderTrendJson(trend))) ? [] : validate.errors).toEqual([]);
    }
  });
});

describe('drawing', () => {
  it('has scales whose middle is a whole number', () => {
    expect([0, 1, 2, 3, 9, 11, 41, 430].map(ceiling)).toEqual([2, 2, 2, 4, 10, 20, 60, 600]);
  });

  it('goes by steps, and back the same way', () => {
    const steps = [
      { x: 0, y: 9 },
      { x: 10, y: 9 },
      { x: 20, y: 3 },
    ];
    expect(stairs(steps)).toBe('M0 9H20V3H1000');
    expect(backwards(steps)).toBe('H20V9H0Z');
    expect([stairs([]), backwards([])]).toEqual(['', '']);
  });

  it('keeps time going forward where a clock was set back', () => {
    expect(timeScale(['2026-11-01T00:00Z', '2026-11-03T00:00Z', '2026-11-02T00:00Z', '2026-11-05T00:00Z'])).toEqual([
      0, 500, 500, 1000,
    ]);
    expect(timeScale(['2026-11-01T00:00Z'])).toEqual([0]);
  });

  it('tells lengths of time in words', () => {
    expect([0, 60, 5400, 47 * 3600, 50 * 3600, 72 * 3600, 1_000_000].map(lengthOf)).toEqual([
      '0 minutes',
      '1 minute',
      '2 hours',
      '47 hours',
      '2 days 2 h',
      '3 days',
      '12 days',
    ]);
  });
});
