import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverageOf } from '../../../src/engine/coverage.ts';
import type { Finding } from '../../../src/model/report.ts';
import { aFinding } from '../../support/report.ts';

const waived = { reason: 'accepted' };
const STATUSES = ['pass', 'fail', 'inconclusive', 'error', 'not-applicable'] as const;

describe('coverage', () => {
  it('counts what was decided among what applies, waived or not', () => {
    const findings = [
      aFinding({ status: 'pass' }),
      aFinding({ waived }),
      aFinding({ status: 'inconclusive', waived }),
      aFinding({ status: 'error' }),
      aFinding({ status: 'not-applicable' }),
    ];
    expect(coverageOf(findings)).toEqual({ decided: 2, applicable: 4, percent: 50 });
  });

  it('is no number where nothing applies', () => {
    expect(coverageOf([aFinding({ status: 'not-applicable' })])).toEqual({ decided: 0, applicable: 0 });
  });

  it('calls nothing but everything 100 %', () => {
    const finding = fc.constantFrom(...STATUSES).map((status): Finding => aFinding({ status }));
    fc.assert(
      fc.property(fc.array(finding, { minLength: 1, maxLength: 2000 }), (findings) => {
        const { decided, applicable, percent } = coverageOf(findings);
        expect(percent === 100).toBe(applicable > 0 && decided === applicable);
      }),
    );
    const almost = [aFinding({ status: 'error' }), ...Array.from({ length: 9999 }, () => aFinding({ status: 'pass' }))];
    expect(coverageOf(almost).percent).toBe(99.9);
  });
});
