import type { Report } from '../../model/report.ts';
import { label, type Context } from './context.ts';
import { beside, clip, flow, hanging, type Span } from './layout.ts';
import { sourceWords } from './targets.ts';
import { SYMBOLS, VERDICT_SYMBOLS } from './theme.ts';
import { coverageText } from '../gate-words.ts';
import { verdictOf } from '../verdict.ts';
import { atLeast, type Sections } from './view.ts';
import { count } from '../../model/text.ts';

/** Words for the exit codes that are part of the contract. */
export const EXIT_WORDS: Readonly<Record<number, string>> = {
  0: 'clean',
  1: 'violation',
  2: 'usage or configuration',
  3: 'inconclusive',
  4: 'engine or environment',
  130: 'interrupted',
};
const MAX_NOTES = 5;

export function renderHeader(report: Report, { theme, width }: Context): readonly string[] {
  const { engine, tool, targets } = report;
  const where = [
    `${engine.product} ${engine.version}${engine.rootless ? ' (rootless)' : ''}`,
    `${engine.os}/${engine.architecture}`,
    engine.endpoint,
  ].map((text): Span => ({ text: clip(text, 160), style: theme.quiet }));
  const sources = new Map<string, number>();
  for (const { declaration } of targets) sources.set(declaration.source, (sources.get(declaration.source) ?? 0) + 1);
  const declared = [...sources].map(([source, number]) =>
    source === 'none' ? `${number} not declared` : `${number} declared by ${sourceWords(source)}`,
  );
  const scope = [count(targets.length, 'target'), ...declared.map((text) => clip(text, 100))];
  return [
    ...flow(
      [
        { text: 'BULKHEAD audit', style: theme.strong },
        { text: clip(`${tool.name} ${tool.version}`, 80), style: theme.quiet },
        { text: `${clock(report.startedAt)}${duration(report)}`, style: theme.quiet },
      ],
      ' · ',
      0,
      width,
    ),
    ...flow(where, ' · ', 0, width),
    ...flow(
      scope.map((text) => ({ text, style: theme.quiet })),
      ' · ',
      0,
      width,
    ),
    ...renderInterrupted(report, { theme, width }),
  ];
}

/** Empty unless the run was cut short. */
export function renderInterrupted(
  { interrupted }: Report,
  { theme, width }: Pick<Context, 'theme' | 'width'>,
): readonly string[] {
  if (!interrupted) return [];
  const text = 'Interrupted: this was seen before the audit was cut short, and is not all of it.';
  return hanging({ text: `${SYMBOLS.error} `, style: theme.warning }, text, width, theme.warning);
}

export function clock(instant: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(instant);
  return match === null ? clip(instant, 40) : `${match[1]} ${match[2]} UTC`;
}

export function duration({ startedAt, finishedAt }: Pick<Report, 'startedAt' | 'finishedAt'>): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? `, ${seconds.toFixed(1)} s` : '';
}

export function renderSummary(report: Report, sections: Sections, context: Context): readonly string[] {
  const { theme, width } = context;
  const { counts } = report.summary;
  const tally: readonly (Span & { readonly number: number })[] = [
    { number: counts.fail, text: 'failed', style: theme.bad },
    { number: counts.inconclusive, text: 'could not be tested', style: theme.open },
    { number: counts.error, text: counts.error === 1 ? 'error' : 'errors', style: theme.open },
    { number: counts.waived, text: 'waived', style: theme.warning },
    { number: counts.pass, text: 'passed', style: theme.good },
    { number: counts['not-applicable'], text: 'not applicable', style: theme.quiet },
  ];
  const spans = tally.map(({ number, text, style }) => ({
    text: `${number} ${text}`,
    style: number > 0 && style ? style : theme.quiet,
  }));
  const coverage: Span = { text: coverageText(report.summary), style: theme.quiet };
  return [
    ...flow(spans, ' · ', 0, width),
    ...flow([coverage], '', 0, width),
    ...verdict(report, sections, context),
    ...exit(report, context),
  ];
}

function verdict(report: Report, { failed }: Sections, { theme, width }: Context): readonly string[] {
  const { tone, sentence } = verdictOf(report, failed);
  const style = { good: theme.good, bad: theme.bad, warn: theme.warning, open: theme.open }[tone];
  return hanging({ text: `${VERDICT_SYMBOLS[tone]} `, style }, sentence, width, style);
}

/** What an exit code means for this report; undefined for one that is none of the contract. */
export function exitWords({ exit: { code }, summary: { counts }, baseline }: Report): string | undefined {
  if (code === 0 && counts.fail > 0) return `nothing${baseline === undefined ? '' : ' new'} at or above the gate`;
  return code === 1 && counts.fail === 0 ? 'a gate failed' : EXIT_WORDS[code];
}

function exit(report: Report, { theme, width }: Context): readonly string[] {
  const { code, reason } = report.exit;
  const words = exitWords(report);
  return hanging(
    { text: `exit ${code}${words === undefined ? '' : ` (${words})`}: `, style: theme.strong },
    clip(reason, 400),
    width,
  );
}

/** What the view leaves out, notes of the run, and where to look next. */
export function renderFooter(report: Report, sections: Sections, context: Context): readonly string[] {
  const { theme, width, verbose, minSeverity } = context;
  const notes = verbose ? report.notes : report.notes.slice(0, MAX_NOTES);
  const left = report.notes.length - notes.length;
  const first = sections.failed[0] ?? sections.undecided[0];
  const more = [
    ...(verbose ? [] : ['--verbose shows passes and all evidence']),
    '--format json has everything',
    ...(first === undefined ? [] : [`bulkhead checks ${clip(first.check, 40)} explains a check`]),
  ];
  return [
    ...notes.flatMap((note) => hanging(label('note', 0, theme.quiet), clip(note, 600), width)),
    ...(left > 0 ? hanging({ text: ' '.repeat(10) }, `and ${count(left, 'more note')} with --verbose`, width, theme.quiet) : []),
    ...renderHidden(sections, minSeverity, context),
    ...beside(
      label('more', 0, theme.quiet),
      more.map((text) => ({ text, style: theme.quiet })),
      ' · ',
      width,
    ),
  ];
}

export function renderHidden(
  sections: Sections,
  minSeverity: Context['minSeverity'],
  { theme, width, verbose }: Context,
): readonly string[] {
  const hidden = (key: keyof Sections) => sections[key].filter(({ severity }) => !atLeast(severity, minSeverity)).length;
  const parts = [
    [hidden('failed'), 'failed'],
    [hidden('undecided'), 'not tested'],
    [hidden('waived'), 'waived'],
    ...(verbose
      ? ([
          [hidden('passed'), 'passed'],
          [hidden('notApplicable'), 'not applicable'],
        ] as const)
      : []),
  ] as const;
  const words = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  if (words.length === 0 || minSeverity === undefined) return [];
  const text = `${words.join(', ')} below ${minSeverity} (--min-severity); the counts and the exit code include them`;
  return hanging(label('hidden', 0, theme.warning), text, width);
}
