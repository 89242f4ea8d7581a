import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/checks/registry.ts';
import { controlState, standardTables } from '../../../src/evidence/controls.ts';
import { addReport, emptyState, type EvidenceState } from '../../../src/evidence/state.ts';
import type { Finding, Report } from '../../../src/model/report.ts';
import { aFinding, aReport } from '../../support/report.ts';

/** Runs one day after the other. */
function after(...runs: readonly { readonly findings: readonly Finding[]; readonly broken?: boolean }[]): EvidenceState {
  const state = emptyState();
  runs.forEach(({ findings, broken = false }, index) => {
    addReport(state, aReport({ startedAt: day(index + 1), findings: [...findings], interrupted: broken }));
  });
  return state;
}

function day(number: number): string {
  return `2026-11-0${number}T00:00:00.000Z`;
}

function only(state: EvidenceState) {
  const all = [...state.failures.values()].flatMap((ofPlace) => [...ofPlace.values()]);
  expect(all).toHaveLength(1);
  return all[0];
}

const fails = aFinding();
const passes = aFinding({ status: 'pass' });
const unsure = aFinding({ status: 'inconclusive' });
const elsewhere = aFinding({ subject: '203.0.113.99:443', status: 'pass' });
const blindElsewhere = aFinding({ subject: 'evidence egress', status: 'error' });
const accepted = aFinding({ waived: { reason: 'vendor', owner: 'platform-team', expires: '2026-12-31' } });
const otherCheck = aFinding({ check: 'HARD-004', status: 'pass' });

describe('what becomes of a failure', () => {
  it.each<readonly [string, EvidenceState, object]>([
    ['open', after({ findings: [fails] }, { findings: [fails] }), { state: 'open', first: day(1), last: day(2), runs: 2 }],
    ['seen twice in one run', after({ findings: [fails, fails] }), { state: 'open', runs: 1 }],
    ['fixed', after({ findings: [fails] }, { findings: [passes] }), { state: 'fixed', last: day(1), fixed: day(2) }],
    [
      'fixed when its subject is gone and the rest was decided',
      after({ findings: [fails] }, { findings: [elsewhere] }),
      { state: 'fixed', fixed: day(2) },
    ],
    [
      'fixed, and not when it is seen again',
      after({ findings: [fails] }, { findings: [passes] }, { findings: [passes] }),
      { fixed: day(2) },
    ],
    [
      'back again',
      after({ findings: [fails] }, { findings: [passes] }, { findings: [fails] }),
      { state: 'open', first: day(1), last: day(3), runs: 2 },
    ],
    ['not decided', after({ findings: [fails] }, { findings: [unsure] }), { state: 'undecided', last: day(1) }],
    [
      'not decided beside what could not be seen',
      after({ findings: [fails] }, { findings: [blindElsewhere] }),
      { state: 'undecided' },
    ],
    ['not fixed by a run that asked something else', after({ findings: [fails] }, { findings: [otherCheck] }), { state: 'open' }],
    ['not fixed by a run that looked at nothing', after({ findings: [fails] }, { findings: [] }), { state: 'open' }],
    ['not fixed by a run that broke off', after({ findings: [fails] }, { findings: [passes], broken: true }), { state: 'open' }],
    [
      'seen by a run that broke off',
      after({ findings: [passes] }, { findings: [fails], broken: true }),
      { state: 'open', last: day(2) },
    ],
    [
      'accepted',
      after({ findings: [fails] }, { findings: [accepted] }),
      { state: 'accepted', waived: { owner: 'platform-team' } },
    ],
    ['accepted in one place and not in the other', after({ findings: [accepted, fails] }), { state: 'open' }],
    ['open again when its waiver has ended', after({ findings: [accepted] }, { findings: [fails] }), { state: 'open' }],
  ])('%s', (_, state, expected) => {
    expect(only(state)).toMatchObject(expected);
    if (only(state)?.state !== 'fixed') expect(only(state)).not.toHaveProperty('fixed');
    if (only(state)?.state === 'open') expect(only(state)).not.toHaveProperty('waived');
  });

  it('counts as fail at the end exactly when it is open', () => {
    const broken = after({ findings: [passes, elsewhere] }, { findings: [fails], broken: true });
    expect([...broken.places.values()].flat().map(({ status }) => status)).toEqual(['pass', 'fail']);
    expect([...after({ findings: [fails] }, { findings: [unsure] }).places.values()].flat()).toMatchObject([
      { status: 'inconclusive' },
    ]);
  });

  it('an engine that failed leaves a run incomplete too', () => {
    const state = after({ findings: [fails] });
    addReport(state, aReport({ startedAt: day(2), findings: [passes], exit: { code: 4, reason: 'gone' } } as Partial<Report>));
    expect(only(state)?.state).toBe('open');
  });

  it('a server that was made anew is the same by its name', () => {
    const state = after({ findings: [fails] }, { findings: [{ ...passes, targetId: 'other' }] });
    expect(only(state)?.state).toBe('fixed');
    expect([...state.places.values()].flat()).toMatchObject([{ target: 'weather', targetId: 'weather', status: 'pass' }]);
  });
});

describe('controls', () => {
  const info = aFinding({ severity: 'info' });
  it.each<readonly [string, readonly Finding[]]>([
    ['not-asked', []],
    ['fail', [passes, unsure, accepted, fails]],
    ['undecided', [passes, unsure, accepted]],
    ['undecided', [passes, blindElsewhere]],
    ['accepted', [passes, accepted]],
    ['pass', [passes, aFinding({ status: 'not-applicable' })]],
    ['pass', [passes, info]],
    ['not-applicable', [info]],
    ['not-applicable', [aFinding({ status: 'not-applicable' })]],
  ])('are %s', (expected, findings) => {
    expect(controlState(findings)).toBe(expected);
  });

  it('are those that the catalogue names, each with every check that names it, and no others', () => {
    const metas = CHECKS.map(({ meta }) => meta);
    const state = after({ findings: [fails] }, { findings: [fails, otherCheck] });
    const tables = standardTables(metas, state);
    const listed = tables.flatMap(({ standard, controls }) =>
      controls.flatMap(({ id, checks }) => checks.map(({ check }) => `${standard}|${id}|${check}`)),
    );
    const expected = metas.flatMap(({ id, references, framework }) => [
      ...references.flatMap(({ source, ids }) => ids.map((control) => `${source}|${control}|${id}`)),
      ...framework.map((row) => `Evaluation framework|${row}|${id}`),
    ]);
    expect(listed.toSorted()).toEqual(expected.toSorted());
    const nist = tables.find(({ standard }) => standard === 'NIST SP 800-190')?.controls ?? [];
    expect(nist.map(({ id }) => id)).toEqual(['3.4.2', '4.4.2']);
    expect(nist[0]?.checks[0]).toMatchObject({ check: 'NET-004', state: 'fail', failedRuns: 2, counts: { fail: 1, pass: 0 } });
    expect(nist[1]?.checks[1]).toMatchObject({ check: 'NET-005', state: 'not-asked', failedRuns: 0 });
    const cis = tables.find(({ standard }) => standard.startsWith('CIS'))?.controls.map(({ id }) => id) ?? [];
    expect(cis.indexOf('5.9')).toBeLessThan(cis.indexOf('5.10'));
  });
});
