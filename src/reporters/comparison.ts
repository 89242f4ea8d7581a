import type {
  Comparison,
  ComparisonCell,
  ComparisonRow,
  ComparisonRun,
  ComparisonSetting,
  PlatformComparison,
  RowVerdict,
} from '../model/comparison.ts';
import { inertLines } from '../model/text.ts';
import { heading, label, type Context, type RenderOptions } from './console/context.ts';
import { clip, columnsOf, command, hanging, paint, usableWidth, wrap, type Style } from './console/layout.ts';
import { SYMBOLS, themeOf, VERDICTS } from './console/theme.ts';
import { escapeDeep } from './console/view.ts';

const GAP = 2;
const SUBJECT_COLUMNS = 38;
const MIN_CELL = 16;

/** Runs of one image side by side, for a person at a terminal; ends with a line break. Pure. */
export function renderComparison(comparison: Comparison, options: RenderOptions): string {
  const { verbose, quiet } = options;
  const context: Context = { theme: themeOf(options.color), width: usableWidth(options.width), verbose };
  const safe = escapeDeep(comparison);
  const blocks = quiet
    ? [safe.platforms.map((platform) => verdictLine(platform, context))]
    : [
        header(safe, context),
        ...safe.platforms.flatMap((platform) => platformBlocks(platform, context)),
        legend(context),
        notes(safe, context),
      ];
  const text = [...blocks, exit(safe, context)]
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
  return `${inertLines(text)}\n`;
}

type Block = readonly string[];

function header({ engine, image, platforms }: Comparison, { theme, width }: Context): Block {
  return [
    `${theme.strong('BULKHEAD compare')} ${clip(image, width - 17)}`,
    theme.quiet(clip(`${engine.product} ${engine.version}, ${engine.os}/${engine.architecture}, ${engine.endpoint}`, width)),
    theme.quiet(clip(`platforms: ${platforms.map(({ platform }) => platform).join(', ')}`, width)),
  ];
}

function verdictLine({ platform, version, verdict }: PlatformComparison, { theme }: Context): string {
  const { symbol, word } = VERDICTS[verdict];
  const name = `${clip(platform, 60)}${version === undefined ? '' : ` (${clip(version, 40)})`}`;
  return `${theme.verdict[verdict](`${symbol} ${word.toUpperCase()}`)}  ${theme.strong(name)}`;
}

function platformBlocks(comparison: PlatformComparison, context: Context): readonly Block[] {
  const { theme, width } = context;
  const { platform, missing, runs, rows, settings, reasons } = comparison;
  const title = heading(clip(platform, 60), context);
  if (missing !== undefined) {
    return [
      [
        title,
        verdictLine(comparison, context),
        ...hanging(label('missing', 2, theme.quiet), missing.why, width),
        ...hanging(label('fix', 2, theme.quiet), missing.hint, width),
      ],
    ];
  }
  return [
    [title, ...runs.flatMap((run) => runLines(run, context))],
    rows.length === 0 ? [] : table(runs, rows.map(reachRow(context)), context),
    settings.length === 0 ? [] : table(runs, settings.map(settingRow), context),
    [verdictLine(comparison, context), ...reasons.flatMap((reason) => hanging({ text: '  ' }, reason, width))],
  ];
}

function runLines({ id, profile, egress, command: typed, notes: own, failure }: ComparisonRun, { theme, width }: Context): Block {
  const what = profile === undefined ? 'nothing is declared' : `${clip(profile, 160)}, allows ${egress ?? 'nothing'}`;
  return [
    ...hanging({ text: `${id}: `, style: theme.strong }, what, width),
    ...(typed === undefined ? [] : command(label('as', 2, theme.quiet), clip(typed, 800), width, theme.command)),
    ...own.flatMap((note) => hanging(label('note', 2, theme.quiet), clip(note, 600), width)),
    ...(failure === undefined ? [] : hanging(label('failed', 2, theme.bad), clip(failure, 600), width)),
  ];
}

interface TableRow {
  readonly name: string;
  /** By id of the run. */
  readonly cells: ReadonlyMap<string, { readonly text: string; readonly style?: Style }>;
}

