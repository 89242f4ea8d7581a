import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixOf } from '../../../src/engine/matrix.ts';
import { driftOf } from '../../../src/drift/drift.ts';
import { evaluate } from '../../../src/engine/evaluate.ts';
import { reportOf } from '../../../src/engine/report.ts';
import type { ObservationBundle } from '../../../src/model/bundle.ts';
import type { Report } from '../../../src/model/report.ts';
import { updated, within } from '../../../src/watch/state.ts';
import { bundles, FED_CHECKS as CHECKS } from '../../support/bundles.ts';
import { aFinding, aReport, aTarget } from '../../support/report.ts';

const NAMES = ['weather', 'notes', 'files'];
const other = (target: string, subject: string) =>
  aFinding({ target, subject, area: 'PIVOT', check: 'PIVOT-002', status: 'pass' });
const known = aReport({
  targets: NAMES.map((name) => aTarget({ name })),
  findings: [
    ...NAMES.map((target) => aFinding({ target })),
    ...NAMES.flatMap((a) => NAMES.filter((b) => b !== a).map((b) => other(a, b))),
  ],
});
const about = ({ findings }: Report): readonly string[] =>
  findings.map(({ check, target, subject }) => `${check} ${target} ${subject}`).toSorted();

describe('the part of a report about some servers', () => {
  it('has what is said of them, and of the ways between them', () => {
    expect(about(within(known, new Set(['weather', 'notes'])))).toEqual([
      'NET-004 notes 203.0.113.10:443',
      'NET-004 weather 203.0.113.10:443',
      'PIVOT-002 notes weather',
      'PIVOT-002 weather notes',
    ]);
  });

  it('knows a server that shares its name by its id', () => {
    const [, notes] = known.targets;
    const twice = { ...known, findings: [other('weather', `notes (${notes?.id.slice(0, 12)})`)] };
    expect(within(twice, new Set(['weather'])).findings).toEqual([]);
  });
});

describe('what is known after a scan of some servers', () => {
  const fresh = aReport({
    targets: [aTarget({ name: 'weather' })],
    findings: [aFinding({ target: 'weather', status: 'pass' })],
  });

  it('is what it says of them, and what was known of the others', () => {
    const after = updated(known, fresh, new Set());
    expect(about(after)).toEqual(about(known));
    expect(
      after.findings.filter(({ check, status }) => check === 'NET-004' && status === 'pass').map(({ target }) => target),
    ).toEqual(['weather']);
    expect(after.summary.targets).toBe(3);
    expect(after.summary.counts).toMatchObject({ fail: 2, pass: 7 });
  });

  it('has nothing of servers that are gone', () => {
    const after = updated(known, fresh, new Set(['files']));
    expect(after.targets.map(({ name }) => name)).toEqual(['notes', 'weather']);
    expect(about(after).filter((line) => line.includes('files'))).toEqual([]);
  });

  it('has no drift towards a scan that saw the same', () => {
    const judge = (bundle: ObservationBundle): Report => reportOf(bundle, CHECKS, { failOn: 'never', allowEmpty: true });
    const side = (report: Report) => ({ report, source: 'x' });
    fc.assert(
      fc.property(bundles, fc.integer({ min: 0, max: 2 }), (bundle, index) => {
        const whole = judge(bundle);
        expect(driftOf(side(whole), side(updated(whole, whole, new Set()))).changes).toEqual([]);
        // One of them again: what it says of the others was not asked, and is as it was.
        const target = bundle.targets[index];
        if (target === undefined) return;
        const part = judge({ ...bundle, targets: [target] });
        const after = updated(whole, part, new Set());
        // Looked at alone, a server has no others: that is said beside what is known of them.
        expect(about(after).filter((line) => !line.endsWith('other servers'))).toEqual(about(whole));
        expect(
          driftOf(side(within(whole, new Set([target.target.name]))), side(part)).changes.filter(
            ({ kind }) => kind === 'opened' || kind === 'closed',
          ),
        ).toEqual([]);
        expect(matrixOf(bundle, evaluate(bundle, CHECKS)).rows).toHaveLength(after.matrix.rows.length);
      }),
      { numRuns: 60 },
    );
  });
});
