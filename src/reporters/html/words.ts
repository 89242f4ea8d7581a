import type { Expected, Observed, RowVerdict } from '../../model/comparison.ts';
import type { AreaVerdict, Finding, MatrixDestination, MatrixValue } from '../../model/report.ts';
import { MATRIX, SYMBOLS, VERDICTS } from '../console/theme.ts';
import { markup, type Markup } from './markup.ts';

/** Colours follow tones; beside each stands a symbol and a word. */
export type Tone = 'good' | 'bad' | 'warn' | 'open' | 'allow' | 'none';

export interface Mark {
  readonly tone: Tone;
  readonly symbol: string;
  readonly word: string;
}

const AREA_TONES: Readonly<Record<AreaVerdict, Tone>> = {
  enforced: 'good',
  partial: 'warn',
  cosmetic: 'bad',
  unknown: 'open',
  'not-applicable': 'none',
};

export function areaMark(verdict: AreaVerdict): Mark {
  return { tone: AREA_TONES[verdict], ...VERDICTS[verdict] };
}

/** Short words of the values of the matrix; what each means stands in the legend. */
const VALUES: Readonly<Record<MatrixValue, readonly [Tone, string]>> = {
  violation: ['bad', 'violation'],
  'over-blocked': ['warn', 'over-blocked'],
  unknown: ['open', 'unknown'],
  held: ['good', 'held'],
  'as-declared-open': ['allow', 'open'],
  'not-there': ['none', 'nothing'],
};

export function valueMark(value: MatrixValue): Mark {
  const [tone, word] = VALUES[value];
  return { tone, word, symbol: MATRIX[value].symbol };
}

export const EXPECTED: Readonly<Record<Expected, Mark>> = {
  open: { tone: 'allow', symbol: '○', word: 'open' },
  closed: { tone: 'none', symbol: '●', word: 'closed' },
  nothing: { tone: 'none', symbol: SYMBOLS.none, word: 'nothing' },
};

export const OBSERVED: Readonly<Record<Observed, Mark>> = {
  reached: { tone: 'allow', symbol: '→', word: 'reached' },
  held: { tone: 'none', symbol: '■', word: 'held' },
  absent: { tone: 'none', symbol: SYMBOLS.none, word: 'absent' },
  unknown: { tone: 'open', symbol: SYMBOLS.open, word: 'unknown' },
};

/** `waived` is no status of a finding, but one for whoever looks for it. */
export type Shown = Finding['status'] | 'waived';

export const STATUS: Readonly<Record<Shown, Mark>> = {
  fail: { tone: 'bad', symbol: SYMBOLS.fail, word: 'failed' },
  inconclusive: { tone: 'open', symbol: SYMBOLS.open, word: 'not tested' },
  error: { tone: 'open', symbol: SYMBOLS.error, word: 'error' },
  waived: { tone: 'warn', symbol: '‖', word: 'waived' },
  pass: { tone: 'good', symbol: SYMBOLS.pass, word: 'passed' },
  'not-applicable': { tone: 'none', symbol: SYMBOLS.none, word: 'not applicable' },
};

/** A waiver covers a failure and what is undecided; a pass has nothing to waive. */
export function shownStatus({ status, waived }: Finding): Shown {
  return waived === undefined || status === 'pass' || status === 'not-applicable' ? status : 'waived';
}

export const ROW_VERDICT: Readonly<Record<RowVerdict, Mark>> = {
  'differs-as-declared': { tone: 'good', symbol: SYMBOLS.pass, word: 'differs as declared' },
  'as-declared': { tone: 'good', symbol: '=', word: 'as declared' },
  'does-not-differ': { tone: 'bad', symbol: SYMBOLS.fail, word: 'does not differ' },
  'more-open': { tone: 'bad', symbol: SYMBOLS.error, word: 'more open' },
  'over-blocked': { tone: 'warn', symbol: SYMBOLS.partial, word: 'over-blocked' },
  undecided: { tone: 'open', symbol: SYMBOLS.open, word: 'undecided' },
};

/** What a column is called where there is little room. */
export function placeName({ kind, name }: MatrixDestination): string {
  return kind === 'target' ? name : PLACES[kind];
}

const PLACES: Readonly<Record<Exclude<MatrixDestination['kind'], 'target'>, string>> = {
  host: 'Host',
  declared: 'Internet, declared',
  undeclared: 'Internet, undeclared',
  dns: 'DNS',
  metadata: 'Metadata',
  management: 'Management API',
};

/** A symbol, which a screen reader passes over, and its word. */
export function badge({ tone, symbol, word }: Mark, detail = ''): Markup {
  return markup`<span class="badge t-${tone}"><b aria-hidden="true">${symbol}</b> ${word}${detail}</span>`;
}
