import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory, type History } from '../../../src/history/history.ts';
import type { Finding, Report } from '../../../src/model/report.ts';
import { trendOf } from '../../../src/trend/trend.ts';
import { at, aRun } from '../../support/history.ts';
import { aFinding, aTarget } from '../../support/report.ts';

const tool = { name: 'bulkhead', version: '0.1.0' };
let directory: string;
let history: History;
let minute = 0;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-course-'));
  history = openHistory(path.join(directory, 'history.db'), { create: true });
});
afterEach(async () => {
  history.close();
  await rm(directory, { recursive: true });
});

const record = async (findings: readonly Finding[], overrides: Partial<Report> = {}) =>
  history.record(aRun({ ...at((minute += 1)), findings: [...findings], ...overrides }));
const trend = (asked: Parameters<History['course']>[0] = {}) => trendOf(history.course(asked), { tool, ...asked });
const curve = () => trend().points.map(({ open, waived, undecided }) => [open, waived, undecided]);
const marks = () => trend().targets.map(({ name, looks }) => [name, looks.map(({ run, mark }) => `${run} ${mark}`).join(', ')]);

describe('the course of a history', () => {
  const leak = aFinding({ subject: 'leak' });
  const held = { ...leak, status: 'pass' } as const;
  const elsewhere = { targets: [aTarget({ name: 'notes' })] };
  const other = aFinding({ target: 'notes', status: 'pass' });

  it('keeps a failure open while nobody looks at its server, and draws no mark there', async () => {
    await record([leak]);
    await record([other], elsewhere);
    await record([held]);
    expect(curve()).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    expect(marks()).toEqual([
      ['notes', '2 clean'],
      ['weather', '1 failing, 3 clean'],
    ]);
    expect(trend().days).toMatchObject([{ runs: 3, targets: 2, new: 1, fixed: 1, open: 0 }]);
  });

  it.each<readonly [string, readonly Finding[], Partial<Report>, readonly number[], string]>([
    ['could not decide', [{ ...leak, status: 'inconclusive' }], {}, [0, 0, 1], '1 failing, 2 undecided'],
    ['broke', [{ ...leak, status: 'error' }], {}, [0, 0, 1], '1 failing, 2 undecided'],
    ['was interrupted', [held], { interrupted: true }, [1, 0, 0], '1 failing, 2 failing'],
    ['asked another check', [aFinding({ check: 'NET-005', status: 'pass' })], {}, [1, 0, 0], '1 failing, 2 failing'],
  ])('calls nothing fixed by a run that %s', async (_, findings, overrides, known, line) => {
    await record([leak]);
    await record(findings, overrides);
    expect(curve().at(-1)).toEqual(known);
    expect(marks()).toEqual([['weather', line]]);
    expect(trend().summary).toMatchObject({ new: 1, fixed: 0 });
    expect(trend().summary).not.toHaveProperty('medianSecondsToFix');
  });

  it('calls a server clean only where everything was decided', async () => {
    await record([]);
    await record([held], { interrupted: true });
    await record([{ ...leak, status: 'not-applicable' }]);
    await record([held]);
    await record([{ ...leak, waived: { reason: 'accepted' } }]);
    expect(marks()).toEqual([['weather', '1 undecided, 2 undecided, 3 undecided, 4 clean, 5 waived']]);
    expect(curve().at(-1)).toEqual([1, 1, 0]);
  });

  it('takes what fails in a run that broke off for a failure', async () => {
    await record([leak], { interrupted: true });
    expect(curve()).toEqual([[1, 0, 0]]);
  });

  it('follows severity and waivers, and counts coverage with what is waived', async () => {
    await record([leak, aFinding({ subject: 'second', status: 'inconclusive' })]);
    await record([{ ...leak, severity: 'critical' }]);
    await record([{ ...leak, severity: 'critical', waived: { reason: 'accepted' } }]);
    const { points, failures, days } = trend();
    expect(points.map(({ severities, waived }) => [severities.high, severities.critical, waived])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
    ]);
    expect(failures).toMatchObject([
      { firstSeen: { run: 1 }, lastSeen: { run: 3 }, waived: true, severity: 'critical', seconds: 120 },
    ]);
    expect(days).toMatchObject([{ coverage: { decided: 1, applicable: 1, percent: 100 } }]);
  });

  it('of one server, and since a time, knows what was open before', async () => {
    await record([leak]);
    await record([other, aFinding({ target: 'notes', subject: 'more' })], elsewhere);
    const since = new Date(at(minute).startedAt);
    const late = trend({ since });
    expect(late.points).toMatchObject([{ run: 2, open: 2 }]);
    expect(late.summary).toMatchObject({ runs: 1, new: 1, open: 2 });
    expect(late.targets.map(({ name, open, looks }) => [name, open, looks.length])).toEqual([
      ['notes', 1, 1],
      ['weather', 1, 0],
    ]);
    const one = trend({ target: 'notes' });
    expect(one.runs.map(({ id }) => id)).toEqual([2]);
    expect(one.summary).toMatchObject({ open: 1, targets: 1 });
    expect(trend({ target: 'nobody' })).toMatchObject({ runs: [], points: [], targets: [], summary: { runs: 0, open: 0 } });
  });

  it('agrees with a reading of every run in its turn', async () => {
    const finding = fc
      .record({
        check: fc.constantFrom('NET-004', 'NET-005'),
        target: fc.constantFrom('a', 'b'),
        subject: fc.constantFrom('x', 'y'),
        status: fc.constantFrom<Finding['status']>('fail', 'pass', 'inconclusive', 'error', 'not-applicable'),
      })
      .map((fields) => aFinding(fields));
    const run = fc.record({ findings: fc.array(finding, { maxLength: 5 }), interrupted: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 7 }), async (runs) => {
        history.prune({ keepDays: 1 }, new Date('2100-01-01'));
        for (const { findings, interrupted } of runs) {
          const names = [...new Set(findings.map(({ target }) => target))];
          await record(findings, { interrupted, targets: names.map((name) => aTarget({ name })) });
        }
        const { points, summary } = trend();
        expect(points.map(({ open, undecided }) => [open, undecided])).toEqual(plainReading(runs));
        expect(summary.open + summary.undecided).toBe(history.failures({ state: 'open' }).length);
        expect(summary.new - summary.fixed).toBe(summary.open + summary.undecided);
      }),
      { numRuns: 80 },
    );
  });
});

/** How many are open, and how many undecided since, after each run. */
function plainReading(
  runs: readonly { readonly findings: readonly Finding[]; readonly interrupted: boolean }[],
): readonly (readonly number[])[] {
  const unsure = ({ status }: Finding) => status === 'inconclusive' || status === 'error';
  const known = new Map<string, { readonly about: Finding; undecided: boolean }>();
  return runs.map(({ findings, interrupted }) => {
    for (const [fingerprint, state] of interrupted ? [] : known) {
      const own = findings.filter((each) => each.fingerprint === fingerprint);
      const beside = findings.filter(({ check, target }) => check === state.about.check && target === state.about.target);
      const decisive = own.length > 0 ? own : beside;
      if (decisive.length === 0) continue;
      if (decisive.some(unsure)) state.undecided = true;
      else known.delete(fingerprint);
    }
    for (const about of findings.filter(({ status }) => status === 'fail')) {
      known.set(about.fingerprint, { about, undecided: false });
    }
    const undecided = [...known.values()].filter((state) => state.undecided).length;
    return [known.size - undecided, undecided];
  });
}
