import { Chalk } from 'chalk';
import type { Severity } from '../../model/check.ts';
import type { AreaVerdict } from '../../model/report.ts';
import type { Style } from './layout.ts';

export interface Theme {
  readonly strong: Style;
  readonly quiet: Style;
  readonly good: Style;
  readonly bad: Style;
  readonly warning: Style;
  readonly open: Style;
  readonly command: Style;
  readonly severity: Readonly<Record<Severity, Style>>;
  readonly verdict: Readonly<Record<AreaVerdict, Style>>;
}

/** Symbols stand beside words, never in their place. */
export const SYMBOLS = { pass: '✓', fail: '✗', partial: '~', open: '?', none: '–', error: '!' } as const;

export const VERDICTS: Readonly<Record<AreaVerdict, { readonly symbol: string; readonly word: string }>> = {
  enforced: { symbol: SYMBOLS.pass, word: 'enforced' },
  partial: { symbol: SYMBOLS.partial, word: 'partial' },
  cosmetic: { symbol: SYMBOLS.fail, word: 'cosmetic' },
  unknown: { symbol: SYMBOLS.open, word: 'unknown' },
  'not-applicable': { symbol: SYMBOLS.none, word: 'not applicable' },
};

/** Sixteen colours only: they follow the reader's own palette. The level is given, never detected. */
export function themeOf(color: boolean): Theme {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    strong: chalk.bold,
    quiet: chalk.dim,
    good: chalk.green,
    bad: chalk.red,
    warning: chalk.yellow,
    open: chalk.magenta,
    command: chalk.cyan,
    severity: {
      critical: chalk.red.bold.underline,
      high: chalk.red.bold,
      medium: chalk.yellow.bold,
      low: chalk.blue.bold,
      info: chalk.dim,
    },
    verdict: {
      enforced: chalk.green,
      partial: chalk.yellow,
      cosmetic: chalk.red,
      unknown: chalk.magenta,
      'not-applicable': chalk.dim,
    },
  };
}
