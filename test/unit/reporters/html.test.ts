import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MatrixOthers } from '../../../src/model/report.ts';
import { renderComparisonHtml } from '../../../src/reporters/comparison-html.ts';
import { COMPARISON_FORMATS, COMPARISON_REPORTERS } from '../../../src/reporters/comparison-registry.ts';
import { renderHtml } from '../../../src/reporters/html.ts';
import { SCRIPT, SCRIPT_HASH } from '../../../src/reporters/html/script.ts';
import { STYLE, STYLE_HASH } from '../../../src/reporters/html/style.ts';
import type { RenderOptions } from '../../../src/reporters/registry.ts';
import { fixtureComparison } from '../../support/fixture-comparison.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { golden } from '../../support/golden.ts';
import { aFinding, aMatrix, aReport, aTarget } from '../../support/report.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };

describe('one page', () => {
  it('report.html', () => {
    const text = renderHtml(fixtureReport(), PLAIN);
    expect(text).toBe(golden('report.html', text));
  });

  it('comparison.html', () => {
    const text = renderComparisonHtml(fixtureComparison());
    expect(text).toBe(golden('comparison.html', text));
  });

  it.each([
    ['style', STYLE, STYLE_HASH],
    ['script', SCRIPT, SCRIPT_HASH],
  ])('names the hash of its %s', (_, source, hash) => {
    expect(hash).toBe(`sha256-${createHash('sha256').update(source).digest('base64')}`);
    expect(source).not.toMatch(/<\/(?:style|script)|<!--|innerHTML|https?:|url\((?!#)|@import/i);
  });

  it('hides findings below --min-severity, says how many, and keeps the counts', () => {
    const findings = [aFinding({ subject: 'kept:443' }), aFinding({ subject: 'left-out:443', severity: 'low' })];
    const text = renderHtml(aReport({ findings }), { ...PLAIN, minSeverity: 'high' });
    expect(text).toContain('kept:443');
    expect(text).not.toContain('left-out:443');
    expect(text).toContain('1 finding below high left out (--min-severity)');
    expect(text).toContain('2 findings failed');
  });

  it('does not call an empty or interrupted audit clean', () => {
    expect(renderHtml(aReport({ targets: [] }), PLAIN)).toContain('Nothing was tested: an empty audit proves nothing.');
    const cut = renderHtml(aReport({ interrupted: true, findings: [aFinding({ status: 'pass' })] }), PLAIN);
    expect(cut).toContain('not a clean result');
    expect(cut).not.toContain('What is declared is what is enforced');
  });

  it('tells a place that nobody could look at from one that was held', () => {
    const targets = [aTarget()];
    const text = renderHtml(aReport({ targets, matrix: aMatrix(targets, ['hhhuuh']) }), PLAIN);
    expect(text).toContain('2 places could not be looked at: no line there does not mean held.');
    expect(text).toMatch(/Metadata<\/text><text[^>]*>\? unknown</);
    expect(text).toMatch(/Host<\/text><text[^>]*>✓ held</);
    expect(text).not.toContain('reaches nothing');
  });
});

describe('a comparison', () => {
  it('is written in three formats, each its own', () => {
    expect(COMPARISON_FORMATS).toEqual(['console', 'json', 'html']);
    const texts = COMPARISON_FORMATS.map((format) => COMPARISON_REPORTERS[format](fixtureComparison(), PLAIN));
    expect(new Set(texts).size).toBe(3);
    for (const text of texts) expect(text).toContain('registry.example/mcp/weather:2.1.0');
  });
});

describe('many targets', () => {
  const many = (number: number, letter: string) => {
    const targets = Array.from({ length: number }, (_, index) => aTarget({ name: `server-${index + 1}` }));
    const matrix = aMatrix(
      targets,
      Array.from({ length: number }, () => letter.repeat(number + 5)),
    );
    return { targets, matrix };
  };

  it('draws a picture of forty', () => {
    const text = renderHtml(aReport(many(40, 'v')), PLAIN);
    expect(text).not.toContain('too many for a picture');
    expect(text.match(/class="self"/g)).toHaveLength(40);
  });

  it('stays bounded with five hundred, counts every violation and says what it leaves out', () => {
    const report = many(500, 'v');
    const findings = report.targets.flatMap(({ name }) =>
      Array.from({ length: 50 }, (_, index) =>
        aFinding({ target: name, subject: `198.51.100.${index}:443`, evidence: ['a', 'b'] }),
      ),
    );
    const text = renderHtml(aReport({ ...report, findings }), PLAIN);
    expect(text).toContain('500 × 506 places are too many for a picture: in each row the other targets are counted.');
    expect(text).toContain(
      'The 200 targets with the most that differs or is unknown have a row; of the 300 others the places say: 151500 violation.',
    );
    expect(text.match(/<i>✗ 499 violation<\/i>/g)).toHaveLength(200);
    expect(text).toContain('252500 places: reached, not declared');
    expect(text).toContain('The page holds 5000 of 25000 findings, the worst first');
    expect(text).toContain('and 20000 more findings: too many for a page');
    expect(text.length).toBeLessThan(20_000_000);
  });

  it('has elements in proportion to the targets, not to their square', () => {
    const of = (number: number): number => {
      const { targets, matrix } = many(number, 'u');
      return [...renderHtml(aReport({ targets, matrix }), PLAIN).matchAll(/<[a-z]/g)].length;
    };
    const [one, two, four] = [of(100), of(200), of(400)];
    expect((four - two) / (two - one)).toBeLessThan(2.2);
  });

  it('puts the worst rows first, and counts as unknown what no row lists', () => {
    const { targets, matrix } = many(80, 'h');
    const places = matrix.destinations.filter(({ kind }) => kind !== 'target').map(({ id }) => id);
    const rows = matrix.rows.map((row, index) => ({
      ...row,
      cells: row.cells
        .filter(({ destinationId }) => places.includes(destinationId))
        .map((cell) => (index === 70 ? { ...cell, value: 'violation' as const, observed: 'reached' as const } : cell)),
      others: { targets: 79, expected: 'closed', observed: 'unknown', value: 'unknown', findings: [] } satisfies MatrixOthers,
    }));
    const text = renderHtml(aReport({ targets, matrix: { ...matrix, rows } }), PLAIN);
    const [, ...drawn] = [...text.matchAll(/<tr><th scope="row">([^<]*)<\/th>/g)].map(([, name]) => name);
    expect([text.match(/<tr><th scope="row">([^<]*)<\/th>/)?.[1], drawn.length]).toEqual(['server-71', 79]);
    expect(text.match(/<i>\? 79 unknown<\/i>/g)).toHaveLength(80);
    expect(text).toContain('6320 places could not be looked at: no line there does not mean held.');
  });
});
