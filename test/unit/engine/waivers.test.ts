import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../../src/engine/glob.ts';
import { applyWaivers, attestationResults } from '../../../src/engine/waivers.ts';
import type { Finding } from '../../../src/model/report.ts';
import type { Waiver } from '../../../src/model/waiver.ts';
import { aFinding } from '../../support/report.ts';

const waiver: Waiver = {
  id: 'NET-004',
  target: 'weather',
  subject: '203.0.113.10:443',
  reason: 'the vendor fixes it in 3.2',
  owner: 'platform-team',
  expires: '2026-11-30',
};
const now = new Date('2026-11-01T12:00:00Z');

function apply(findings: readonly Finding[], waivers: readonly Waiver[], at = now) {
  return applyWaivers(findings, waivers, { now: at, checks: ['NET-004', 'HOST-001'], targets: ['weather', 'github'] });
}

describe('a waiver', () => {
  it('marks a failure, which stays a failure', () => {
    const { findings, results, notes } = apply([aFinding()], [{ ...waiver, ticket: 'OPS-311' }]);
    expect(findings[0]).toMatchObject({
      status: 'fail',
      waived: { reason: waiver.reason, owner: 'platform-team', expires: '2026-11-30', ticket: 'OPS-311' },
    });
    expect(results[0]).toMatchObject({ state: 'applied', findings: 1, daysLeft: 29 });
    expect(notes).toEqual([]);
  });

  it.each<readonly [string, Partial<Finding>, Partial<Waiver>, boolean]>([
    ['the same place', {}, {}, true],
    ['another check', { check: 'HOST-001' }, {}, false],
    ['another server', { target: 'github' }, {}, false],
    ['another subject', { subject: '203.0.113.10:80' }, {}, false],
    ['a subject that only begins so', { subject: '203.0.113.10:4430' }, {}, false],
    ['a pattern of subjects', { subject: '203.0.113.10:80' }, { subject: '203.0.113.10:*' }, true],
    ['a pattern of servers', { target: 'github' }, { target: 'git*' }, true],
    ['a pass', { status: 'pass' }, {}, false],
    ['what is not applicable', { status: 'not-applicable' }, {}, false],
    ['what nobody could decide', { status: 'inconclusive' }, {}, false],
    ['the same, where it says so', { status: 'inconclusive' }, { inconclusive: true }, true],
    ['a check that broke', { status: 'error' }, { inconclusive: true }, false],
    ['a pass, whatever it says', { status: 'pass' }, { inconclusive: true }, false],
  ])('%s', (_, finding, changes, covered) => {
    const [marked] = apply([aFinding(finding)], [{ ...waiver, ...changes }]).findings;
    expect(marked?.waived !== undefined).toBe(covered);
    expect(marked?.status).toBe(finding.status ?? 'fail');
  });

  it.each([
    ['2026-11-30T00:00:00Z', true, 0],
    ['2026-11-30T23:59:59Z', true, 0],
    ['2026-12-01T00:00:00Z', false, -1],
    // Still the thirtieth where the clock is west of Greenwich, and over in UTC.
    ['2026-11-30T20:00:00-05:00', false, -1],
  ])('holds through its last day in UTC: %s', (at, holds, daysLeft) => {
    const { findings, results, notes } = apply([aFinding()], [waiver], new Date(at));
    expect(findings[0]?.waived !== undefined).toBe(holds);
    expect(results[0]).toMatchObject({ state: holds ? 'applied' : 'expired', daysLeft, findings: 1 });
    expect(notes.join()).toMatch(holds ? /ends today/ : /ended on 2026-11-30: 1 finding it covered count/);
  });

  it.each([
    ['2026-11-15T00:00:00Z', /ends on 2026-11-30, in 15/, false],
    ['2026-11-16T00:00:00Z', /ends on 2026-11-30, in 14 days/, true],
  ])('says that it ends soon: %s', (at, words, said) => {
    expect(words.test(apply([aFinding()], [waiver], new Date(at)).notes.join())).toBe(said);
  });

  it('that covers nothing is reported, apart from those that were not asked', () => {
    const { results, notes } = apply(
      [aFinding({ status: 'pass' })],
      [waiver, { ...waiver, id: 'FS-001' }, { ...waiver, target: 'elsewhere' }],
    );
    expect(results.map(({ state }) => state)).toEqual(['unused', 'not-asked', 'not-asked']);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/covers nothing/);
    expect(notes[1]).toMatch(/^2 of 3 waivers/);
  });

  it.each(['inconclusive', 'error'] as const)('may still be needed where its check is %s', (status) => {
    const unseen = aFinding({ status, subject: 'evidence egress' });
    expect(apply([unseen], [waiver]).results[0]?.state).toBe('undecided');
    expect(apply([{ ...unseen, target: 'github' }], [waiver]).results[0]?.state).toBe('unused');
    expect(apply([{ ...unseen, check: 'HOST-001' }], [waiver]).results[0]?.state).toBe('unused');
    expect(apply([unseen], [{ ...waiver, expires: '2026-10-31' }]).results[0]?.state).toBe('expired');
  });

  it('that ended gives way to one that has not', () => {
    const { findings, results } = apply(
      [aFinding()],
      [
        { ...waiver, expires: '2026-10-31' },
        { ...waiver, owner: 'second' },
      ],
    );
    expect(findings[0]?.waived?.owner).toBe('second');
    expect(results.map(({ state, findings: covered }) => [state, covered])).toEqual([
      ['expired', 0],
      ['applied', 1],
    ]);
  });

  it('steers no terminal by its notes', () => {
    const { notes } = apply([], [{ ...waiver, owner: '\u001b[2J' }]);
    expect(notes.join()).toContain('\\u001b[2J');
  });
});

describe('attestations', () => {
  it('are carried, and end like waivers', () => {
    const attestation = { statement: 'by digest', owner: 'registry-team', expires: '2026-11-01', checks: ['HARD-001'] };
    expect(
      attestationResults([attestation, { ...attestation, expires: '2026-10-31' }], now).map(({ expired }) => expired),
    ).toEqual([false, true]);
  });
});

describe('patterns', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['a?c', 'a😀c', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['[2001:db8::10]:443', '[2001:db8::10]:443', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['*a*b', 'xaybzab', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s and %s', (pattern, text, fits) => expect(matchesGlob(pattern, text)).toBe(fits));

  it('say what a regular expression would', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }), (pattern, text) => {
        const expected = new RegExp(`^${pattern.join('').replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesGlob(pattern.join(''), text.join(''))).toBe(expected.test(text.join('')));
      }),
    );
  });

  it('do not hang on what makes regular expressions hang', () => {
    expect(matchesGlob('*a'.repeat(400), `${'a'.repeat(4000)}b`)).toBe(false);
  });
});