function reachRow({ theme }: Context): (row: ComparisonRow) => TableRow {
  const styles = { good: theme.good, bad: theme.bad, warning: theme.warning, open: theme.open, quiet: theme.quiet };
  return ({ subject, cells }) => ({
    name: subject,
    cells: new Map(
      cells.map((cell) => {
        const { symbol, style } = mark(cell);
        return [cell.run, { text: `${symbol} ${WORDS[cell.observed]}`, style: styles[style] }] as const;
      }),
    ),
  });
}

const WORDS = { reached: 'reached', held: 'held', absent: 'nothing there', unknown: 'could not look' } as const;

type Mark = { readonly symbol: string; readonly style: 'good' | 'bad' | 'warning' | 'open' | 'quiet' };
const MARKS: Readonly<Record<RowVerdict, Mark>> = {
  'differs-as-declared': { symbol: SYMBOLS.pass, style: 'good' },
  'as-declared': { symbol: '=', style: 'good' },
  'does-not-differ': { symbol: SYMBOLS.fail, style: 'bad' },
  'more-open': { symbol: SYMBOLS.error, style: 'bad' },
  'over-blocked': { symbol: SYMBOLS.partial, style: 'warning' },
  undecided: { symbol: SYMBOLS.open, style: 'open' },
};

function mark({ verdict, observed }: ComparisonCell): Mark {
  if (verdict === undefined || observed === 'absent') return { symbol: SYMBOLS.none, style: 'quiet' };
  return MARKS[verdict];
}

function settingRow({ name, values }: ComparisonSetting): TableRow {
  return { name, cells: new Map(values.map(({ run, value }) => [run, { text: value }])) };
}

/** One column a run; on a narrow terminal one line a cell. */
function table(runs: readonly ComparisonRun[], rows: readonly TableRow[], { theme, width }: Context): Block {
  const shown = runs.filter(({ failure }) => failure === undefined);
  const first = Math.min(SUBJECT_COLUMNS, Math.max(0, ...rows.map(({ name }) => columnsOf(name))));
  const column = Math.floor((width - first) / Math.max(shown.length, 1)) - GAP;
  if (column < MIN_CELL) return narrow(shown, rows, { theme, width });
  const pad = (text: string, columns: number): string => text + blank(columns - columnsOf(text));
  const head = [' '.repeat(first), ...shown.map(({ id }) => pad(clip(id, column), column))].join('  ');
  return [
    theme.quiet(head.trimEnd()),
    ...rows.flatMap(({ name, cells }) => {
      const columns = shown.map(({ id }) => {
        const { text, style } = cells.get(id) ?? { text: '' };
        return wrap(text, column).map((line) => paint({ text: line, ...(style && { style }) }) + blank(column - columnsOf(line)));
      });
      const height = Math.max(1, ...columns.map((lines) => lines.length));
      return Array.from({ length: height }, (_, index) =>
        [pad(index === 0 ? clip(name, first) : '', first), ...columns.map((lines) => lines[index] ?? blank(column))]
          .join('  ')
          .trimEnd(),
      );
    }),
  ];
}

function blank(columns: number): string {
  return ' '.repeat(Math.max(columns, 0));
}

function narrow(runs: readonly ComparisonRun[], rows: readonly TableRow[], { width }: Pick<Context, 'theme' | 'width'>): Block {
  return rows.flatMap(({ name, cells }) => [
    clip(name, width),
    ...runs.map(({ id }) => {
      const { text = '', style } = cells.get(id) ?? {};
      const lead = `  ${clip(id, 12)}: `;
      return hanging({ text: lead }, text, width, style).join('\n');
    }),
  ]);
}

function legend({ theme, width }: Context): Block {
  const words = Object.entries(MARKS).map(([verdict, { symbol }]) => `${symbol} ${verdict.replaceAll('-', ' ')}`);
  return hanging(label('legend', 0, theme.quiet), [...words, `${SYMBOLS.none} not judged`].join(', '), width, theme.quiet);
}

function notes({ notes: all }: Comparison, { theme, width }: Context): Block {
  return all.flatMap((note) => hanging(label('note', 0, theme.quiet), clip(note, 600), width));
}

function exit({ exit: { code, reason } }: Comparison, { theme, width }: Context): Block {
  return hanging({ text: `exit ${code}: `, style: theme.strong }, clip(reason, 400), width);
}
