import { ComparisonSchema, type Comparison } from '../model/comparison.ts';
import { DriftSchema, type Drift } from '../model/drift.ts';
import { ReportSchema, type Report } from '../model/report.ts';
import { TrendSchema, type Trend } from '../model/trend.ts';
import { escapeText } from '../model/text.ts';

/** A finding is one piece, and so is a row of the matrix. */
const LEVELS = 3;

/**
 * The report as JSON: two spaces, a line break at the end. Keys stand in the order of the published schema,
 * keys that it does not name (profiles, observations) in alphabetical order, so equal reports are equal bytes.
 * What could steer a terminal or a log is written as `\uXXXX`, which is the same JSON value.
 */
export function renderJson(report: Report): string {
  return [...jsonPieces(report)].join('');
}

/** The same in pieces: as one text it may be larger than everything else that a run holds. */
export function* jsonPieces(report: Report): Generator<string> {
  yield* inertPieces(report, LEVELS, ReportSchema);
  yield '\n';
}

/** The comparison in the same form. */
export function renderComparisonJson(comparison: Comparison): string {
  return `${[...inertPieces(comparison, LEVELS, ComparisonSchema)].join('')}\n`;
}

/** The drift in the same form. */
export function renderDriftJson(drift: Drift): string {
  return `${[...inertPieces(drift, LEVELS, DriftSchema)].join('')}\n`;
}

/** The trend in the same form. */
export function renderTrendJson(trend: Trend): string {
  return `${[...inertPieces(trend, LEVELS, TrendSchema)].join('')}\n`;
}

/**
 * JSON of two spaces in which whatever could steer a terminal is written as `\uXXXX`, in pieces.
 * @param levels of the value that are taken apart; on the last one lists alone
 * @param shape what keys are ordered by; without it they stay as they are
 */
export function* inertPieces(value: unknown, levels: number, shape?: Shape, indent = ''): Generator<string> {
  const isList = Array.isArray(value);
  const isWhole = levels === 0 || (levels === 1 && !isList);
  if (isWhole || typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    yield inertJson(shape === undefined ? value : ordered(value, shape), 2).replaceAll('\n', `\n${indent}`);
    return;
  }
  const parts: readonly (readonly [string, unknown, Shape | undefined])[] = isList
    ? value.map((each: unknown) => ['', each, shape && (shape.items ?? {})] as const)
    : entriesOf(value, shape);
  yield isList ? '[' : '{';
  for (const [index, [key, each, own]] of parts.entries()) {
    yield `${index === 0 ? '' : ','}\n${indent}  ${isList ? '' : `${inertJson(key)}: `}`;
    yield* inertPieces(each, levels - 1, own, `${indent}  `);
  }
  yield `\n${indent}${isList ? ']' : '}'}`;
}

/** JSON in which whatever could steer a terminal is written as `\uXXXX`; without `indent` on one line. */
export function inertJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  // Strings hold no raw line break in JSON: every line break here is layout. Most texts hold nothing to escape at all.
  if (!/[^\n -~]|##/.test(text)) return text;
  return text
    .split('\n')
    .map((line) => escapeText(line, Number.POSITIVE_INFINITY))
    .join('\n');
}

/** What the order of keys is read from. */
interface Shape {
  readonly properties?: Readonly<Record<string, object>>;
  readonly items?: object;
}

/** The places of the keys that a shape names. */
const ranks = new WeakMap<Shape, ReadonlyMap<string, number>>();

function ranksOf(shape: Shape): ReadonlyMap<string, number> {
  const before = ranks.get(shape);
  if (before !== undefined) return before;
  const own = new Map(Object.keys(shape.properties ?? {}).map((key, index) => [key, index]));
  ranks.set(shape, own);
  return own;
}

/** What is undefined is no part of JSON. */
function entriesOf(value: object, shape: Shape | undefined): (readonly [string, unknown, Shape | undefined])[] {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  if (shape === undefined) return entries.map(([key, each]) => [key, each, undefined] as const);
  const rank = ranksOf(shape);
  entries.sort(([a], [b]) => (rank.get(a) ?? rank.size) - (rank.get(b) ?? rank.size) || (a < b ? -1 : 1));
  return entries.map(([key, each]) => [key, each, rank.has(key) ? (shape.properties?.[key] ?? {}) : {}] as const);
}

function ordered(value: unknown, shape: Shape): unknown {
  if (Array.isArray(value)) return value.map((each) => ordered(each, shape.items ?? {}));
  if (typeof value !== 'object' || value === null) return value;
  // fromEntries defines own properties, so a key `__proto__` of a profile stays a plain key.
  return Object.fromEntries(entriesOf(value, shape).map(([key, each, own]) => [key, ordered(each, own ?? {})]));
}
