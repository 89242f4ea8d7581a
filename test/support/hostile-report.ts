import type { Report } from '../../src/model/report.ts';
import type { Trend } from '../../src/model/trend.ts';
import { fixtureReport } from './fixture-report.ts';
import { fixtureTrend } from './fixture-trend.ts';

/** Words of the contract: the schema leaves no room for hostile text in them, and grouping needs ids. */
export const CLOSED: readonly string[] = [
  'area',
  'severity',
  'status',
  'verdict',
  'worst',
  'fingerprint',
  'targetId',
  'id',
  'destinationId',
  'kind',
  'value',
];

/** What waivers and changes came to; the state of a target is a text of its engine. */
const STATES: ReadonlySet<string> = new Set([
  'new',
  'resolved',
  'unchanged',
  'incomparable',
  'applied',
  'unused',
  'expired',
  'not-asked',
  'undecided',
]);

/** Words of the contract of a comparison, and of what the page shows as words of its own. */
const CLOSED_IN_PAGES: ReadonlySet<string> = new Set([...CLOSED, 'expected', 'observed', 'source', 'run', 'way']);

/** The same of a trend, whose times are checked where they are read. */
const CLOSED_IN_TRENDS: ReadonlySet<string> = new Set([...CLOSED, 'at', 'startedAt', 'finishedAt', 'day', 'mark', 'state']);

/** Text that means something to a browser. */
export const HOSTILE_MARKUP = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  "' autofocus onfocus='alert(3)",
  '</style></script></title><svg onload=alert(4)>',
  '<!-- --><base href="https://evil.example/">',
  '&lt;b&gt; &#60;i&#62; &amp',
  '` onclick=alert(5) `',
  'javascript:alert(6)',
  '</textarea></select></table><form action="https://evil.example/">',
  '\u0000<\u0000script>alert(7)',
  '\u202e<b>',
  ']]><![CDATA[',
  '${alert(8)}{{7*7}}',
] as const;

/** Every free string of a value replaced; those under a key of `closed` stay. */
export function poison<T>(value: T, next: () => string, closed: ReadonlySet<string> = CLOSED_IN_PAGES): T {
  return replaced(value, next, closed, '') as T;
}

function replaced(value: unknown, next: () => string, closed: ReadonlySet<string>, key: string): unknown {
  if (typeof value === 'string') return closed.has(key) || (key === 'state' && STATES.has(value)) ? value : next();
  if (Array.isArray(value)) return value.map((each) => replaced(each, next, closed, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replaced(each, next, closed, name)]));
}

/** The fixture with markup wherever text may stand; the first target is called `<img …>`. */
export function hostileReport(): Report {
  let index = 0;
  const report = poison(fixtureReport(), () => HOSTILE_MARKUP[index++ % HOSTILE_MARKUP.length] ?? '');
  const [first, ...others] = report.targets;
  return first === undefined ? report : { ...report, targets: [{ ...first, name: HOSTILE_MARKUP[0] }, ...others] };
}

/** A trend with such texts; its servers stay as many as there are, whatever two texts have in common. */
export function poisonedTrend(next: () => string): Trend {
  const trend = poison(fixtureTrend(), next, CLOSED_IN_TRENDS);
  const failures = trend.failures.map((failure, index) => ({ ...failure, target: `${failure.target}${index}` }));
  return { ...trend, failures };
}

export function hostileTrend(): Trend {
  let index = 0;
  return poisonedTrend(() => HOSTILE_MARKUP[index++ % HOSTILE_MARKUP.length] ?? '');
}
