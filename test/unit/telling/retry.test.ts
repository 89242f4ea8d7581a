import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, RETRY, retryAfterMs } from '../../../src/telling/retry.ts';

describe('the wait before another attempt', () => {
  it('is any time up to a bound that doubles until its limit', () => {
    const longest = [1, 2, 3, 7, 8, 50].map((attempt) => backoffMs(attempt, RETRY, 1));
    expect(longest).toEqual([1000, 2000, 4000, 60_000, 60_000, 60_000]);
    expect(backoffMs(5, RETRY, 0)).toBe(0);
    expect(backoffMs(3, RETRY, 0.5)).toBe(2000);
  });

  it('is never shorter than the receiver asks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(),
        (attempt, random, asked) => {
          expect(backoffMs(attempt, RETRY, random, asked)).toBeGreaterThanOrEqual(asked);
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 20, 9, 0, 0);

  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Fri, 20 Nov 2026 09:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 08:00:00 GMT', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['99999999999', undefined],
    ['tomorrow', undefined],
    ['2026-11-20', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j', (value, wait) => expect(retryAfterMs(value, now)).toBe(wait));
});
