import { isDeepStrictEqual } from 'node:util';
import type { Profile } from '../model/profile.ts';
import type { ReportTarget } from '../model/report.ts';
import type { View } from './view.ts';

type Keys = readonly (keyof Profile)[];

const ALL: Keys = ['network', 'read', 'write', 'privileged'];

/**
 * Checks that say what they say because of a profile, and that no attempt of their own decides: by the keys that they
 * read. When these change, so does what is expected, whatever became of the server.
 */
const EXPECTATIONS: ReadonlyMap<string, Keys> = new Map<string, Keys>([
  ['NET-002', ['network']],
  ['NET-003', ALL],
  ['NET-006', ['network']],
  ['NET-016', ['network']],
  ['NET-018', ALL],
  ['PIVOT-006', ['read', 'write']],
  ['FS-001', ['read', 'write']],
  ['FS-002', ['read', 'write']],
]);

/** Why a check speaks of something else than it did; undefined where its part of the profile is what it was. */
export function otherExpectation(check: string, target: string, before: View, after: View): string | undefined {
  return changed(EXPECTATIONS.get(check) ?? [], before.targets.get(target), after.targets.get(target));
}

/** Checks that fail whatever is declared, and less severely where it is. */
const DEGREES: ReadonlyMap<string, Keys> = new Map<string, Keys>([
  ['FS-004', ['read', 'write']],
  ['FS-005', ['read', 'write']],
  ['HARD-001', ['privileged']],
]);

/** The same of how severe a failure is, where it fails on both sides. */
export function otherSeverity(check: string, target: string, before: View, after: View): string | undefined {
  const keys: Keys = DEGREES.get(check) ?? EXPECTATIONS.get(check) ?? (/^(NET|HOST|PIVOT)-/.test(check) ? ['network'] : []);
  return changed(keys, before.targets.get(target), after.targets.get(target));
}

function changed(keys: Keys, before: ReportTarget | undefined, after: ReportTarget | undefined): string | undefined {
  if (before === undefined || after === undefined) return undefined;
  const different = keys.filter((key) => !isDeepStrictEqual(profileOf(before)[key], profileOf(after)[key]));
  return different.length === 0 ? undefined : `the profile changed (${different.join(', ')}), and with it what is expected`;
}

/** Validated where it was read; the report's own schema leaves it open. */
function profileOf({ declaration }: ReportTarget): Profile {
  return (declaration.profile ?? {}) as Profile;
}
