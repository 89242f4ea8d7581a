import { describe, expect, it } from 'vitest';
import { periodOf } from '../../../src/evidence/period.ts';

const NOW = new Date('2026-11-21T10:00:00.000Z');

describe('the period', () => {
  it.each([
    [{}, { until: '2026-11-21T10:00:00.000Z' }],
    [{ since: '2026-11-01' }, { since: '2026-11-01T00:00:00.000Z', until: '2026-11-21T10:00:00.000Z' }],
    [
      { since: '2026-02-28', until: '2026-02-28' },
      { since: '2026-02-28T00:00:00.000Z', until: '2026-03-01T00:00:00.000Z' },
    ],
  ])('%j has both its days in it', (flags, period) => {
    expect(periodOf(flags, NOW)).toEqual(period);
  });

  it.each([
    { since: '2026-02-30' },
    { since: '01.11.2026' },
    { since: 'yesterday' },
    { since: '' },
    { until: '2026-13-01' },
    { since: '2026-11-02', until: '2026-11-01' },
    { since: '2026-11-22' },
  ])('%j is none', (flags) => {
    expect(() => periodOf(flags, NOW)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringMatching(/2026|--since/) }),
    );
  });
});
