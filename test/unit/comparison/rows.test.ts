import { describe, expect, it } from 'vitest';
import { comparisonRows, type RunFindings } from '../../../src/comparison/rows.ts';
import type { Finding } from '../../../src/model/report.ts';
import { aFinding } from '../../support/report.ts';

type Said = readonly [check: string, subject: string, status: Finding['status'], severity?: Finding['severity']];

function run(id: string, said: readonly Said[], overrides: Partial<RunFindings> = {}): RunFindings {
  const findings = said.map(([check, subject, status, severity = 'high']) =>
    aFinding({
      check,
      subject,
      status,
      severity,
      area: check.split('-')[0] as Finding['area'],
      message: `${check} says ${status}.`,
    }),
  );
  return { id, declared: id !== 'defaults', references: id === 'defaults' ? [] : ['defaults'], findings, ...overrides };
}

/** `subject: run=observed/verdict …` */
function table(...runs: readonly RunFindings[]): readonly string[] {
  return comparisonRows(runs).map(
    ({ subject, cells }) => `${subject}: ${cells.map((cell) => `${cell.run}=${cell.observed}/${cell.verdict ?? '-'}`).join(' ')}`,
  );
}

const A = 'blocked.test:443';

describe('rows of a comparison', () => {
  it('tell what makes a difference from what does not', () => {
    expect(
      table(
        run('defaults', [['NET-004', A, 'fail']]),
        run('profile', [['NET-004', A, 'fail']]),
        run('isolated', [['NET-004', A, 'pass']]),
      ),
    ).toEqual([`${A}: defaults=reached/- profile=reached/does-not-differ isolated=held/differs-as-declared`]);
  });

  it('join all ways to one endpoint: one that is open is enough', () => {
    expect(
      table(
        run('defaults', [['NET-004', A, 'fail']]),
        run('profile', [
          ['NET-004', A, 'pass'],
          ['NET-005', A, 'fail'],
          ['NET-013', A, 'not-applicable'],
        ]),
      ),
    ).toEqual([`${A}: defaults=reached/- profile=reached/does-not-differ`]);
  });

  it('join what is said of the host, whose addresses differ from run to run', () => {
    expect(
      table(
        run('defaults', [
          ['HOST-001', '172.17.0.1', 'fail'],
          ['HOST-001', '198.51.100.1', 'pass'],
        ]),
        run('profile', [['HOST-001', '172.19.0.1', 'pass']]),
      ),
    ).toEqual(['a listener on the host: defaults=reached/- profile=held/differs-as-declared']);
  });

  it('know a declared destination by the check of it', () => {
    expect(
      table(
        run('defaults', [['NET-004', A, 'pass']]),
        run('profile', [['NET-006', A, 'pass']]),
        run('isolated', [['NET-004', A, 'pass']]),
      ),
    ).toEqual([`${A}: defaults=held/- profile=reached/differs-as-declared isolated=held/as-declared`]);
    expect(table(run('defaults', [['NET-006', A, 'pass']]), run('profile', [['NET-006', A, 'fail']]))).toEqual([
      `${A}: defaults=reached/- profile=held/over-blocked`,
    ]);
  });

  it('call a leak that the defaults do not have more open', () => {
    expect(table(run('defaults', [['NET-004', A, 'pass']]), run('profile', [['NET-004', A, 'fail']]))).toEqual([
      `${A}: defaults=held/- profile=reached/more-open`,
    ]);
  });

  it('are open in a run that nobody could look at', () => {
    expect(
      table(run('defaults', [['NET-004', A, 'fail']]), run('profile', [['NET-004', 'evidence egress', 'inconclusive']])),
    ).toEqual([
      `${A}: defaults=reached/- profile=unknown/undecided`,
      'evidence egress: defaults=absent/- profile=unknown/undecided',
    ]);
  });

  it('leave out what is nowhere', () => {
    expect(
      table(run('defaults', [['NET-014', 'm', 'not-applicable']]), run('profile', [['NET-014', 'm', 'not-applicable']])),
    ).toEqual([]);
  });

  it('take what the profile declares for no breach', () => {
    const [row] = comparisonRows([run('defaults', []), run('profile', [['HOST-005', 's', 'fail', 'info']])]);
    expect(row?.cells[1]).toMatchObject({ observed: 'reached', expected: 'nothing', verdict: 'as-declared' });
  });

  it('compare two profiles with each other where there are no defaults', () => {
    const first = run('first', [['NET-006', A, 'pass']], { references: ['second'] });
    const second = run('second', [['NET-004', A, 'pass']], { references: ['first'] });
    const open = run('second', [['NET-004', A, 'fail']], { references: ['first'] });
    expect(table(first, second)).toEqual([`${A}: first=reached/differs-as-declared second=held/differs-as-declared`]);
    expect(table(first, open)).toEqual([`${A}: first=reached/as-declared second=reached/does-not-differ`]);
  });
});
