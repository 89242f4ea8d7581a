import { SEVERITIES } from '../model/check.ts';
import type { Finding, Report } from '../model/report.ts';
import { anchorOf, type DeclarationFiles } from './anchor.ts';
import type { RenderOptions } from './console/context.ts';
import { atLeast, escapeReport, sectionsOf } from './console/view.ts';
import { cut } from './cut.ts';
import { levelOf } from './level.ts';
import { statementOf } from './statement.ts';

/** GitHub shows ten of a kind a step and drops the rest without a word: the tenth says how many there are. */
const MAX_OF_A_KIND = 9;
const MAX_MESSAGE = 1000;
const KINDS = ['error', 'warning', 'notice'] as const;
type Kind = (typeof KINDS)[number];

interface Annotation {
  readonly kind: Kind;
  readonly finding: Finding;
}

/** Workflow commands that become annotations, the worst first, then one with the result. Ends with a line break. */
export function renderGithub(report: Report, { minSeverity, files }: RenderOptions): string {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const { failed, undecided } = sectionsOf(safe);
  const annotations = [
    ...failed.map((finding): Annotation => ({ kind: kindOf(finding), finding })),
    // Not known is never less than a warning.
    ...undecided.map((finding): Annotation => ({ kind: 'warning', finding })),
  ]
    .filter(({ finding }) => atLeast(finding.severity, minSeverity))
    .toSorted((a, b) => rank(b) - rank(a));
  const lines = KINDS.flatMap((kind) => {
    const own = annotations.filter((annotation) => annotation.kind === kind);
    // The last notice is the result.
    const most = kind === 'notice' ? MAX_OF_A_KIND - 1 : MAX_OF_A_KIND;
    const more = own.length - most;
    return [
      ...own.slice(0, most).map(({ finding }) => line(kind, finding, placeOf(finding, files))),
      ...(more > 0 ? [`::${kind} title=bulkhead::${more} more of this kind: see the summary or the report`] : []),
    ];
  });
  const { exit, summary } = safe;
  const { pass, fail, inconclusive, error, waived } = summary.counts;
  const counts = `${pass} pass, ${fail} fail, ${inconclusive} inconclusive, ${error} error, ${waived} waived`;
  return `${[...lines, `::notice title=bulkhead::${data(`exit ${exit.code}: ${exit.reason} ${counts}`)}`].join('\n')}\n`;
}

function kindOf({ severity }: Finding): Kind {
  const level = levelOf(severity);
  return level === 'note' ? 'notice' : level;
}

function rank({ finding }: Annotation): number {
  return SEVERITIES.indexOf(finding.severity) * 2 + (finding.status === 'fail' ? 1 : 0);
}

function placeOf(finding: Finding, files: DeclarationFiles | undefined): string {
  const { path, line: at, file } = anchorOf(finding, files);
  return file ? `file=${property(path)},${at === undefined ? '' : `line=${at.number},`}` : '';
}

function line(kind: Kind, finding: Finding, place: string): string {
  const { check, severity, target, subject, message } = finding;
  const heading = `${check} ${target}: ${statementOf(finding)}`;
  return `::${kind} ${place}title=${property(cut(heading, 200))}::${data(cut(`${severity}: ${subject}: ${message}`, MAX_MESSAGE))}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
