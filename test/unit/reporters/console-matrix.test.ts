import { describe, expect, it } from 'vitest';
import type { MatrixOthers } from '../../../src/model/report.ts';
import { renderConsole } from '../../../src/reporters/console.ts';
import { columnsOf } from '../../../src/reporters/console/layout.ts';
import type { RenderOptions } from '../../../src/reporters/registry.ts';
import { aMatrix, aReport, aTarget } from '../../support/report.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };

/** The section of the matrix alone, for targets of these names. */
function section(names: readonly string[], letters: readonly string[], options: Partial<RenderOptions> = {}): string {
  const targets = names.map((name) => aTarget({ name }));
  const text = renderConsole(aReport({ targets, matrix: aMatrix(targets, letters) }), { ...PLAIN, ...options });
  const from = text.indexOf('Who reaches what');
  return from < 0 ? '' : text.slice(from, text.lastIndexOf('\n\n', text.indexOf('Result', from)));
}

/** The column at which each symbol of a line ends. */
function marksOf(line: string): readonly number[] {
  return [...line.matchAll(/(?<= {2}|m)[✗~?✓○–\\](?= |$)/gu)].map(({ index }) => columnsOf(line.slice(0, index)) + 1);
}

const letters = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, row) =>
    Array.from({ length: count + 5 }, (__, column) => 'ohvsbnu'[(row + column) % 7]).join(''),
  );

