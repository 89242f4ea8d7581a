import { describe, expect, it } from 'vitest';
import { baselineOf, compareWithBaseline, type BaselineRun } from '../../../src/engine/baseline.ts';
import type { Finding } from '../../../src/model/report.ts';
import { aFinding } from '../../support/report.ts';

function aRun(findings: readonly Finding[], changes: Partial<BaselineRun> = {}): BaselineRun {
  return { tool: '0.1.0', checks: ['NET-004', 'HOST-001'], targets: ['weather', 'github'], findings, ...changes };
}

/** The states of a comparison, with the reasons. */
function compared(before: BaselineRun, now: BaselineRun): readonly (readonly [string, string?])[] {
  const { changes } = compareWithBaseline(now, { source: 'b.json', baseline: baselineOf(before) });
  return changes.map(({ state, why }) => (why === undefined ? [state] : [state, why]));
}

const fail = aFinding();
const pass = aFinding({ status: 'pass' });
const open = aFinding({ status: 'inconclusive' });
const broken = aFinding({ status: 'error' });
const waived = aFinding({ waived: { reason: 'accepted' } });
const noEvidence = aFinding({ status: 'inconclusive', subject: 'evidence egress' });

describe('a comparison with a baseline', () => {
  it.each<readonly [string, readonly Finding[], readonly Finding[], readonly (readonly [string, string?])[]]>([
    ['fails as before', [fail], [fail], [['unchanged']]],
    ['fails, and passed', [pass], [fail], [['new']]],
    ['fails, and was not there', [], [fail], [['new']]],
    ['fails more severely', [aFinding({ severity: 'low' })], [fail], [['new']]],
    ['fails less severely', [fail], [aFinding({ severity: 'low' })], [['unchanged']]],
    ['passes, and failed', [fail], [pass], [['resolved']]],
    ['is gone, and the check was asked', [fail], [], [['resolved']]],
    ['passes as before', [pass], [pass], []],
    ['undecided now', [fail], [open], [['incomparable', 'it could not be decided now']]],
    ['broken now', [fail], [broken], [['incomparable', 'it could not be decided now']]],
    ['undecided then', [open], [fail], [['incomparable', 'it could not be decided then']]],
    ['undecided on both sides', [open], [open], [['incomparable', 'it could not be decided now']]],
    ['passes, and was undecided', [open], [pass], [['resolved']]],
    [
      'no evidence now: nothing is resolved',
      [fail],
      [noEvidence],
      [
        ['incomparable', 'it could not be decided now'],
        ['incomparable', 'the check could not decide everything now'],
      ],
    ],
    [
      'no evidence then: nothing is new',
      [noEvidence],
      [fail],
      [['incomparable', 'the check could not decide everything then'], ['resolved']],
    ],
    ['waived now, in the baseline', [fail], [waived], [['unchanged']]],
    ['waived then: the waiver ended', [waived], [fail], [['new']]],
    ['a pass of the same name hides nothing', [fail], [pass, fail], [['unchanged']]],
  ])('%s', (_, before, now, expected) => {
    expect(compared(aRun(before), aRun(now))).toEqual(expected);
  });

  it('does not compare what was not looked at', () => {
    const elsewhere = { targets: ['github'] };
    const unasked = { checks: ['HOST-001'] };
    expect(compared(aRun([fail]), aRun([], elsewhere))).toEqual([['incomparable', 'the server is not looked at now']]);
    expect(compared(aRun([fail]), aRun([], unasked))).toEqual([['incomparable', 'the check is not asked now']]);
    expect(compared(aRun([], elsewhere), aRun([fail]))).toEqual([['incomparable', 'the server was not looked at then']]);
    expect(compared(aRun([], unasked), aRun([fail]))).toEqual([['incomparable', 'the check was not asked then']]);
  });

  it('does not compare across major versions', () => {
    const [change] = compared(aRun([fail], { tool: '1.9.0' }), aRun([fail], { tool: '2.0.0' }));
    expect(change?.[0]).toBe('incomparable');
    expect(compared(aRun([fail], { tool: '1.9.0' }), aRun([fail], { tool: '1.10.0' }))).toEqual([['unchanged']]);
    expect(compared(aRun([pass], { tool: '1.9.0' }), aRun([pass], { tool: '2.0.0' }))).toEqual([]);
  });
});

describe('a baseline', () => {
  it('is the same whatever the order, and holds what did not pass', () => {
    const other = aFinding({ check: 'HOST-001', subject: '172.17.0.1' });
    const one = baselineOf(aRun([fail, other, pass, waived]));
    expect(baselineOf(aRun([waived, pass, other, fail]))).toEqual(one);
    expect(one.entries.map(({ check }) => check)).toEqual(['HOST-001', 'NET-004']);
    expect(baselineOf(aRun([waived])).entries).toEqual([]);
  });
});
