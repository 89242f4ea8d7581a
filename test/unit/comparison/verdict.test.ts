import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideComparison } from '../../../src/comparison/exit.ts';
import { platformVerdict, runVerdict } from '../../../src/comparison/verdict.ts';
import type { ComparisonCell, ComparisonRow, ComparisonRun, RowVerdict, Way } from '../../../src/model/comparison.ts';

const run = (id: string, way: Way, failure?: string): ComparisonRun => ({
  id,
  way,
  notes: [],
  ...(failure === undefined ? {} : { failure }),
});
const THREE = [run('defaults', 'defaults'), run('profile', 'profile'), run('isolated', 'isolated')];

const CELLS: Readonly<Record<RowVerdict, Pick<ComparisonCell, 'expected' | 'observed'>>> = {
  'differs-as-declared': { expected: 'closed', observed: 'held' },
  'as-declared': { expected: 'closed', observed: 'held' },
  'does-not-differ': { expected: 'closed', observed: 'reached' },
  'more-open': { expected: 'closed', observed: 'reached' },
  'over-blocked': { expected: 'open', observed: 'held' },
  undecided: { expected: 'closed', observed: 'unknown' },
};

/** A row that the defaults reach, with a verdict for each declared run. */
function row(subject: string, profile: RowVerdict, isolated: RowVerdict = 'differs-as-declared'): ComparisonRow {
  const cell = (id: string, verdict: RowVerdict): ComparisonCell => ({ run: id, ...CELLS[verdict], verdict, detail: '' });
  return {
    area: 'NET',
    subject,
    checks: ['NET-004'],
    cells: [
      { run: 'defaults', expected: 'nothing', observed: 'reached', detail: '' },
      cell('profile', profile),
      cell('isolated', isolated),
    ],
  };
}

describe('the verdict on a platform', () => {
  it.each([
    ['enforced', ['differs-as-declared', 'as-declared']],
    ['cosmetic', ['does-not-differ', 'as-declared']],
    ['cosmetic', ['more-open']],
    ['partial', ['does-not-differ', 'differs-as-declared']],
    ['partial', ['over-blocked', 'differs-as-declared']],
    // What nobody could decide may be what holds.
    ['unknown', ['does-not-differ', 'undecided']],
    ['unknown', ['undecided', 'differs-as-declared']],
    ['partial', ['does-not-differ', 'differs-as-declared', 'undecided']],
  ] as const)('is %s for %j', (expected, verdicts) => {
    const rows = verdicts.map((verdict, index) => row(`row ${index}`, verdict));
    expect(platformVerdict(THREE, rows).verdict).toBe(expected);
  });

  it('is cosmetic where the profile does nothing, even though full isolation holds', () => {
    const { verdict, reasons } = platformVerdict(THREE, [row('a', 'does-not-differ'), row('b', 'does-not-differ')]);
    expect(verdict).toBe('cosmetic');
    expect(reasons).toEqual(['profile: does not differ, although declared closed: a, b', 'isolated: differs as declared: a, b']);
  });

  it('is partial where full isolation leaks', () => {
    expect(platformVerdict(THREE, [row('a', 'differs-as-declared', 'does-not-differ')]).verdict).toBe('partial');
  });

  it('is unknown where a run did not start, and says which', () => {
    const runs = [...THREE.slice(0, 2), run('isolated', 'isolated', 'no such image')];
    const judged = platformVerdict(runs, [row('a', 'differs-as-declared')]);
    expect(judged.verdict).toBe('unknown');
    expect(judged.reasons[0]).toBe('isolated did not start: no such image');
  });

  it('is unknown where nothing was seen', () => {
    expect(platformVerdict(THREE, []).verdict).toBe('unknown');
    expect(platformVerdict([], []).verdict).toBe('unknown');
  });

  it('is unknown where nothing that is declared could be reached or held', () => {
    const absent = row('a', 'as-declared', 'as-declared');
    const cells = absent.cells.map((cell) => ({ ...cell, expected: 'nothing' as const, observed: 'absent' as const }));
    const judged = platformVerdict(THREE, [{ ...absent, cells }]);
    expect(judged).toEqual({
      verdict: 'unknown',
      reasons: ['profile: nothing that is declared was observed', 'isolated: nothing that is declared was observed'],
    });
  });

  it('is never enforced with a leak, an open question or something held back, whatever else holds', () => {
    const verdicts = fc.constantFrom(...(Object.keys(CELLS) as RowVerdict[]));
    fc.assert(
      fc.property(fc.array(fc.tuple(verdicts, verdicts), { minLength: 1, maxLength: 8 }), (pairs) => {
        const rows = pairs.map(([profile, isolated], index) => row(`row ${index}`, profile, isolated));
        const { verdict } = platformVerdict(THREE, rows);
        const clean = pairs.flat().every((one) => one === 'differs-as-declared' || one === 'as-declared');
        expect(verdict === 'enforced').toBe(clean);
      }),
    );
  });

  it('names a few rows and counts the others', () => {
    const rows = Array.from({ length: 9 }, (_, index) => row(`row ${index}`, 'does-not-differ'));
    expect(runVerdict(THREE[1] ?? run('', 'profile'), rows).reasons[0]).toMatch(/row 5 and 3 more$/);
  });
});

describe('the exit of a comparison', () => {
  const of = (...verdicts: readonly ('enforced' | 'partial' | 'cosmetic' | 'unknown')[]) =>
    decideComparison(
      verdicts.map((verdict, index) => ({ platform: `p${index}`, verdict })),
      { interrupted: false },
    ).code;
  it('is clean only when every platform enforces', () => {
    expect([of('enforced'), of('enforced', 'unknown'), of('unknown', 'partial'), of('cosmetic'), of()]).toEqual([0, 3, 1, 1, 3]);
  });
  it('tells an engine that failed and an interruption apart', () => {
    expect(decideComparison([], { interrupted: false, engineFailure: 'gone' }).code).toBe(4);
    expect(decideComparison([], { interrupted: true, engineFailure: 'gone' }).code).toBe(130);
  });
});
