import type { Drift, DriftChange, DriftFinding } from '../model/drift.ts';
import { heading, type Context, type RenderOptions } from './console/context.ts';
import { clip, hanging, usableWidth } from './console/layout.ts';
import { SYMBOLS, themeOf } from './console/theme.ts';
import { escapeDeep } from './console/view.ts';
import { checksOf, driftSections, driftVerdict, type DriftSection } from './drift-sections.ts';

type Block = readonly string[];

/** Changes of a section beyond these wait for --verbose, but for what opened; the number left out is said. */
const MAX_CHANGES = 20;
/** Checks that are named beside a change. */
const MAX_CHECKS = 4;

/** What changed between two runs, for a person at a terminal; ends with a line break. Pure. */
export function renderDrift(drift: Drift, { color, quiet, verbose, width }: RenderOptions): string {
  const context: Context = { theme: themeOf(color), width: usableWidth(width), verbose };
  const safe = escapeDeep(drift);
  const blocks = quiet
    ? []
    : [header(safe, context), ...driftSections(safe).map((section) => sectionLines(section, context)), neither(safe, context)];
  return `${[...blocks, result(safe, context)]
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function header({ before, after }: Drift, { theme, width }: Context): Block {
  const side = (name: string, { source, session, finishedAt }: Drift['before']): Block =>
    hanging(
      { text: name.padEnd(8), style: theme.quiet },
      `${clip(source, 300)} (run ${clip(session, 60)}, ${clip(finishedAt, 40)})`,
      width,
    );
  return [theme.strong('BULKHEAD diff'), ...side('before', before), ...side('after', after)];
}

function sectionLines({ title, symbol, tone, changes }: DriftSection, context: Context): Block {
  const { theme, verbose } = context;
  const shown = verbose || tone === 'bad' || changes.length <= MAX_CHANGES ? changes : changes.slice(0, MAX_CHANGES - 1);
  const left = changes.length - shown.length;
  return [
    heading(`${title} (${changes.length})`, context),
    ...shown.flatMap((change) => changeLines(change, { symbol, tone }, context)),
    ...(left > 0 ? [theme.quiet(`  and ${left} more with --verbose`)] : []),
  ];
}

function changeLines(change: DriftChange, { symbol, tone }: Pick<DriftSection, 'symbol' | 'tone'>, context: Context): Block {
  const { theme, width, verbose } = context;
  const { severity, text, findings = [], waived } = change;
  const style = tone === 'bad' && severity !== undefined ? theme.severity[severity] : theme[tone];
  const label = severity === undefined ? `${symbol} ` : `${symbol} ${severity.toUpperCase()}  `;
  const names = checksOf(change);
  const more = names.length - MAX_CHECKS;
  const beside = [
    ...names.slice(0, MAX_CHECKS).map((name) => clip(name, 40)),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(waived === true ? ['waived'] : []),
  ];
  const said = beside.length === 0 ? text : `${text} [${beside.join(', ')}]`;
  return [
    ...hanging({ text: label, style }, said, width),
    ...(verbose ? findings.flatMap((finding) => findingLines(finding, context)) : []),
  ];
}

function findingLines(
  { check, target, subject, severity, before, after, waived }: DriftFinding,
  { theme, width }: Context,
): Block {
  const became = `${before ?? 'none'}, then ${after ?? 'none'}${waived === true ? ', waived' : ''}`;
  const text = `${clip(check, 40)} (${severity})  ${clip(target, 60)}  ${clip(subject, 200)}: ${became}`;
  return hanging({ text: '    ' }, text, width, theme.quiet);
}

/** What is no change, and not known to be closed either. */
function neither({ undecided = [] }: Drift, context: Context): Block {
  if (undecided.length === 0 || !context.verbose) return [];
  return [
    heading(`Undecided in both runs (${undecided.length})`, context),
    ...undecided.flatMap((finding) => findingLines(finding, context)),
  ];
}

function result(drift: Drift, { theme, width }: Context): Block {
  const { exit } = drift;
  const tone = exit === undefined ? 'quiet' : exit.code === 0 ? 'good' : exit.code === 1 ? 'bad' : 'open';
  const symbol = { good: SYMBOLS.pass, bad: SYMBOLS.fail, open: SYMBOLS.open, quiet: SYMBOLS.none }[tone];
  return [
    ...hanging({ text: `${symbol} `, style: theme[tone] }, driftVerdict(drift), width),
    ...(exit === undefined ? [] : hanging({ text: `exit ${exit.code}: `, style: theme.strong }, clip(exit.reason, 400), width)),
  ];
}
