import { describe, expect, it } from 'vitest';
import type { Check, Verdict } from '../../../../src/model/check.ts';
import { judge, summaryOf, type InputOptions } from '../../../support/observations.ts';

export interface Case {
  readonly name: string;
  readonly input: InputOptions;
  /** `status subject`, with the severity in parentheses where it differs from the default. */
  readonly verdicts: readonly string[];
  /** What the message of the first verdict says. */
  readonly says?: RegExp;
  /** What its evidence holds. */
  readonly shows?: readonly RegExp[];
  readonly actual?: string;
  readonly reproduce?: string;
}

export interface Cases {
  /** Passes, or does not apply. */
  readonly valid: readonly Case[];
  /** Fails on at least one subject. */
  readonly invalid: readonly Case[];
  /** Nothing follows from what was seen. */
  readonly undecided: readonly Case[];
}

/** Runs a table of cases; a case that stands in the wrong list fails as well. */
export function runCases(check: Check, { valid, invalid, undecided }: Cases): void {
  describe(`${check.meta.id} ${check.meta.slug}`, () => {
    it.each(valid)('valid: $name', (one) => {
      const statuses = run(check, one).map(({ status }) => status);
      expect(statuses).not.toContain('fail');
      expect(statuses).not.toContain('inconclusive');
    });
    it.each(invalid)('invalid: $name', (one) => {
      expect(run(check, one).map(({ status }) => status)).toContain('fail');
    });
    it.each(undecided)('undecided: $name', (one) => {
      const statuses = run(check, one).map(({ status }) => status);
      expect(statuses).toContain('inconclusive');
      expect(statuses).not.toContain('fail');
    });
  });
}

function run(check: Check, one: Case): readonly Verdict[] {
  const verdicts = judge(check, one.input);
  expect(summaryOf(verdicts)).toEqual(one.verdicts);
  const [first] = verdicts;
  expect(first?.message).toMatch(one.says ?? /./);
  for (const pattern of one.shows ?? []) expect(first?.evidence?.join('\n')).toMatch(pattern);
  expect(first?.actual).toBe(one.actual ?? first?.actual);
  expect(first?.reproduce).toBe(one.reproduce ?? first?.reproduce);
  for (const { message } of verdicts) {
    expect(message).toMatch(/^\S.*\.$/s);
    expect(message).not.toMatch(/undefined|\[object|NaN|\.\./);
  }
  const bare = verdicts.filter(({ status, evidence }) => status === 'fail' && (evidence ?? []).length === 0);
  expect(bare, 'a failure shows its facts').toEqual([]);
  return verdicts;
}
