import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftOf } from '../../../src/drift/drift.ts';
import { reportOf } from '../../../src/engine/report.ts';
import type { Drift, DriftChange } from '../../../src/model/drift.ts';
import type { Report } from '../../../src/model/report.ts';
import { bundles, FED_CHECKS } from '../../support/bundles.ts';

/** A run that looked at some of the servers and asked some of the checks. */
const runs: fc.Arbitrary<Report> = fc
  .record({
    bundle: bundles,
    servers: fc.subarray([0, 1, 2], { minLength: 2 }),
    checks: fc.oneof({ weight: 3, arbitrary: fc.constant(FED_CHECKS) }, { weight: 1, arbitrary: fc.subarray([...FED_CHECKS]) }),
    interrupted: fc.boolean(),
    version: fc.constantFrom('0.1.0', '0.1.0', '0.1.0', '0.2.0', '1.0.0'),
  })
  .map(({ bundle, servers, checks, interrupted, version }) => {
    const targets = bundle.targets.filter((_, index) => servers.includes(index));
    const tool = { name: 'bulkhead', version };
    return reportOf({ ...bundle, targets, interrupted, tool }, checks, { failOn: 'medium', allowEmpty: true });
  });

/** Two runs with much in common, as two runs of one system have. */
const twoRuns = fc.oneof(
  fc.tuple(runs, runs),
  fc
    .tuple(bundles, bundles)
    .map(
      ([a, b]) =>
        [a, b].map((bundle) => reportOf(bundle, FED_CHECKS, { failOn: 'medium', allowEmpty: true })) as [Report, Report],
    ),
);

function between(before: Report, after: Report): Drift {
  return driftOf({ report: before, source: 'a' }, { report: after, source: 'b' });
}

/** What a change is about, in any order. */
function about({ target, endpoints = [], findings = [] }: DriftChange): string {
  return JSON.stringify([target, endpoints.toSorted(), findings.map(({ fingerprint }) => fingerprint).toSorted()]);
}

function of(drift: Drift, kind: DriftChange['kind']): readonly DriftChange[] {
  return drift.changes.filter((change) => change.kind === kind);
}

describe('drift', () => {
  it('between a run and itself is none', () => {
    fc.assert(
      fc.property(runs, (run) => {
        expect(between(run, run).changes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('that opened in one direction closed in the other', () => {
    fc.assert(
      fc.property(twoRuns, ([a, b]) => {
        const [there, back] = [between(a, b), between(b, a)];
        expect(of(there, 'opened').map(about).toSorted()).toEqual(of(back, 'closed').map(about).toSorted());
      }),
      { numRuns: 300 },
    );
  });

  it('closes nothing that nobody decided, and loses no new failure', () => {
    fc.assert(
      fc.property(twoRuns, ([a, b]) => {
        const drift = between(a, b);
        const asked = new Set(b.checks.map(({ id }) => id));
        const looked = new Set(b.targets.map(({ name }) => name));
        for (const { findings = [] } of of(drift, 'closed')) {
          for (const { check, target, fingerprint } of findings) {
            expect(asked.has(check) && looked.has(target)).toBe(true);
            const now = b.findings.filter((finding) => finding.fingerprint === fingerprint);
            expect(now.filter(({ status }) => status === 'inconclusive' || status === 'error')).toEqual([]);
            // Without a verdict of its own, the check must have decided everything else there.
            if (now.length === 0) {
              const place = b.findings.filter((finding) => finding.check === check && finding.target === target);
              expect(place.filter(({ status }) => status === 'inconclusive' || status === 'error')).toEqual([]);
            }
          }
        }
        const failed = new Set(a.findings.filter(({ status }) => status === 'fail').map(({ fingerprint }) => fingerprint));
        const told = new Set(
          [...of(drift, 'opened'), ...of(drift, 'incomparable')].flatMap(({ findings = [] }) =>
            findings.map(({ fingerprint }) => fingerprint),
          ),
        );
        for (const { fingerprint, status } of b.findings) {
          if (status === 'fail' && !failed.has(fingerprint)) expect(told.has(fingerprint)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
