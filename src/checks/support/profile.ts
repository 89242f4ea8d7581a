import type { Profile } from '../../model/profile.ts';

/** Whether two profiles declare the same. Names, the order of lists, and what says nothing (`false`, empty lists) do not count. */
export function sameProfile(a: Profile, b: Profile): boolean {
  return canonical(a) === canonical(b);
}

/** A run compares each profile with each other one. */
const known = new WeakMap<Profile, string>();

function canonical(profile: Profile): string {
  const before = known.get(profile);
  if (before !== undefined) return before;
  const { name: _name, ...declared } = profile;
  const text = JSON.stringify(normalize(declared)) ?? '';
  known.set(profile, text);
  return text;
}

/** All lists of the format are sets, and absent means nothing: so lists are sorted and emptiness is dropped. */
function normalize(value: unknown): unknown {
  if (value === false || value === null || value === '') return undefined;
  if (Array.isArray(value)) {
    const members = [...new Set(value.map((member) => JSON.stringify(normalize(member)) ?? ''))].toSorted();
    return members.length === 0 ? undefined : members;
  }
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value as object)
    .map(([key, member]) => [key, normalize(member)] as const)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
