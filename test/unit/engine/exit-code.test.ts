import { describe, expect, it } from 'vitest';
import { decideExit, exitCodeOf, type ExitOptions } from '../../../src/engine/exit-code.ts';
import type { Finding } from '../../../src/model/report.ts';
import { aFinding } from '../../support/report.ts';

const options: ExitOptions = { failOn: 'medium', allowEmpty: false, targets: 1, interrupted: false };
const pass = aFinding({ status: 'pass' });
const fail = (severity: Finding['severity']): Finding => aFinding({ status: 'fail', severity });
const open = aFinding({ status: 'inconclusive' });
const error = aFinding({ status: 'error' });

describe('exit code', () => {
  it.each<readonly [string, readonly Finding[], Partial<ExitOptions>, number]>([
    ['clean', [pass], {}, 0],
    ['a failure at the gate', [pass, fail('medium')], {}, 1],
    ['a failure below the gate', [pass, fail('low')], {}, 0],
    ['a gate of never', [fail('critical')], { failOn: 'never' }, 0],
    ['inconclusive', [pass, open], {}, 3],
    ['an error counts like inconclusive', [pass, error], {}, 3],
    ['a violation beats inconclusive', [open, fail('high')], {}, 1],
    ['a waived violation is none', [pass, { ...fail('high'), waived: { reason: 'accepted' } }], {}, 0],
    ['nothing found', [], { targets: 0 }, 3],
    ['nothing found and allowed', [], { targets: 0, allowEmpty: true }, 0],
    ['nothing decided', [aFinding({ status: 'not-applicable' })], {}, 3],
    ['the engine failed', [fail('high')], { engineFailure: 'gone' }, 4],
    ['interrupted beats all', [fail('high')], { engineFailure: 'gone', interrupted: true }, 130],
  ])('%s', (_, findings, changes, code) => {
    expect(decideExit(findings, { ...options, ...changes }).code).toBe(code);
  });

  it('says which gate failed', () => {
    const waiver = {
      id: 'NET-004',
      target: '*',
      subject: '*',
      reason: 'r',
      owner: 'o',
      expires: '2026-01-01',
      findings: 0,
      daysLeft: -1,
    };
    const waivers = [
      { ...waiver, state: 'expired' as const },
      { ...waiver, state: 'unused' as const },
      { ...waiver, state: 'unused' as const },
    ];
    expect(decideExit([pass], { ...options, waivers }).reason).toBe(
      '1 waiver has ended, 2 waivers cover nothing (--fail-on-unused-waiver).',
    );
    expect(decideExit([pass, pass, open], { ...options, minCoverage: 66.7 })).toEqual({
      code: 3,
      reason: '2 of 3 findings were decided: 66.6 %, and --min-coverage asks for 66.7 %.',
    });
    expect(decideExit([pass, pass, open], { ...options, minCoverage: 66 }).reason).toBe('1 finding could not be decided.');
  });

  it('is 2 for what the caller got wrong and 4 for the engine', () => {
    expect(exitCodeOf('usage')).toBe(2);
    expect(exitCodeOf('profile-invalid')).toBe(2);
    expect(exitCodeOf('engine-unreachable')).toBe(4);
    expect(exitCodeOf('interrupted')).toBe(130);
  });
});
