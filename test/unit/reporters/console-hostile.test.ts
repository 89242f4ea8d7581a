import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/model/report.ts';
import { SEVERITIES } from '../../../src/model/check.ts';
import { inertLines } from '../../../src/model/text.ts';
import { renderConsole } from '../../../src/reporters/console.ts';
import { columnsOf } from '../../../src/reporters/console/layout.ts';
import type { RenderOptions } from '../../../src/reporters/registry.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { CLOSED, poison } from '../../support/hostile-report.ts';

/** Written anew here: a mistake in the escaping must not excuse itself. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;
/** What chalk writes for sixteen colours, bold, dim and underline. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
const SGR = /\u001b\[(?:1|2|4|22|24|3[1-6]|39)m/g;

/** As the runners of GitHub and Azure read a line, with names that they know or not. */
function isCommand(line: string): boolean {
  return /^\s*::[a-z]/i.test(line) || /##\w*\[/.test(line);
}

const CLOSED_HERE = new Set(CLOSED);

const piece = fc.oneof(
  fc.constantFrom(
    '\u001b[2J\u001b[H',
    '\u001b]8;;http://x\u0007',
    '\u009b31m',
    '\r\n✓ PASS  weather',
    '\u202egnp.exe',
    '\u2066',
    '\u200b',
    '\u2028',
    '\ufeff',
    '\ud800',
    'e\u0301'.repeat(9),
    '漢字',
    '🙂',
    '::error::forged',
    '::set-output name=x::y',
    '##[error]forged',
    '##vso[task.setvariable variable=x]y',
    '##',
    '[',
    ':',
    "'",
    '\\',
    '   ',
    'x'.repeat(300),
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const hostile = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''));

function poisoned(texts: readonly string[]): Report {
  let index = 0;
  return poison(fixtureReport(), () => texts[index++ % texts.length] ?? '', CLOSED_HERE);
}

const cases = fc.record({
  texts: fc.array(hostile, { minLength: 1, maxLength: 40 }),
  verbose: fc.boolean(),
  quiet: fc.boolean(),
  width: fc.integer({ min: -1, max: 160 }),
  minSeverity: fc.option(fc.constantFrom(...SEVERITIES), { nil: undefined }),
});

describe('hostile text in every string of a report', () => {
  it('prints nothing but text and line breaks, and colours only by chalk', () => {
    fc.assert(
      fc.property(cases, ({ texts, minSeverity, ...options }) => {
        const report = poisoned(texts);
        const chosen = { ...options, ...(minSeverity !== undefined && { minSeverity }) };
        const plain = renderConsole(report, { ...chosen, color: false });
        expect(CONTROL.exec(plain.replaceAll('\n', ''))).toBeNull();
        const colored = renderConsole(report, { ...chosen, color: true });
        expect(colored.replace(SGR, '')).toBe(plain);
      }),
      { numRuns: 200 },
    );
  });

  it('makes no line a command of a log, however it is wrapped', () => {
    const check = (report: Report, options: RenderOptions): void => {
      for (const line of renderConsole(report, options).split('\n')) {
        expect(isCommand(line), line).toBe(false);
        // With colours, what a runner takes out of a line before it looks at it must not make one either.
        expect(isCommand(line.replace(SGR, '')), line).toBe(false);
      }
    };
    const PLAIN = { color: false, verbose: true, quiet: false, width: 100 };
    for (const command of ['::error::forged', '##[error]forged', '##vso[task.complete]forged', '##teamcity[x]']) {
      for (let width = 40; width < 60; width += 1) {
        for (const color of [false, true]) check(poisoned([`${'x '.repeat(30)}${command}`]), { ...PLAIN, color, width });
        check(poisoned([`${'x'.repeat(width - 12)}${command}`]), { ...PLAIN, width });
      }
    }
    fc.assert(
      fc.property(cases, fc.boolean(), ({ texts, minSeverity, ...options }, color) => {
        const showWaived = true;
        check(poisoned(texts), { ...options, color, showWaived, ...(minSeverity !== undefined && { minSeverity }) });
      }),
      { numRuns: 200 },
    );
  });

  it('leaves an address alone that begins a line', () => {
    expect(inertLines('  ::1\n::')).toBe('  ::1\n::');
  });

  it('never lets a text begin a line of its own', () => {
    const forged = poisoned(['\n✓ PASS\n\r✓ PASS', 'a\u2028✓ PASS']);
    expect(renderConsole(forged, { color: false, verbose: true, quiet: false, width: 100 })).not.toMatch(/^\s*✓ PASS/m);
  });

  it('keeps the width, but for a word of a command', () => {
    fc.assert(
      fc.property(cases, ({ texts, width, verbose, quiet }) => {
        const report = poisoned(texts);
        const findings = report.findings.map((finding) => ({ ...finding, reproduce: 'x' }));
        const text = renderConsole({ ...report, findings }, { color: false, verbose, quiet, width });
        const room = width < 1 ? 100 : Math.max(width, 40);
        // What would be a command is written longer than it is, and may stand at the beginning of a full line.
        for (const line of text.split('\n')) {
          expect(columnsOf(line.replace(/^\s*\\u003a:/, '::'))).toBeLessThanOrEqual(room);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('stays small and quick when texts are megabytes', () => {
    const started = performance.now();
    const text = renderConsole(poisoned(['\u001b[31m'.repeat(300_000)]), {
      color: true,
      verbose: true,
      quiet: false,
      width: 100,
    });
    expect(text.length).toBeLessThan(200_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
