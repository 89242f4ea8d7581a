import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReportSchema } from '../../../src/model/report.ts';
import { FORMATS, isFormat, REPORTERS } from '../../../src/reporters/registry.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { rendered } from '../../support/rendered.ts';

describe('registry', () => {
  it('pins the names of the formats', () => {
    expect(FORMATS).toEqual([
      'console',
      'html',
      'json',
      'junit',
      'sarif',
      'markdown',
      'github',
      'github-summary',
      'gitlab',
      'ocsf',
    ]);
  });

  it.each(FORMATS)('%s describes itself and renders text that ends with one line break', (format) => {
    const { description, extension } = REPORTERS[format];
    expect(description).not.toBe('');
    expect(extension).toMatch(/^[a-z]+$/);
    const options = { color: false, verbose: false, quiet: false, width: 100 };
    const text = rendered(format, fixtureReport(), options);
    expect(text).toMatch(/[^\n]\n$/);
    expect(rendered(format, fixtureReport(), options)).toBe(text);
  });

  it('loads no format before it is asked for', () => {
    const script = `
      const { REPORTERS } = await import(${JSON.stringify(new URL('../../../src/reporters/registry.ts', import.meta.url))});
      const { createRequire } = await import('node:module');
      const loaded = () => Object.keys(createRequire('/').cache).some((file) => file.includes('junit-report-builder'));
      const before = loaded();
      await REPORTERS.junit.load();
      console.log(before, loaded());`;
    const text = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    expect(text).toBe('false true\n');
  });

  it('knows its own names only', () => {
    expect(isFormat('json')).toBe(true);
    expect(isFormat('toString')).toBe(false);
    expect(isFormat('__proto__')).toBe(false);
  });
});

describe('docs/report.md', () => {
  const page = readFileSync(new URL('../../../docs/report.md', import.meta.url), 'utf8');

  it.each(Object.keys(ReportSchema.properties))('explains %s', (field) => {
    expect(page).toMatch(new RegExp(`\\| \`${field}[\`.[]`));
  });

  it.each(Object.keys(ReportSchema.properties.findings.items.properties))('explains findings[].%s', (field) => {
    expect(page).toContain(`| \`${field}\``);
  });
});
