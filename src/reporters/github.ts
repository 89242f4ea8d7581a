import type { BaselineChange } from '../model/baseline.ts';
import { SEVERITIES } from '../model/check.ts';
import type { Finding, Report } from '../model/report.ts';
import type { WaiverResult } from '../model/waiver.ts';
import { anchorOf, type DeclarationFiles } from './anchor.ts';
import type { RenderOptions } from './console/context.ts';
import { atLeast, escapeReport, sectionsOf } from './console/view.ts';
import { cut } from './cut.ts';
import { baselineText, changesByFingerprint, changeWords, coverageText, isDead, waiverSentence } from './gate-words.ts';
import { levelOf } from './level.ts';
import { statementOf } from './statement.ts';

/** GitHub shows ten of a kind a step and drops the rest without a word: the tenth says how many there are. */
const MAX_OF_A_KIND = 9;
const MAX_MESSAGE = 1000;
const KINDS = ['error', 'warning', 'notice'] as const;
type Kind = (typeof KINDS)[number];

interface Annotation {
  readonly kind: Kind;
  /** Those with more come first. */
  readonly rank: number;
  /** The line is made of those alone that are shown: a place is looked for in files. */
  readonly line: () => string;
}

/** Workflow commands that become annotations, the worst first, then one with the result. Ends with a line break. */
export function renderGithub(report: Report, { minSeverity, files }: RenderOptions): string {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const { failed, undecided } = sectionsOf(safe);
  const changes = changesByFingerprint(safe);
  const annotate = (kind: Kind, finding: Finding): Annotation => {
    const change = changes.get(finding.fingerprint);
    // What the baseline has fails no run, and must not push out what is new.
    const rank = rankOf(finding) - (change?.state === 'unchanged' ? SEVERITIES.length * 2 : 0);
    const place = () => placeOf(finding, files);
    return { kind, rank, line: () => line(kind, finding, change, place()) };
  };
  const findings = [
    ...failed.map((finding) => ({ kind: kindOf(finding), finding })),
    // Not known is never less than a warning.
    ...undecided.map((finding) => ({ kind: 'warning' as const, finding })),
  ].filter(({ finding }) => atLeast(finding.severity, minSeverity));
  const annotations = [
    ...findings.map(({ kind, finding }) => annotate(kind, finding)).toSorted((a, b) => b.rank - a.rank),
    ...(safe.waivers ?? []).filter(isDead).map(waiverAnnotation),
  ];
  const lines = KINDS.flatMap((kind) => {
    const own = annotations.filter((annotation) => annotation.kind === kind);
    // The last notice is the result.
    const most = kind === 'notice' ? MAX_OF_A_KIND - 1 : MAX_OF_A_KIND;
    const more = own.length - most;
    return [
      ...own.slice(0, most).map((annotation) => annotation.line()),
      ...(more > 0 ? [`::${kind} title=bulkhead::${more} more of this kind: see the summary or the report`] : []),
    ];
  });
  return `${[...lines, `::notice title=bulkhead::${data(resultOf(safe))}`].join('\n')}\n`;
}

function resultOf({ exit, summary, baseline }: Report): string {
  const { pass, fail, inconclusive, error, waived } = summary.counts;
  return [
    `exit ${exit.code}: ${exit.reason} ${pass} pass, ${fail} fail, ${inconclusive} inconclusive, ${error} error, ${waived} waived`,
    coverageText(summary),
    ...(baseline === undefined ? [] : [`since the baseline: ${baselineText(baseline, ', ')}`]),
  ].join('; ');
}

function waiverAnnotation(waiver: WaiverResult): Annotation {
  const text = data(cut(waiverSentence(waiver), MAX_MESSAGE));
  return { kind: 'warning', rank: 0, line: () => `::warning title=bulkhead waivers::${text}` };
}

function kindOf({ severity }: Finding): Kind {
  const level = levelOf(severity);
  return level === 'note' ? 'notice' : level;
}

function rankOf({ severity, status }: Finding): number {
  return SEVERITIES.indexOf(severity) * 2 + (status === 'fail' ? 1 : 0);
}

function placeOf(finding: Finding, files: DeclarationFiles | undefined): string {
  const { path, line: at, file } = anchorOf(finding, files);
  return file ? `file=${property(path)},${at === undefined ? '' : `line=${at.number},`}` : '';
}

function line(kind: Kind, finding: Finding, change: BaselineChange | undefined, place: string): string {
  const { check, severity, target, subject, message } = finding;
  const since = change === undefined ? '' : ` (${changeWords(change)})`;
  const heading = `${check} ${target}: ${statementOf(finding)}`;
  return `::${kind} ${place}title=${property(cut(heading, 200))}::${data(cut(`${severity}: ${subject}${since}: ${message}`, MAX_MESSAGE))}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
