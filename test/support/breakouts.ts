import fc from 'fast-check';
import type { Report } from '../../src/model/report.ts';
import { fixtureReport } from './fixture-report.ts';

/** Words of the contract: the schema leaves no room for hostile text in them, and grouping needs ids. */
const CLOSED = new Set([
  'area',
  'severity',
  'status',
  'verdict',
  'worst',
  'fingerprint',
  'targetId',
  'id',
  'check',
  'destinationId',
  'kind',
  'value',
]);

/** What breaks out of one format or another: XML, HTML, Markdown, workflow commands, JSON, terminals. */
export const BREAKOUTS = [
  ']]></failure><testcase name="forged"/>',
  '<script>alert(1)</script>',
  '<!-- bulkhead -->',
  '"><img src=x onerror=alert(1)>',
  '&#0;&lt;',
  '\n::error::forged',
  '\r\n::set-output name=x::y',
  '::stop-commands::token',
  '%0A::error::forged',
  '##[error]forged',
  '\n# forged heading\n',
  '| a | b |\n|---|---|\n',
  '[forged](https://203.0.113.10/)',
  '![forged](https://203.0.113.10/x.png)',
  'https://203.0.113.10/forged www.forged.example a@forged.example',
  '@forged-team #1 GH-1',
  '`` ` ``` ~~~',
  '</details></summary>',
  '\\',
  '\\`|\\|',
  '{0} {{ x }} [x](0)',
  '","forged":"',
  '__proto__',
  '../../etc/passwd',
  '\u0000\u0008\u000b\u001b[2J\u009b31m',
  '\ufffe\uffff\ud800',
  '\u202egnp.exe\u2066\u200b\u2028\ufeff',
  '🙂'.repeat(120),
  '🙂a'.repeat(1500),
];

const piece = fc.oneof(fc.constantFrom(...BREAKOUTS), fc.string({ unit: 'binary', maxLength: 30 }));
export const hostileTexts = fc.array(
  fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
  { minLength: 1, maxLength: 30 },
);

function poison(value: unknown, next: () => string, key = ''): unknown {
  if (typeof value === 'string') return CLOSED.has(key) ? value : next();
  if (Array.isArray(value)) return value.map((each) => poison(each, next, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poison(each, next, name)]));
}

/** The fixture's report with these texts wherever text stands. */
export function poisonedReport(texts: readonly string[]): Report {
  let index = 0;
  return poison(fixtureReport(), () => texts[index++ % texts.length] ?? '') as Report;
}
