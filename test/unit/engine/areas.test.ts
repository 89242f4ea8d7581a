import { describe, expect, it } from 'vitest';
import { areaResults } from '../../../src/engine/areas.ts';
import type { Finding } from '../../../src/model/report.ts';
import { aFinding } from '../../support/report.ts';

const target = {
  id: 'a'.repeat(64),
  name: 'one',
  image: { reference: 'x', id: 'y' },
  platform: 'none',
  discoveredBy: 'test',
  transport: 'unknown',
  state: 'running',
  startedAt: '',
} as const;

function verdict(...findings: readonly Partial<Finding>[]): string | undefined {
  const own = findings.map((changes) =>
    aFinding({ area: 'NET', check: 'NET-004', ...changes, targetId: target.id, target: 'one' }),
  );
  return areaResults([target], own)[0]?.verdict;
}

describe('area verdicts', () => {
  it('is enforced only when everything was decided and nothing failed', () => {
    expect(verdict({ status: 'pass' })).toBe('enforced');
    expect(verdict({ status: 'pass' }, { status: 'not-applicable' })).toBe('enforced');
    expect(verdict({ status: 'pass' }, { status: 'inconclusive' })).toBe('unknown');
    expect(verdict({ status: 'pass' }, { status: 'error' })).toBe('unknown');
  });
  it('is partial when something was held back and something was not', () => {
    expect(verdict({ status: 'pass' }, { status: 'fail' })).toBe('partial');
  });
  it('is cosmetic when nothing was held back, whatever circumstance says', () => {
    expect(verdict({ status: 'fail' })).toBe('cosmetic');
    expect(verdict({ status: 'fail' }, { status: 'pass', check: 'NET-001' }, { status: 'pass', check: 'NET-016' })).toBe(
      'cosmetic',
    );
  });
  it('does not let what is merely worth knowing spoil an area', () => {
    expect(verdict({ status: 'pass' }, { status: 'fail', severity: 'info' })).toBe('enforced');
  });
  it('is not better for a waiver: what was seen was seen', () => {
    const waived = { reason: 'accepted' };
    expect(verdict({ status: 'pass' }, { status: 'fail', waived })).toBe('partial');
    expect(verdict({ status: 'fail', waived })).toBe('cosmetic');
    expect(verdict({ status: 'pass' }, { status: 'inconclusive', waived })).toBe('unknown');
  });
  it('has no verdict where nothing applied', () => {
    expect(verdict({ status: 'not-applicable' })).toBe('not-applicable');
  });
});