describe('the matrix', () => {
  it('has one symbol for each value, and words for those that occur', () => {
    const text = section(['one', 'two'], ['ovbhnus', 'hhhhhhh']);
    expect(text).toContain('     one  two  host  declared  undeclared  DNS  metadata  API\n');
    expect(text).toContain('one    \\    ○     ✗         ~           ✓    –         ?   m✗\n');
    for (const words of [
      'reached, not declared',
      'declared, not reached',
      'could not look',
      'held, not declared',
      'reached, as declared',
      'nothing to dial',
      'm an MCP session opened',
    ])
      expect(text).toContain(words);
    expect(section(['one', 'two'], ['hhhhhhh', 'hhhhhhh'])).not.toContain('could not look');
  });

  it('says the same without colours', () => {
    const options = [
      ['one', 'two'],
      ['ovbhnus', 'uhvbons'],
    ] as const;
    const colored = section(...options, { color: true });
    // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(section(...options));
    expect(colored).toContain('\u001b[31m✗');
  });

  it('is a line where there is one target', () => {
    const text = section(['weather'], ['vohhnh']);
    expect(text).toContain('✗ host · ○ declared · ✓ undeclared · ✓ DNS · – metadata · ✓ API\n');
    expect(text).not.toContain('\\');
  });

  it('is not shown under --quiet, nor where nobody looked', () => {
    expect(section(['one', 'two'], [], { quiet: true })).toBe('');
    const targets = [aTarget(), aTarget({ name: 'tickets' })];
    const { destinations, rows } = aMatrix(targets, []);
    const blank = {
      destinations,
      rows: rows.map((row) => ({ ...row, cells: row.cells.map((cell) => ({ ...cell, attempts: 0 })) })),
    };
    expect(renderConsole(aReport({ targets, matrix: blank }), PLAIN)).not.toContain('Who reaches what');
    expect(renderConsole(aReport({ targets: [] }), PLAIN)).not.toContain('Who reaches what');
  });

  it.each([100, 80, 60, 40])('keeps to %i columns with twenty targets of long names', (width) => {
    const names = Array.from({ length: 20 }, (_, index) => `server-with-a-long-name-${index}`);
    const text = section(names, letters(20), { width });
    const lines = text.split('\n');
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
    // Every target has a row in each block, under numbers of its own.
    const blocks = text.split('\n\n').filter((block) => /^ *20 /m.test(block));
    for (const block of blocks) expect(block.split('\n')).toHaveLength(21);
    const heads = blocks.flatMap((block) => (block.split('\n')[0] ?? '').trim().split(/\s+/));
    expect(heads).toEqual([
      ...names.map((_, index) => String(index + 1)),
      'host',
      'declared',
      'undeclared',
      'DNS',
      'metadata',
      'API',
    ]);
  });

  it('puts every symbol under the end of its heading, whatever the names are', () => {
    const names = ['漢字のサーバー', 'e\u0301'.repeat(8), '🙂', 'plain', '\u001b[2J\n✓ PASS', '\u202egnp.exe', ''];
    for (const width of [100, 60]) {
      const text = section(names, letters(names.length), { width });
      expect(text).not.toContain('\u001b');
      for (const block of text.split('\n\n').slice(1, -1)) {
        const [head = '', ...rows] = block.split('\n');
        expect(rows).toHaveLength(names.length);
        const ends = [...head.matchAll(/\S+(?= |$)/gu)].map(({ index, 0: word }) => columnsOf(head.slice(0, index) + word));
        for (const row of rows) expect(ends).toEqual(expect.arrayContaining([...marksOf(row)]));
        expect(rows.every((row) => marksOf(row).length === marksOf(rows[0] ?? '').length)).toBe(true);
      }
    }
  });

  describe('of more than forty targets', () => {
    const SIZE = 60;
    const names = Array.from({ length: SIZE }, (_, index) => `server-${index}`);
    /** All held, but for two rows: one has two violations among its peers and one at a place, one is unknown at a place. */
    const rows = names.map((_, index) => {
      const peers = 'h'.repeat(SIZE - 1);
      if (index === 50) return `${'h'.repeat(20)}vs${'h'.repeat(SIZE - 23)}vhhhhh`;
      return `${peers}${index === 55 ? 'hhhuhh' : 'hhhhhh'}`;
    });

    it('shows the worst rows, counts their peers, and says what is not shown and where it is', () => {
      const text = section(names, rows);
      const drawn = text.split('\n').filter((line) => line.startsWith('server-'));
      expect(drawn).toHaveLength(40);
      expect(text).toMatch(/\n +host {2}declared {2}undeclared {2}DNS {2}metadata {2}API {3}✗ {3}✓\n/);
      expect(drawn[0]).toMatch(/^server-50 +✗ +✓ +✓ +✓ +✓ +✓ +2 +57$/);
      expect(drawn[1]).toMatch(/^server-55 +✓ +✓ +✓ +\? +✓ +✓ +0 +59$/);
      const words = text.replace(/\s+/g, ' ');
      expect(words).not.toContain('an MCP session opened');
      expect(words).toContain('The 40 of 60 targets with the most that differs or is unknown');
      expect(words).toContain(
        `Not shown: 20 targets, whose places say ✓ ${20 * (SIZE + 5)}. Every place is in --format json (matrix).`,
      );
    });

    it('counts what no row lists as unknown', () => {
      const targets = names.map((name) => aTarget({ name }));
      const dense = aMatrix(targets, rows);
      const ids = new Set(targets.map(({ id }) => id));
      const matrix = {
        ...dense,
        rows: dense.rows.map((row) => ({
          ...row,
          cells: row.cells.filter(({ destinationId }) => !ids.has(destinationId)),
          others: {
            targets: SIZE - 1,
            expected: 'closed',
            observed: 'unknown',
            value: 'unknown',
            findings: [],
          } satisfies MatrixOthers,
        })),
      };
      const text = renderConsole(aReport({ targets, matrix }), { ...PLAIN, verbose: true }).replace(/\s+/g, ' ');
      expect(text).toMatch(/server-50( ✗)( ✓){5} 59 /);
      expect(text).toContain(`Not shown: 20 targets, whose places say ? ${20 * (SIZE - 1)}, ✓ ${20 * 6}.`);
      expect(text).toContain('? server-0 to 59 other targets, expected closed, observed unknown');
    });

    it.each([100, 60, 40])('keeps to %i columns', (width) => {
      for (const line of section(names, rows, { width }).split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(width);
    });

    it('lists the violations first with --verbose, and counts what it leaves out', () => {
      const many = Array.from({ length: SIZE }, (_, index) => (index < 50 ? 'u' : 'v').repeat(SIZE + 5));
      const lines = section(names, many, { verbose: true }).split('\n');
      const marks = lines.flatMap((line) => / to .*, expected closed, observed (reached|unknown)/.exec(line)?.[1] ?? []);
      expect(marks).toEqual(Array.from({ length: 200 }, () => 'reached'));
      expect(lines).toContain('✗ and 450 more places in --format json (matrix): reached, not declared');
      expect(lines).toContain('? and 3250 more places in --format json (matrix): could not look');
    });
  });

  it('lists with --verbose where declared and observed differ, and what is unknown', () => {
    const text = section(['one', 'two'], ['hvbhnuh', 'hhhhhhh'], { verbose: true });
    expect(text).toContain('✗ one to host, expected closed, observed reached: 203.0.113.10:443/tcp');
    expect(text).toContain('~ one to declared destinations, expected open, observed held');
    expect(text).toContain(
      '? one to cloud metadata service, expected closed, observed unknown'.replace(
        'cloud metadata service',
        'cloud metadata service',
      ),
    );
    expect(text).not.toContain('two to');
  });
});
