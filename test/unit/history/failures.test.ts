import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory, type History } from '../../../src/history/history.ts';
import type { Finding, Report } from '../../../src/model/report.ts';
import { at, aRun } from '../../support/history.ts';
import { aFinding } from '../../support/report.ts';

let directory: string;
let history: History;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-failures-'));
  history = openHistory(path.join(directory, 'history.db'), { create: true });
});
afterEach(async () => {
  history.close();
  await rm(directory, { recursive: true });
});

let minute = 0;
const record = async (findings: readonly Finding[], overrides: Partial<Report> = {}) =>
  history.record(aRun({ ...at((minute += 1)), findings: [...findings], ...overrides }));
const endsOf = () =>
  history
    .failures()
    .map(({ subject, firstSeen, lastSeen, fixed, runs }) => [subject, firstSeen.run, lastSeen.run, fixed?.run, runs]);

describe('failures', () => {
  const leak = aFinding({ subject: 'leak' });
  const held = aFinding({ subject: 'other', status: 'pass' });

  it('are open until a run sees them gone', async () => {
    await record([leak]);
    expect(endsOf()).toEqual([['leak', 1, 1, undefined, 1]]);
    await record([leak, held]);
    await record([held]);
    await record([held]);
    expect(endsOf()).toEqual([['leak', 1, 2, 3, 2]]);
    expect(history.failures({ state: 'open' })).toEqual([]);
    expect(history.failures({ state: 'fixed' })).toHaveLength(1);
    expect(history.failures({ target: 'nobody' })).toEqual([]);
    await record([leak]);
    expect(endsOf()).toEqual([['leak', 1, 5, undefined, 3]]);
    expect(history.failures({ state: 'open', target: 'weather' })).toHaveLength(1);
  });

  it.each<readonly [string, readonly Finding[], Partial<Report>]>([
    ['did not look at the server', [aFinding({ target: 'elsewhere', status: 'pass' })], {}],
    ['did not ask the check', [aFinding({ check: 'NET-005', status: 'pass' })], {}],
    ['found nobody', [], { targets: [] }],
    ['could not decide', [{ ...leak, status: 'inconclusive' }], {}],
    ['broke', [{ ...leak, status: 'error' }], {}],
    ['could not decide all of the check', [held, aFinding({ subject: 'third', status: 'inconclusive' })], {}],
    ['was interrupted', [{ ...leak, status: 'pass' }], { interrupted: true }],
  ])('are not fixed by a run that %s', async (_, findings, overrides) => {
    await record([leak]);
    await record(findings, overrides);
    expect(endsOf()).toEqual([['leak', 1, 1, undefined, 1]]);
  });

  it('are fixed by a run that says so, whatever it could not decide beside', async () => {
    await record([leak]);
    await record([{ ...leak, status: 'pass' }, aFinding({ subject: 'third', status: 'inconclusive' })]);
    expect(endsOf()).toEqual([['leak', 1, 1, 2, 1]]);
  });

  it('are as severe as when they were last seen, and a waiver does not hide that they fail', async () => {
    await record([{ ...leak, severity: 'critical' }]);
    await record([
      { ...leak, severity: 'low', waived: { reason: 'accepted' } },
      { ...leak, severity: 'medium', waived: { reason: 'x' } },
    ]);
    expect(history.failures()).toMatchObject([{ severity: 'medium', waived: true, runs: 2, fingerprint: leak.fingerprint }]);
  });

  it('agree with a reading of every run in its turn', async () => {
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
      fc.asyncProperty(fc.array(run, { maxLength: 7 }), async (runs) => {
        history.prune({ keepDays: 1 }, new Date('2100-01-01'));
        const recorded: { readonly id: number; readonly findings: readonly Finding[]; readonly interrupted: boolean }[] = [];
        for (const { findings, interrupted } of runs) {
          recorded.push({ id: await record(findings, { interrupted }), findings, interrupted });
        }
        const seen = history
          .failures()
          .map(({ fingerprint, firstSeen, lastSeen, fixed }) => [fingerprint, [firstSeen.run, lastSeen.run, fixed?.run]]);
        expect(new Map(seen as [string, unknown][])).toEqual(plainReading(recorded));
      }),
      { numRuns: 80 },
    );
  });
});

/** What the query answers, told run by run. */
function plainReading(
  runs: readonly { readonly id: number; readonly findings: readonly Finding[]; readonly interrupted: boolean }[],
): ReadonlyMap<string, readonly (number | undefined)[]> {
  const undecided = ({ status }: Finding) => status === 'inconclusive' || status === 'error';
  const known = new Map<string, { readonly about: Finding; first: number; last: number; fixed: number | undefined }>();
  for (const { id, findings, interrupted } of runs) {
    for (const [fingerprint, state] of known) {
      const own = findings.filter((each) => each.fingerprint === fingerprint);
      const beside = findings.filter(({ check, target }) => check === state.about.check && target === state.about.target);
      const decided = own.length > 0 ? !own.some(undecided) : beside.length > 0 && !beside.some(undecided);
      if (!interrupted && decided) state.fixed ??= id;
    }
    for (const about of findings.filter(({ status }) => status === 'fail')) {
      const first = known.get(about.fingerprint)?.first ?? id;
      known.set(about.fingerprint, { about, first, last: id, fixed: undefined });
    }
  }
  return new Map([...known].map(([fingerprint, { first, last, fixed }]) => [fingerprint, [first, last, fixed]]));
}
