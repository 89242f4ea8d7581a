import { describe, expect, it } from 'vitest';
import { baselineOf, compareWithBaseline } from '../../../src/engine/baseline.ts';
import { decideExit, type ExitOptions } from '../../../src/engine/exit-code.ts';
import type { Severity } from '../../../src/model/check.ts';
import type { Finding } from '../../../src/model/report.ts';
import type { WaiverResult, WaiverState } from '../../../src/model/waiver.ts';
import { aFinding } from '../../support/report.ts';

const pass = aFinding({ status: 'pass', subject: 'held' });
const violation = aFinding({ severity: 'high', subject: 'reached' });
const inconclusive = aFinding({ status: 'inconclusive', subject: 'open' });
const waived = aFinding({ severity: 'high', subject: 'accepted', waived: { reason: 'accepted', expires: '2027-01-31' } });
const unseen = aFinding({ status: 'inconclusive', subject: 'unseen', waived: { reason: 'accepted', expires: '2027-01-31' } });
const error = aFinding({ status: 'error', subject: 'check' });

/** What a run holds beside a pass; `empty` found no server at all. */
const RUNS: Readonly<Record<string, readonly Finding[]>> = {
  clean: [pass],
  violation: [pass, violation],
  inconclusive: [pass, inconclusive],
  waived: [pass, waived],
  'waived alone': [waived],
  'waived as undecided': [pass, unseen],
  error: [pass, error],
  'violation and inconclusive': [violation, inconclusive],
  'violation and error': [violation, error],
  'violation and waived': [violation, waived],
  'waived and inconclusive': [waived, inconclusive],
  everything: [pass, violation, inconclusive, waived, error],
  empty: [],
};

function aWaiver(state: WaiverState): WaiverResult {
  const waiver = { id: 'NET-004', target: 'weather', subject: '*', reason: 'later', owner: 'me', expires: '2027-01-31' };
  return { ...waiver, state, findings: 0, daysLeft: 1 };
}

type Gate = Severity | 'never';
/** Without a baseline; with one that knows the violation; with one that was clean; with one of a server that is gone. */
type Codes = readonly [none: number, known: number, clean: number, lost: number];

const TABLE: readonly (readonly [run: string, gate: Gate, codes: Codes])[] = [
  ['clean', 'medium', [0, 0, 0, 3]],
  ['clean', 'critical', [0, 0, 0, 0]],
  ['clean', 'never', [0, 0, 0, 0]],
  ['violation', 'medium', [1, 0, 1, 1]],
  ['violation', 'critical', [0, 0, 0, 0]],
  ['violation', 'never', [0, 0, 0, 0]],
  ['inconclusive', 'medium', [3, 3, 3, 3]],
  ['inconclusive', 'critical', [3, 3, 3, 3]],
  ['inconclusive', 'never', [3, 3, 3, 3]],
  ['waived', 'medium', [0, 0, 0, 3]],
  ['waived', 'critical', [0, 0, 0, 0]],
  ['waived', 'never', [0, 0, 0, 0]],
  ['waived alone', 'medium', [0, 0, 0, 3]],
  ['waived alone', 'critical', [0, 0, 0, 0]],
  ['waived alone', 'never', [0, 0, 0, 0]],
  ['waived as undecided', 'medium', [0, 3, 0, 3]],
  ['waived as undecided', 'critical', [0, 0, 0, 0]],
  ['waived as undecided', 'never', [0, 0, 0, 0]],
  ['error', 'medium', [3, 3, 3, 3]],
  ['error', 'critical', [3, 3, 3, 3]],
  ['error', 'never', [3, 3, 3, 3]],
  ['violation and inconclusive', 'medium', [1, 3, 1, 1]],
  ['violation and inconclusive', 'critical', [3, 3, 3, 3]],
  ['violation and inconclusive', 'never', [3, 3, 3, 3]],
  ['violation and error', 'medium', [1, 3, 1, 1]],
  ['violation and error', 'critical', [3, 3, 3, 3]],
  ['violation and error', 'never', [3, 3, 3, 3]],
  ['violation and waived', 'medium', [1, 0, 1, 1]],
  ['violation and waived', 'critical', [0, 0, 0, 0]],
  ['violation and waived', 'never', [0, 0, 0, 0]],
  ['waived and inconclusive', 'medium', [3, 3, 3, 3]],
  ['waived and inconclusive', 'critical', [3, 3, 3, 3]],
  ['waived and inconclusive', 'never', [3, 3, 3, 3]],
  ['everything', 'medium', [1, 3, 1, 1]],
  ['everything', 'critical', [3, 3, 3, 3]],
  ['everything', 'never', [3, 3, 3, 3]],
  ['empty', 'medium', [3, 3, 3, 3]],
  ['empty', 'critical', [3, 3, 3, 3]],
  ['empty', 'never', [3, 3, 3, 3]],
];

