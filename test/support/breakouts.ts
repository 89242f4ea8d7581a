import fc from 'fast-check';
import type { Report } from '../../src/model/report.ts';
import { fixtureReport } from './fixture-report.ts';
import { CLOSED, poison } from './hostile-report.ts';

const CLOSED_HERE = new Set([...CLOSED, 'check']);

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

/** The fixture's report with these texts wherever text stands. */
export function poisonedReport(texts: readonly string[]): Report {
  let index = 0;
  return poison(fixtureReport(), () => texts[index++ % texts.length] ?? '', CLOSED_HERE);
}
