import type { MatrixDestination, MatrixRow, Report } from '../../model/report.ts';
import {
  differencesOf,
  peersIn,
  reachesOf,
  reachIn,
  tallyOf,
  valuesIn,
  wasTried,
  worstFirst,
  type Reach,
  type Tally,
} from '../reach.ts';
import { heading, type Context } from './context.ts';
import { clip, columnsOf, flow, hanging, paint, type Span } from './layout.ts';
import { MATRIX, type Theme } from './theme.ts';
import { count } from '../../model/text.ts';

type Matrix = Report['matrix'];

const MAX_NAME = 24;
/** A column of a target is headed by its name up to here, and by its number beyond. */
const MAX_HEADING = 10;
const GAP = 2;
/** Differences that --verbose lists. */
const MAX_LISTED = 200;
/** Up to here each target has a row and a column; beyond, the worst have a row, and the other targets are counted in it. */
const MAX_TARGETS = 40;

/** Words at the head of a column; a target has its name or its number. */
const HEADINGS: Readonly<Record<Exclude<MatrixDestination['kind'], 'target'>, string>> = {
  host: 'host',
  declared: 'declared',
  undeclared: 'undeclared',
  dns: 'DNS',
  metadata: 'metadata',
  management: 'API',
};

/** A row as its columns read it. */
interface Drawn {
  readonly label: string;
  readonly targetId: string;
  readonly reach: (destination: MatrixDestination) => Reach | undefined;
  /** What it says of other targets. */
  readonly peers: Tally;
}

interface Column {
  readonly heading: string;
  /** What stands under the end of the heading. */
  readonly mark: (row: Drawn, theme: Theme) => Span;
}

/** Who reaches what: a grid of symbols with its legend, or a line where there is one target; nothing where nobody looked. */
export function renderMatrix({ matrix }: Report, context: Context): readonly (readonly string[])[] {
  if (!wasTried(matrix)) return [];
  const [row, ...others] = matrix.rows;
  const body =
    row !== undefined && others.length === 0
      ? [line(matrix, row, context)]
      : matrix.rows.length <= MAX_TARGETS
        ? grid(matrix, context)
        : overview(matrix, context);
  return [
    [heading('Who reaches what', context)],
    ...body,
    legend(matrix, context),
    ...(context.verbose ? [differences(matrix, context)] : []),
  ];
}

/** One target and nothing to compare it with. */
function line({ destinations }: Matrix, row: MatrixRow, { theme, width }: Context): readonly string[] {
  const reachOf = reachIn(row);
  const spans = destinations.flatMap((destination): readonly Span[] => {
    const reach = reachOf(destination);
    return reach === undefined || destination.kind === 'target'
      ? []
      : [{ text: `${MATRIX[reach.value].symbol} ${HEADINGS[destination.kind]}`, style: theme.matrix[reach.value] }];
  });
  return flow(spans, ' · ', 0, width);
}

/** As many columns side by side as there is room for; the rest below, with the names of the rows again. */
function grid(matrix: Matrix, { theme, width }: Context): readonly (readonly string[])[] {
  const { destinations, rows } = matrix;
  const targets = destinations.filter(({ kind }) => kind === 'target');
  const places = placesOf(matrix);
  const widest = Math.max(...targets.map(({ name }) => columnsOf(name)));
  const named: readonly Column[] = [...targets.map((target) => columnOf(target, target.name)), ...places];
  // However narrow the terminal, most of it is for the columns.
  const plain = Math.min(widest, MAX_NAME, Math.floor(width / 3));
  const isNamed = widest <= MAX_HEADING && plain + widthOf(named) <= width;
  const digits = String(targets.length).length;
  const numbered = targets.map((target, index) => columnOf(target, String(index + 1)));
  const drawn = rows.map((row, index) =>
    drawnOf(matrix, row, `${isNamed ? '' : `${String(index + 1).padStart(digits)} `}${clip(row.target, plain)}`),
  );
  return blocksOf(drawn, isNamed ? [named] : [numbered, places], theme, width);
}

/** The worst rows with the places that are no targets, and beside them how many of the other targets say what. */
function overview(matrix: Matrix, { theme, width }: Context): readonly (readonly string[])[] {
  const sorted = worstFirst(matrix.rows);
  const [shown, left] = [sorted.slice(0, MAX_TARGETS), sorted.slice(MAX_TARGETS)];
  const widest = Math.max(...shown.map(({ target }) => columnsOf(target)));
  const plain = Math.min(widest, MAX_NAME, Math.floor(width / 3));
  const drawn = shown.map((row) => drawnOf(matrix, row, clip(row.target, plain)));
  const digits = String(matrix.rows.length).length;
  const counts = valuesIn(tallyOf(shown.flatMap((row) => peersIn(row, matrix)))).map((value): Column => ({
    heading: MATRIX[value].symbol.padStart(digits),
    mark: ({ peers }, { matrix: styles, quiet }) =>
      peers[value] === 0 ? { text: '0', style: quiet } : { text: String(peers[value]), style: styles[value] },
  }));
  const rest = tallyOf(left.flatMap(reachesOf));
  const words = valuesIn(rest).map((value) => `${MATRIX[value].symbol} ${rest[value]}`);
  return [
    hanging(
      { text: '' },
      `The ${shown.length} of ${matrix.rows.length} targets with the most that differs or is unknown; a number under a symbol says of how many other targets it is true.`,
      width,
      theme.quiet,
    ),
    ...blocksOf(drawn, [placesOf(matrix), counts], theme, width),
    hanging(
      { text: '' },
      `Not shown: ${count(left.length, 'target')}, whose places say ${words.join(', ')}. Every place is in --format json (matrix).`,
      width,
    ),
  ];
}