const CHECKS = { tool: '0.1.0', checks: ['NET-004'] };
const BASELINES = {
  known: { ...CHECKS, targets: ['weather'], findings: [violation] },
  clean: { ...CHECKS, targets: ['weather'], findings: [pass] },
  lost: { ...CHECKS, targets: ['weather', 'gone'], findings: [aFinding({ target: 'gone', severity: 'high' })] },
};

function codeOf(
  run: string,
  failOn: Gate,
  baseline?: keyof typeof BASELINES,
  allowEmpty = false,
  more: Pick<ExitOptions, 'waivers' | 'minCoverage'> = {},
): number {
  const findings = RUNS[run] ?? [];
  const targets = run === 'empty' ? [] : ['weather'];
  const compared =
    baseline && compareWithBaseline({ ...CHECKS, targets, findings }, { source: 'b', baseline: baselineOf(BASELINES[baseline]) });
  return decideExit(findings, {
    failOn,
    allowEmpty,
    targets: targets.length,
    interrupted: false,
    ...more,
    ...(compared === undefined ? {} : { baseline: compared }),
  }).code;
}

describe('exit codes', () => {
  it.each(TABLE)('%s, gate %s', (run, gate, codes) => {
    expect([codeOf(run, gate), codeOf(run, gate, 'known'), codeOf(run, gate, 'clean'), codeOf(run, gate, 'lost')]).toEqual(codes);
  });

  it('has a row for each run at each gate', () => {
    const rows = Object.keys(RUNS).flatMap((run) => ['medium', 'critical', 'never'].map((gate) => `${run}, ${gate}`));
    expect(TABLE.map(([run, gate]) => `${run}, ${gate}`).toSorted()).toEqual(rows.toSorted());
  });

  describe.each(TABLE)('%s, gate %s', (run, gate, codes) => {
    const all = [undefined, 'known', 'clean', 'lost'] as const;
    const codesWith = (more: Parameters<typeof codeOf>[4]) => all.map((baseline) => codeOf(run, gate, baseline, false, more));

    it.each(['expired', 'unused'] as const)('fails where a waiver is %s, if that is a gate', (state) => {
      expect(codesWith({ waivers: [aWaiver('applied'), aWaiver(state)] })).toEqual([1, 1, 1, 1]);
    });

    it.each(['applied', 'not-asked', 'undecided'] as const)('is the same where each is %s', (state) => {
      expect(codesWith({ waivers: [aWaiver(state)] })).toEqual(codes);
    });

    it('is inconclusive where less is decided than has to be, never in place of a violation', () => {
      const whole = codes.map((code) => (code === 0 && run === 'waived as undecided' ? 3 : code));
      expect(codesWith({ minCoverage: 100 })).toEqual(whole);
      expect(codesWith({ minCoverage: 50 })).toEqual(codes);
      expect(codesWith({ minCoverage: 0 })).toEqual(codes);
    });
  });

  it.each([undefined, 'known', 'clean', 'lost'] as const)('an empty run may be allowed, baseline %s', (baseline) => {
    expect(codeOf('empty', 'medium', baseline, true)).toBe(0);
  });

  it.each(Object.keys(RUNS))('%s: the engine failed, or somebody interrupted', (run) => {
    const options = { failOn: 'medium', allowEmpty: true, targets: 1, interrupted: false, engineFailure: 'gone' } as const;
    expect(decideExit(RUNS[run] ?? [], options).code).toBe(4);
    expect(decideExit(RUNS[run] ?? [], { ...options, interrupted: true }).code).toBe(130);
  });

  it('never becomes better by a finding that is worse', () => {
    const rank = [0, 3, 1];
    for (const gate of ['medium', 'critical', 'never'] as const) {
      const clean = rank.indexOf(codeOf('clean', gate));
      for (const run of Object.keys(RUNS)) expect(rank.indexOf(codeOf(run, gate))).toBeGreaterThanOrEqual(clean);
    }
  });
});
