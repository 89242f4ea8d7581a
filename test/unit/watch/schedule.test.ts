import { describe, expect, it } from 'vitest';
import { nextRun, parseSchedule } from '../../../src/watch/schedule.ts';

const at = (text: string): number => new Date(text).getTime();

describe('a schedule', () => {
  it.each([
    ['10s', 10_000],
    ['15m', 900_000],
    ['6h', 21_600_000],
    ['31d', 2_678_400_000],
  ])('of %s', (text, ms) => {
    expect(parseSchedule(text, '--schedule').next(5)).toBe(5 + ms);
  });

  it('of cron, in local time', () => {
    const schedule = parseSchedule('30 6 * * 1-5', '--schedule');
    // 2026-11-20 is a Friday.
    expect(new Date(schedule.next(at('2026-11-20T06:29:59')))).toEqual(new Date('2026-11-20T06:30:00'));
    expect(new Date(schedule.next(at('2026-11-20T06:30:00')))).toEqual(new Date('2026-11-23T06:30:00'));
  });

  it.each(['', 'often', '5', '9s', '32d', '0 6 * *', '* * * * * *', '61 * * * *', '0 0 30 2 *', '-5m', '1.5h', '999999d'])(
    'is not: %j',
    (text) => {
      expect(() => parseSchedule(text, '--schedule')).toThrow(/--schedule is no schedule/);
    },
  );

  it('may be put off at random, by no more than the jitter', () => {
    const schedule = parseSchedule('1m', '--schedule');
    expect(nextRun(schedule, 0, 5000, () => 0)).toBe(60_000);
    expect(nextRun(schedule, 0, 5000, () => 0.999_999)).toBe(65_000);
    expect(nextRun(schedule, 0, 0, () => 0.5)).toBe(60_000);
  });
});
