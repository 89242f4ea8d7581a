import { anotherVersion } from '../engine/sight.ts';
import type { Flip } from './flips.ts';
import type { Views } from './view.ts';

/** Flips that are told in one sentence. */
export type Group = readonly [Flip, ...Flip[]];

/**
 * What opened or closed, by what it is about: findings of one server that have the same subject, or that rest on the
 * same endpoint reached in the same way, are one change, however many checks speak of it.
 */
export function byPlace(flips: readonly Flip[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const flip of flips) {
    const keys = placesOf(flip);
    const known = new Set(keys.map((key) => groups.get(key)).filter((group) => group !== undefined));
    const merged: Group = [flip, ...[...known].flat()];
    for (const key of merged.flatMap(placesOf)) groups.set(key, merged);
  }
  return [...new Set(groups.values())];
}

function placesOf(flip: Flip): readonly string[] {
  const finding = flip.after ?? flip.before;
  if (finding === undefined) return [];
  const { target, subject } = finding;
  return [subject, ...flip.ways.map(({ way }) => way.endpoint)].map((place) => JSON.stringify([flip.kind, target, place]));
}

/**
 * What cannot be compared, by why: a server that was not looked at is one change, whoever spoke of it, and so is a
 * reason that holds for the whole run.
 */
export function byReason(flips: readonly Flip[], views: Views): readonly Group[] {
  const groups = new Map<string, [Flip, ...Flip[]]>();
  for (const flip of flips) {
    const key = JSON.stringify([ownerOf(flip, views), flip.why]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [flip]);
    else group.push(flip);
  }
  return [...groups.values()];
}

/** The server that a change is about; undefined where it is about the whole run. */
export function ownerOf({ after, before, missing }: Flip, views: Views): string | undefined {
  if (missing !== undefined) return missing;
  const finding = after ?? before;
  const [then, now] = [views.before.sight, views.after.sight];
  const isAsked = finding !== undefined && then.checks.has(finding.check) && now.checks.has(finding.check);
  return isAsked && anotherVersion(then, now) === undefined ? finding.target : undefined;
}
