import { AREAS } from '../../model/check.ts';
import type { Report, ReportTarget } from '../../model/report.ts';
import { label, type Context } from './context.ts';
import { beside, clip, columnsOf, flow, hanging, paint, type Span } from './layout.ts';
import { SYMBOLS, VERDICTS } from './theme.ts';
import { bySeverity, type Sections } from './view.ts';
import { count } from '../../model/text.ts';

const SOURCES: Readonly<Record<string, string>> = {
  flag: 'command line',
  configuration: 'configuration',
  label: 'label',
  'toolhive-run-config': 'ToolHive run config',
  'built-in': 'built-in profile',
};
const MAX_REMARKS = 3;

export function sourceWords(source: string): string {
  return Object.hasOwn(SOURCES, source) ? (SOURCES[source] ?? source) : source;
}

/** Where a declaration was found, in words. A sentence and a label speak for themselves. */
export function originOf({ source }: ReportTarget['declaration'], place: string): string {
  return source === 'none' || source === 'label' ? place : `${sourceWords(source)}: ${place.replace(/^built-in:/, '')}`;
}

/** What it declared, what it can really do, and how each area ended. */
export function renderTarget(report: Report, target: ReportTarget, context: Context): readonly string[] {
  const { theme, width, verbose } = context;
  const { declaration } = target;
  const image = target.image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/, '$1…');
  const facts = [image, target.transport, ...(target.state === 'running' ? [] : [target.state])];
  const origin = originOf(declaration, clip(declaration.location, 300));
  const remarks = verbose ? declaration.remarks : declaration.remarks.slice(0, MAX_REMARKS);
  const name = (text: string): Span => label(text, 2, theme.quiet);
  const lines = [
    ...flow(
      [
        { text: clip(target.name, 60), style: theme.strong },
        { text: facts.map((fact) => clip(fact, 120)).join(' · '), style: theme.quiet },
      ],
      '  ',
      0,
      width,
    ),
    ...beside(
      name('declared'),
      [{ text: clip(declaration.egress, 400) }, { text: `(${origin})`, style: theme.quiet }],
      ' ',
      width,
    ),
    ...remarks.flatMap(({ message }) => hanging(name('remark'), clip(message, 300), width, theme.warning)),
    ...target.story.flatMap((sentence, index) => {
      const lead: Span = index === 0 ? name('really') : { text: ' '.repeat(12) };
      return hanging(lead, clip(sentence, 600), width);
    }),
    ...areas(report, target, context),
  ];
  const more = declaration.remarks.length - remarks.length;
  if (more > 0)
    lines.push(...hanging({ text: ' '.repeat(12) }, `${count(more, 'more remark')} with --verbose`, width, theme.quiet));
  return lines;
}

function areas(report: Report, target: ReportTarget, { theme, width }: Context): readonly string[] {
  const results = report.areas
    .filter(({ targetId }) => targetId === target.id)
    .toSorted((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
  if (results.length === 0) return [];
  const spans = results.map(({ area, verdict }) => ({
    text: `${VERDICTS[verdict].symbol} ${area} ${VERDICTS[verdict].word}`,
    style: theme.verdict[verdict],
  }));
  return beside(label('areas', 2, theme.quiet), spans, ' · ', width);
}

/** For --quiet: one line that says how the target ended. */
export function renderTargetVerdict(
  target: ReportTarget,
  sections: Sections,
  nameWidth: number,
  { theme, width }: Context,
): readonly string[] {
  const own = <K extends keyof Sections>(key: K) => sections[key].filter(({ targetId }) => targetId === target.id);
  const failed = own('failed');
  const undecided = own('undecided').length;
  const waived = own('waived').length;
  const passed = own('passed').length;
  const tail = [
    ...(failed.length > 0 ? [`${failed.length} failed (${bySeverity(failed)})`] : []),
    ...(undecided > 0 ? [`${undecided} could not be tested`] : []),
    ...(waived > 0 ? [`${waived} waived`] : []),
    `${passed} passed`,
  ].join(' · ');
  const [symbol, word, style] =
    failed.length > 0
      ? ([SYMBOLS.fail, 'FAIL', theme.bad] as const)
      : undecided > 0 || passed + waived === 0
        ? ([SYMBOLS.open, 'UNDECIDED', theme.open] as const)
        : waived > 0
          ? ([SYMBOLS.none, 'WAIVED', theme.warning] as const)
          : ([SYMBOLS.pass, 'PASS', theme.good] as const);
  const verdict: Span = { text: `${symbol} ${word.padEnd(9)}  `, style };
  const name = clip(target.name, nameWidth);
  const [first = '', ...rest] = hanging({ text: ' '.repeat(verdict.text.length + nameWidth + 2) }, tail, width);
  const padded = `${name}${' '.repeat(nameWidth - columnsOf(name))}  `;
  return [paint(verdict) + theme.strong(padded) + first.trimStart(), ...rest];
}
