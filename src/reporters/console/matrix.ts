import type { MatrixCell, MatrixDestination, MatrixValue, Report } from '../../model/report.ts';
import { heading, type Context } from './context.ts';
import { clip, columnsOf, flow, hanging, paint, type Span, type Style } from './layout.ts';
import { MATRIX, type Theme } from './theme.ts';
import { count } from './view.ts';

type Matrix = Report['matrix'];
type Row = Matrix['rows'][number];

const MAX_NAME = 24;
/** A column of a target is headed by its name up to here, and by its number beyond. */
const MAX_HEADING = 10;
const GAP = 2;
/** Differences that --verbose lists. */
const MAX_LISTED = 200;

/** Words at the head of a column; a target has its name or its number. */
const HEADINGS: Readonly<Record<Exclude<MatrixDestination['kind'], 'target'>, string>> = {
  host: 'host',
  declared: 'declared',
  undeclared: 'undeclared',
  dns: 'DNS',
  metadata: 'metadata',
  management: 'API',
};

interface Column {
  readonly id: string;
  readonly heading: string;
  readonly isTarget: boolean;
}

/** Who reaches what: a grid of symbols with its legend, or a line where there is one target; nothing where nobody looked. */
export function renderMatrix({ matrix }: Report, context: Context): readonly (readonly string[])[] {
  const cells = matrix.rows.flatMap((row) => row.cells);
  if (!cells.some(({ attempts, findings }) => attempts > 0 || findings.length > 0)) return [];
  const [row, ...others] = matrix.rows;
  const body = row !== undefined && others.length === 0 ? [line(matrix, row, context)] : grid(matrix, context);
  return [
    [heading('Who reaches what', context)],
    ...body,
    legend(cells, context),
    ...(context.verbose ? [differences(matrix, context)] : []),
  ];
}

/** One target and nothing to compare it with. */
function line({ destinations }: Matrix, { cells }: Row, { theme, width }: Context): readonly string[] {
  const own = new Map(cells.map((cell) => [cell.destinationId, cell]));
  const spans = destinations.flatMap(({ id, kind }): readonly Span[] => {
    const cell = own.get(id);
    return cell === undefined || kind === 'target'
      ? []
      : [{ text: `${MATRIX[cell.value].symbol} ${HEADINGS[kind]}`, style: theme.matrix[cell.value] }];
  });
  return flow(spans, ' · ', 0, width);
}

/** As many columns side by side as there is room for; the rest below, with the names of the rows again. */
function grid({ destinations, rows }: Matrix, { theme, width }: Context): readonly (readonly string[])[] {
  const targets = destinations.filter(({ kind }) => kind === 'target');
  const places = destinations.flatMap(({ id, kind }): readonly Column[] =>
    kind === 'target' ? [] : [{ id, heading: HEADINGS[kind], isTarget: false }],
  );
  const widest = Math.max(...targets.map(({ name }) => columnsOf(name)));
  const named: readonly Column[] = [...targets.map(({ id, name }) => ({ id, heading: name, isTarget: true })), ...places];
  // However narrow the terminal, most of it is for the columns.
  const plain = Math.min(widest, MAX_NAME, Math.floor(width / 3));
  const isNamed = widest <= MAX_HEADING && plain + widthOf(named) <= width;
  const digits = String(targets.length).length;
  const numbered = targets.map(({ id }, index): Column => ({ id, heading: String(index + 1), isTarget: true }));
  const labels = rows.map(
    ({ target }, index) => `${isNamed ? '' : `${String(index + 1).padStart(digits)} `}${clip(target, plain)}`,
  );
  const labelWidth = Math.max(...labels.map(columnsOf));
  const blocks = isNamed ? [named] : pack([numbered, places], width - labelWidth);
  return blocks.map((columns) => [
    ' '.repeat(labelWidth) + columns.map((column) => theme.quiet(pad(column.heading, column))).join(''),
    ...rows.map(({ cells, targetId }, index) => {
      const own = new Map(cells.map((cell) => [cell.destinationId, cell]));
      const label = labels[index] ?? '';
      const marks = columns.map((column) => mark(own.get(column.id), column, column.id === targetId, theme));
      return theme.strong(label) + ' '.repeat(labelWidth - columnsOf(label)) + marks.join('').trimEnd();
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

function pad(text: string, { heading: head }: Column): string {
  return ' '.repeat(GAP + columnsOf(head) - columnsOf(text)) + text;
}

/** The symbol under the end of its heading; a session is told by a letter in the gap behind it. */
function mark(cell: MatrixCell | undefined, column: Column, isSelf: boolean, theme: Theme): string {
  if (cell === undefined) return pad(isSelf ? '\\' : ' ', column);
  const { symbol } = MATRIX[cell.value];
  const text = cell.session === true ? `${SESSION}${symbol}` : symbol;
  const blank = ' '.repeat(Math.max(GAP + columnsOf(column.heading) - columnsOf(text), 0));
  return blank + paint({ text, style: theme.matrix[cell.value] });
}

/** In front of the symbol of a target with which an MCP session opened. */
const SESSION = 'm';

/** What stands in the grid, in words. */
function legend(cells: readonly MatrixCell[], { theme, width }: Context): readonly string[] {
  const used = new Set(cells.map(({ value }) => value));
  const values = (Object.keys(MATRIX) as readonly MatrixValue[]).filter((value) => used.has(value));
  const spans = values.map((value): Span => ({
    text: `${MATRIX[value].symbol} ${MATRIX[value].words}`,
    style: theme.matrix[value],
  }));
  const session = cells.some((cell) => cell.session === true)
    ? [{ text: `${SESSION} an MCP session opened`, style: theme.quiet }]
    : [];
  return flow([...spans, ...session], ' · ', 0, width);
}

/** Each place at which declared and observed differ, with what shows it. */
function differences({ destinations, rows }: Matrix, { theme, width }: Context): readonly string[] {
  const names = new Map(destinations.map(({ id, name }) => [id, name]));
  const all = rows.flatMap(({ target, cells }) =>
    cells
      .filter(({ value }) => value === 'violation' || value === 'over-blocked' || value === 'unknown')
      .map((cell) => ({ target, cell })),
  );
  const shown = all.slice(0, MAX_LISTED).flatMap(({ target, cell }) => {
    const { value, expected, observed, endpoints, findings } = cell;
    const style: Style = theme.matrix[value];
    const checks = [...new Set(findings.map(({ check }) => check))].join(' ');
    const where = endpoints.length === 0 ? '' : `: ${endpoints.map((endpoint) => clip(endpoint, 80)).join(', ')}`;
    const text = `${clip(target, 40)} to ${clip(names.get(cell.destinationId) ?? '', 40)}, expected ${expected}, observed ${observed}${where}${checks === '' ? '' : ` (${checks})`}`;
    return hanging({ text: `${MATRIX[value].symbol} `, style }, text, width);
  });
  const left = all.length - MAX_LISTED;
  return left > 0 ? [...shown, `and ${count(left, 'more place')} in --format json`] : shown;
}
