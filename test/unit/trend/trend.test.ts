import { describe, expect, it } from 'vitest';
import { trendOf } from '../../../src/trend/trend.ts';
import { aChange, aHistoryRun, aLook, fixtureTrend } from '../../support/fixture-trend.ts';

const tool = { name: 'bulkhead', version: '0.1.0' };
const ONE = { subject: 'one' };

describe('a trend', () => {
  it('tells the story of the fixture', () => {
    const { summary, points, failures, targets, days } = fixtureTrend();
    expect(summary).toEqual({
      runs: 9,
      targets: 3,
      undecided: 1,
      open: 4,
      waived: 1,
      new: 6,
      fixed: 1,
      medianSecondsToFix: 3 * 86_400,
    });
    expect(points.map(({ open, undecided }) => open + undecided)).toEqual([2, 3, 4, 3, 3, 4, 5, 5, 5]);
    expect(failures.map(({ target, check, state, returned }) => [target, check, state, returned])).toEqual([
      ['tickets', 'HARD-001', 'undecided', undefined],
      ['tickets', 'HARD-004', 'open', undefined],
      ['notes', 'PIVOT-001', 'open', undefined],
      ['weather', 'HOST-001', 'open', undefined],
      ['weather', 'NET-004', 'open', true],
    ]);
    expect(targets.map(({ name, looks }) => [name, looks.map(({ run }) => run)])).toEqual([
      ['notes', [1, 2, 3, 4, 5]],
      ['tickets', [1, 2, 3, 4, 5, 7, 8, 9]],
      ['weather', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ]);
    // No day between the fifth and the ninth, and the run that broke off decides no coverage.
    expect(days.map(({ day, runs, coverage }) => [day.slice(8), runs, coverage.percent])).toEqual([
      ['01', 1, 100],
      ['02', 1, 100],
      ['03', 1, 100],
      ['04', 1, 100],
      ['05', 2, 100],
      ['09', 1, 100],
      ['10', 1, undefined],
      ['12', 1, 90.4],
    ]);
  });

  it('is not fooled by what was undecided before it ever failed, or after it was fixed', () => {
    const runs = [1, 2, 3, 4, 5].map((id) => aHistoryRun(id, id));
    const states = ['undecided', 'open', 'fixed', 'undecided', 'fixed'] as const;
    const changes = runs.map((run, index) => aChange(run, states[index] ?? 'open', ONE));
    const { points, summary } = trendOf({ runs, changes, looks: [] }, { tool });
    expect(points.map(({ open, undecided }) => [open, undecided])).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(summary).toMatchObject({ new: 1, fixed: 1, medianSecondsToFix: 86_400 });
  });

  it('says no length of time below nothing when a clock was set back', () => {
    const runs = [aHistoryRun(1, 5), aHistoryRun(2, 1)];
    const changes = runs.map((run, index) => aChange(run, index === 0 ? 'open' : 'fixed', ONE));
    expect(trendOf({ runs, changes, looks: [] }, { tool }).summary.medianSecondsToFix).toBe(0);
    expect(trendOf({ runs, changes: changes.slice(0, 1), looks: [] }, { tool }).failures).toMatchObject([{ seconds: 0 }]);
  });

  it('takes for the coverage of a day the last look at each server that did not break off', () => {
    const runs = [aHistoryRun(1, 0), aHistoryRun(2, 0.1), aHistoryRun(3, 0.2, { interrupted: true })];
    const looks = [
      aLook(1, 'weather', { decided: 1, applicable: 10 }),
      aLook(1, 'notes', { decided: 10, applicable: 10 }),
      aLook(2, 'weather', { decided: 5, applicable: 10 }),
      aLook(3, 'weather', { decided: 0, applicable: 10 }),
    ];
    expect(trendOf({ runs, changes: [], looks }, { tool }).days).toMatchObject([
      { runs: 3, targets: 2, coverage: { decided: 15, applicable: 20, percent: 75 } },
    ]);
  });
});
