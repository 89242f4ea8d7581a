import { escapeText } from '../model/text.ts';

/** One thing that makes a profile invalid. All texts are safe to print. */
export interface Problem {
  /** JSON path, e.g. `network.outbound.allow_host[2]`; empty for the profile itself. */
  readonly path: string;
  /** What is wrong, as the rest of a sentence: `is null`, `"443" is text`. */
  readonly what: string;
  /** What to write instead. */
  readonly good: string;
}

const MAX_VALUE = 60;

/** A value from a file, for a message: quoted, escaped, cut; containers are named, never printed. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${escapeText(value, MAX_VALUE)}"`;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : typeof value;
}

/** The path of a member. Keys come from the file too, so they are escaped. */
export function memberPath(parent: string, key: string): string {
  if (!/^\w{1,64}$/.test(key)) return `${parent}["${escapeText(key, MAX_VALUE)}"]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** ` path: what. good` with `(profile)` for the top. */
export function problemLine(problem: Problem): string {
  return `  ${problem.path === '' ? '(profile)' : problem.path}: ${problem.what}. ${problem.good}`;
}
