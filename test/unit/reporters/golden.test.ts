import { describe, expect, it } from 'vitest';
import { renderConsole } from '../../../src/reporters/console.ts';
import { renderJson } from '../../../src/reporters/json.ts';
import type { Format, RenderOptions } from '../../../src/reporters/registry.ts';
import { FIXTURE_FILES } from '../../support/fixture-files.ts';
import { golden } from '../../support/golden.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { rendered } from '../../support/rendered.ts';
import { countsOf } from '../../support/report.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };

describe('one report in every format', () => {
  const report = fixtureReport();

  it('has a fixture whose summary follows from its findings', () => {
    expect(report.summary.counts).toEqual(countsOf(report.findings));
  });

  it.each<[string, Partial<RenderOptions>]>([
    ['console.txt', {}],
    ['console-color.txt', { color: true }],
    ['console-verbose.txt', { verbose: true }],
    ['console-quiet.txt', { quiet: true }],
    ['console-narrow.txt', { width: 60, minSeverity: 'high' }],
  ])('%s', (name, options) => {
    const text = renderConsole(report, { ...PLAIN, ...options });
    expect(text).toBe(golden(name, text));
  });

  it.each<[string, Format]>([
    ['junit.xml', 'junit'],
    ['report.sarif', 'sarif'],
    ['comment.md', 'markdown'],
    ['annotations.txt', 'github'],
    ['summary.md', 'github-summary'],
    ['code-quality.json', 'gitlab'],
    ['events.jsonl', 'ocsf'],
  ])('%s', (name, format) => {
    const text = rendered(format, report, { ...PLAIN, files: FIXTURE_FILES });
    expect(text).toBe(golden(name, text));
  });

  it('report.json', () => {
    const text = renderJson(report);
    expect(text).toBe(golden('report.json', text));
  });
});
