import { Chalk } from 'chalk';
import type { Severity } from '../../model/check.ts';
import type { AreaVerdict, MatrixValue } from '../../model/report.ts';
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
  readonly matrix: Readonly<Record<MatrixValue, Style>>;
}

/** Symbols stand beside words, never in their place. */
export const SYMBOLS = { pass: '✓', fail: '✗', partial: '~', open: '?', none: '–', error: '!' } as const;

/** By the tone of a report's verdict. */
export const VERDICT_SYMBOLS = { good: SYMBOLS.pass, bad: SYMBOLS.fail, warn: SYMBOLS.none, open: SYMBOLS.open } as const;

export const VERDICTS: Readonly<Record<AreaVerdict, { readonly symbol: string; readonly word: string }>> = {
  enforced: { symbol: SYMBOLS.pass, word: 'enforced' },
  partial: { symbol: SYMBOLS.partial, word: 'partial' },
  cosmetic: { symbol: SYMBOLS.fail, word: 'cosmetic' },
  unknown: { symbol: SYMBOLS.open, word: 'unknown' },
  'not-applicable': { symbol: SYMBOLS.none, word: 'not applicable' },
};

/** What stands in a cell of the matrix, and what it means there. */
export const MATRIX: Readonly<Record<MatrixValue, { readonly symbol: string; readonly words: string }>> = {
  violation: { symbol: SYMBOLS.fail, words: 'reached, not declared' },
  'over-blocked': { symbol: SYMBOLS.partial, words: 'declared, not reached' },
  unknown: { symbol: SYMBOLS.open, words: 'could not look' },
  held: { symbol: SYMBOLS.pass, words: 'held, not declared' },
  'as-declared-open': { symbol: '○', words: 'reached, as declared' },
  'not-there': { symbol: SYMBOLS.none, words: 'nothing to dial' },
};

/** The worst first. */
export const MATRIX_VALUES = Object.keys(MATRIX) as readonly MatrixValue[];

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
    matrix: {
      violation: chalk.red,
      'over-blocked': chalk.yellow,
      unknown: chalk.magenta,
      held: chalk.green,
      'as-declared-open': chalk.green,
      'not-there': chalk.dim,
    },
  };
}
