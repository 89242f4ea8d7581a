import { ComparisonSchema, type Comparison } from '../model/comparison.ts';
import { DriftSchema, type Drift } from '../model/drift.ts';
import { ReportSchema, type Report } from '../model/report.ts';
import { TrendSchema, type Trend } from '../model/trend.ts';
import { escapeText } from '../model/text.ts';

/**
 * The report as JSON: two spaces, a line break at the end. Keys stand in the order of the published schema,
 * keys that it does not name (profiles, observations) in alphabetical order, so equal reports are equal bytes.
 * What could steer a terminal or a log is written as `\uXXXX`, which is the same JSON value.
 */
export function renderJson(report: Report): string {
  return jsonText(report, ReportSchema);
}

/** The comparison in the same form. */
export function renderComparisonJson(comparison: Comparison): string {
  return jsonText(comparison, ComparisonSchema);
}

/** The drift in the same form. */
export function renderDriftJson(drift: Drift): string {
  return jsonText(drift, DriftSchema);
}

/** The trend in the same form. */
export function renderTrendJson(trend: Trend): string {
  return jsonText(trend, TrendSchema);
}

function jsonText(value: unknown, schema: object): string {
  return `${inertJson(ordered(value, schema), 2)}\n`;
}

/** JSON in which whatever could steer a terminal is written as `\uXXXX`; without `indent` on one line. */
export function inertJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  // Strings hold no raw line break in JSON: every line break here is layout. Most texts hold nothing to escape at all,
  // and a large one is ten million lines.
  if (!/[^\n -~]|##/.test(text)) return text;
  return text
    .split('\n')
    .map((line) => escapeText(line, Number.POSITIVE_INFINITY))
    .join('\n');
}

/** What the order of keys is read from. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

function ordered(value: unknown, shape: Shape): unknown {
  if (Array.isArray(value)) return value.map((each) => ordered(each, shape.items ?? {}));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const known = Object.keys(shape.properties ?? {});
  const rank = new Map(known.map((key, index) => [key, index]));
  entries.sort(([a], [b]) => (rank.get(a) ?? known.length) - (rank.get(b) ?? known.length) || (a < b ? -1 : 1));
  // fromEntries defines own properties, so a key `__proto__` of a profile stays a plain key.
  return Object.fromEntries(
    entries.map(([key, each]) => [key, ordered(each, rank.has(key) ? (shape.properties?.[key] ?? {}) : {})]),
  );
}