function placesOf({ destinations }: Matrix): readonly Column[] {
  return destinations.flatMap((destination) =>
    destination.kind === 'target' ? [] : [columnOf(destination, HEADINGS[destination.kind])],
  );
}

/** A session is told by a letter in the gap before the symbol. */
function columnOf(destination: MatrixDestination, text: string): Column {
  return {
    heading: text,
    mark: ({ reach, targetId }, theme) => {
      const said = reach(destination);
      if (said === undefined) return { text: destination.id === targetId ? '\\' : ' ' };
      const { symbol } = MATRIX[said.value];
      return { text: hasSession(said) ? `${SESSION}${symbol}` : symbol, style: theme.matrix[said.value] };
    },
  };
}

function drawnOf(matrix: Matrix, row: MatrixRow, label: string): Drawn {
  return { label, targetId: row.targetId, reach: reachIn(row), peers: tallyOf(peersIn(row, matrix)) };
}

/** Each block is a line of headings and a line for each row. */
function blocksOf(
  rows: readonly Drawn[],
  kinds: readonly (readonly Column[])[],
  theme: Theme,
  width: number,
): readonly (readonly string[])[] {
  const labelWidth = Math.max(...rows.map(({ label }) => columnsOf(label)));
  return pack(kinds, width - labelWidth).map((columns) => [
    ' '.repeat(labelWidth) + columns.map(({ heading: text }) => theme.quiet(' '.repeat(GAP) + text)).join(''),
    ...rows.map((row) => {
      const marks = columns.map((column) => under(column, column.mark(row, theme)));
      return theme.strong(row.label) + ' '.repeat(labelWidth - columnsOf(row.label)) + marks.join('').trimEnd();
    }),
  ]);
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { heading: text }) => sum + columnsOf(text) + GAP, 0);
}

/** Everything in one block if it fits; else each kind of column begins one, and fills as many as it needs. */
function pack(kinds: readonly (readonly Column[])[], room: number): readonly (readonly Column[])[] {
  const all = kinds.flat();
  if (widthOf(all) <= room) return [all];
  return kinds.flatMap((columns) => {
    const blocks: Column[][] = [];
    for (const column of columns) {
      const last = blocks.at(-1);
      if (last !== undefined && widthOf([...last, column]) <= room) last.push(column);
      else blocks.push([column]);
    }
    return blocks;
  });
}

/** Under the end of a heading. */
function under({ heading: head }: Column, mark: Span): string {
  return ' '.repeat(Math.max(GAP + columnsOf(head) - columnsOf(mark.text), 0)) + paint(mark);
}

/** In front of the symbol of a target with which an MCP session opened. */
const SESSION = 'm';

function hasSession(reach: Reach): boolean {
  return 'session' in reach && reach.session === true;
}

/** What stands in the grid, in words. */
function legend({ rows }: Matrix, { theme, width }: Context): readonly string[] {
  const all = rows.flatMap(reachesOf);
  const spans = valuesIn(tallyOf(all)).map((value): Span => ({
    text: `${MATRIX[value].symbol} ${MATRIX[value].words}`,
    style: theme.matrix[value],
  }));
  // Where the targets have no columns, no session is told.
  const session =
    rows.length <= MAX_TARGETS && all.some(hasSession) ? [{ text: `${SESSION} an MCP session opened`, style: theme.quiet }] : [];
  return flow([...spans, ...session], ' · ', 0, width);
}

/** Each place at which declared and observed differ, with what shows it; the worst first. */
function differences(matrix: Matrix, { theme, width }: Context): readonly string[] {
  return differencesOf(matrix, MAX_LISTED).flatMap(({ value, shown, left }) => [
    ...shown.flatMap(({ from, to, reach }) => {
      const endpoints = 'endpoints' in reach ? reach.endpoints : [];
      const checks = [...new Set(reach.findings.map(({ check }) => check))].join(' ');
      const where = endpoints.length === 0 ? '' : `: ${endpoints.map((endpoint) => clip(endpoint, 80)).join(', ')}`;
      const text = `${clip(from, 40)} to ${clip(to, 40)}, expected ${reach.expected}, observed ${reach.observed}${where}${checks === '' ? '' : ` (${checks})`}`;
      return hanging({ text: `${MATRIX[value].symbol} `, style: theme.matrix[value] }, text, width);
    }),
    ...(left > 0
      ? [`${MATRIX[value].symbol} and ${count(left, 'more place')} in --format json (matrix): ${MATRIX[value].words}`]
      : []),
  ]);
}
