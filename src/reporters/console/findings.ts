import type { Finding } from '../../model/report.ts';
import { label, type Context } from './context.ts';
import { clip, columnsOf, command, flow, hanging, paint, type Span } from './layout.ts';
import { SYMBOLS } from './theme.ts';
import { grouped } from './view.ts';
import { count } from '../../model/text.ts';

const INDENT = 2;
/** Evidence and further subjects beyond these wait for --verbose; the number left out is said. */
const MAX_EVIDENCE = 6;
const MAX_ALSO = 8;
const SUBJECT_COLUMNS = 32;

/** Findings one below the other, each group told once. */
export function renderFindings(findings: readonly Finding[], context: Context): readonly string[] {
  const told = new Map<string, string>();
  return grouped(findings).flatMap((group, index) => [...(index === 0 ? [] : ['']), ...renderGroup(group, told, context)]);
}

function renderGroup(
  [finding, ...others]: readonly [Finding, ...Finding[]],
  told: Map<string, string>,
  context: Context,
): readonly string[] {
  const { theme, width } = context;
  const name = (text: string): Span => label(text, INDENT, theme.quiet);
  const field = (text: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : hanging(name(text), clip(value, 600), width);
  return [
    ...head(finding, context),
    ...field('subject', finding.subject),
    ...field(reasonLabel(finding), finding.message),
    ...field('expected', finding.expected),
    ...field('actual', finding.actual),
    ...evidence(finding, context),
    ...also(finding, others, context),
    ...(finding.status === 'fail' ? remediation(finding, told, context) : []),
    ...(finding.reproduce === undefined ? [] : command(name('try'), finding.reproduce, width, theme.command)),
  ];
}

function reasonLabel({ status }: Finding): string {
  if (status === 'inconclusive') return 'why';
  return status === 'error' ? 'error' : 'found';
}

function head({ severity, check, target, status, title }: Finding, { theme, width }: Context): readonly string[] {
  const failed = status === 'fail';
  const symbol = failed ? SYMBOLS.fail : status === 'error' ? SYMBOLS.error : SYMBOLS.open;
  const tag = failed ? severity.toUpperCase() : `${status === 'error' ? 'ERROR' : 'NOT TESTED'} (${severity})`;
  const style = failed ? theme.severity[severity] : theme.open;
  const [first = '', ...rest] = flow(
    [
      { text: tag, style },
      { text: clip(check, 40), style: theme.quiet },
      { text: clip(target, 60), style: theme.strong },
      { text: clip(title, 300) },
    ],
    '  ',
    INDENT,
    width,
  );
  return [`${paint({ text: symbol, style: failed ? theme.bad : theme.open })}${first.slice(1)}`, ...rest];
}

function evidence({ evidence: lines }: Finding, { theme, width, verbose }: Context): readonly string[] {
  const shown = verbose || lines.length <= MAX_EVIDENCE ? lines : lines.slice(0, MAX_EVIDENCE - 1);
  const all =
    shown.length < lines.length ? [...shown, `and ${count(lines.length - shown.length, 'more line')} with --verbose`] : shown;
  return column('evidence', all, (lead, line) => hanging(lead, clip(line, 400), width, theme.quiet), theme.quiet);
}

/** The other subjects of a group; what was found is repeated only where it differs. */
function also(first: Finding, others: readonly Finding[], { theme, width, verbose }: Context): readonly string[] {
  const shown = verbose || others.length <= MAX_ALSO ? others : others.slice(0, MAX_ALSO - 1);
  const widest = Math.min(Math.max(0, ...shown.map(({ subject }) => columnsOf(subject))), SUBJECT_COLUMNS);
  const lines = shown.map(({ subject, message }) => {
    if (message === first.message) return subject;
    const text = clip(subject, SUBJECT_COLUMNS);
    return `${text}${' '.repeat(widest - columnsOf(text))}  ${message}`;
  });
  if (shown.length < others.length) lines.push(`and ${others.length - shown.length} more with --verbose`);
  return column('also', lines, (lead, line) => [paint(lead) + clip(line, width - columnsOf(lead.text))], theme.quiet);
}

/** Lines under one label. */
function column(
  name: string,
  lines: readonly string[],
  render: (lead: Span, line: string) => readonly string[],
  style: Context['theme']['quiet'],
): readonly string[] {
  const lead = label(name, INDENT, style);
  const blank: Span = { text: ' '.repeat(columnsOf(lead.text)) };
  return lines.flatMap((line, index) => render(index === 0 ? lead : blank, line));
}

/** Advice is told once a check; further targets point back to it. */
function remediation(finding: Finding, told: Map<string, string>, { theme, width }: Context): readonly string[] {
  const { check, target, remediation: advice } = finding;
  if (advice === '') return [];
  const lead = label('fix', INDENT, theme.quiet);
  const key = `${check}\n${advice}`;
  const before = told.get(key);
  if (before !== undefined) return hanging(lead, `as for ${check} ${before} above`, width, theme.quiet);
  told.set(key, `on ${clip(target, 60)}`);
  return hanging(lead, clip(advice, 1200), width);
}

export function renderWaived(findings: readonly Finding[], { theme, width }: Context): readonly string[] {
  return findings.flatMap(({ severity, check, target, subject, waived, status }) => {
    const until = waived?.expires === undefined ? 'without an end' : `until ${waived.expires}`;
    const what = status === 'fail' ? severity : `${status}, ${severity}`;
    const text = `${check}  ${clip(target, 60)}  ${clip(subject, 160)} (${what}), waived ${until}: ${clip(waived?.reason ?? '', 300)}`;
    return hanging({ text: `${SYMBOLS.none} `, style: theme.warning }, text, width, theme.quiet);
  });
}

/** One line each; below a pass, the control without which it would not be one. */
export function renderPassed(findings: readonly Finding[], context: Context): readonly string[] {
  return findings.flatMap((finding) => {
    const controls = finding.evidence.filter((line) => /\bcontrol\b/i.test(line));
    const proof = controls.length > 0 ? controls : finding.evidence;
    return [
      row(SYMBOLS.pass, finding, context.theme.good, context),
      ...proof.map((line) => `    ${context.theme.quiet(clip(line, context.width - 4))}`),
    ];
  });
}

export function renderNotApplicable(findings: readonly Finding[], context: Context): readonly string[] {
  return findings.map((finding) => row(SYMBOLS.none, finding, context.theme.quiet, context));
}

function row(
  symbol: string,
  { check, target, subject, message }: Finding,
  style: Context['theme']['good'],
  { width }: Context,
): string {
  const text = `${check}  ${clip(target, 40)}  ${clip(subject, 60)}  ${message}`;
  return `${style(symbol)} ${clip(text, width - 2)}`;
}
