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

/** The same of how severe it is, for which any declaration may speak. */
export function otherSeverity(target: string, before: View, after: View): string | undefined {
  return changed(ALL, before.targets.get(target), after.targets.get(target));
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
