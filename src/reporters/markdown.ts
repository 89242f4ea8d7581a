import type { BaselineChange } from '../model/baseline.ts';
import { AREAS } from '../model/check.ts';
import type { Finding, Report, ReportTarget } from '../model/report.ts';
import type { RenderOptions } from './console/context.ts';
import { SYMBOLS, VERDICTS } from './console/theme.ts';
import { atLeast, bySeverity, escapeReport, sectionsOf } from './console/view.ts';
import { cut } from './cut.ts';
import {
  attestationOwner,
  baselineText,
  byUrgency,
  changesByFingerprint,
  changeWords,
  coverageText,
  isDead,
  toldChanges,
  waiverOwner,
  waiverState,
} from './gate-words.ts';
import { code, codeBlock, fairShare, plain, sizeOf } from './markdown-text.ts';
import { statementOf } from './statement.ts';
import { count } from '../model/text.ts';

/** GitHub's limit of a comment, in characters; counted here in bytes, which are never fewer. */
const MAX_COMMENT = 65_536;
/** GitHub's limit of a step's summary, in bytes; what is larger is not shown at all. */
const MAX_SUMMARY = 1024 * 1024;
/** For headings, and the lines that say what was left out. */
const RESERVED = 2000;
const MAX_EVIDENCE = 6;
const MAX_LINE = 300;
const MAX_NOTES = 10;

/** Markdown for the comment of a pull request: within its limit, cut fairly, and saying so. Ends with a line break. */
export function renderMarkdown(report: Report, options: RenderOptions): string {
  return withinLimit(report, options, MAX_COMMENT);
}

/** The same for the summary of a workflow's step, where there is more room. */
export function renderGithubSummary(report: Report, options: RenderOptions): string {
  return withinLimit(report, options, MAX_SUMMARY);
}

function withinLimit(report: Report, { minSeverity }: RenderOptions, limit: number): string {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const all = sectionsOf(safe);
  const head = [headline(safe), verdicts(safe, limit / 4), notes(safe)].filter((text) => text !== '').join('\n\n');
  const gates = gatesOf(safe, limit / 4);
  const changes = changesByFingerprint(safe);
  const line = (finding: Finding): string => lineOf(finding, changes);
  let room = limit - sizeOf(head) - sizeOf(gates) - RESERVED;
  const sections = [
    { title: 'Failed', findings: all.failed, open: true },
    { title: 'Could not be tested', findings: all.undecided, open: true },
    { title: 'Waived', findings: all.waived, open: false },
  ].flatMap(({ title, findings, open }) => {
    const wanted = findings.filter(({ severity }) => atLeast(severity, minSeverity));
    if (findings.length === 0) return [];
    const { kept, size } = fairShare(wanted, targetOf, (finding) => sizeOf(line(finding)) + 2, room);
    room -= size;
    // A line for as many as possible comes before the evidence of any.
    const folded = fairShare(kept, targetOf, (finding) => (open ? sizeOf(evidenceOf(finding)) + 2 : 0), room);
    room -= folded.size;
    const told = new Set(folded.kept);
    const left = wanted.length - kept.length;
    const hidden = findings.length - wanted.length;
    return [
      [
        `### ${title} (${findings.length})`,
        ...kept.map((finding) => (open && told.has(finding) ? `${line(finding)}\n\n${evidenceOf(finding)}` : line(finding))),
        ...(left > 0
          ? [`**${left} more did not fit here**, of the targets with the most. The JSON report holds everything.`]
          : []),
        ...(hidden > 0 ? [`${count(hidden, 'finding')} below ${minSeverity} not shown.`] : []),
      ].join('\n\n'),
    ];
  });
  return `${[head, ...sections, ...(gates === '' ? [] : [gates])].join('\n\n')}\n`;
}

/** What a baseline, waivers and attestations say, a line each: as many as fit into their share of the room. */
function gatesOf(report: Report, room: number): string {
  const { baseline, waivers = [], attestations = [] } = report;
  const section = (title: string, intro: readonly string[], lines: readonly string[]): readonly string[] => {
    const { kept } = fairShare(
      lines,
      () => '',
      (text) => sizeOf(text) + 3,
      room / 3 - 1000,
    );
    const left = lines.length - kept.length;
    return [
      [
        `### ${title}`,
        ...intro,
        ...(kept.length === 0 ? [] : [kept.map((text) => `- ${text}`).join('\n')]),
        ...(left > 0 ? [`**${left} more did not fit here.** The JSON report holds everything.`] : []),
      ].join('\n\n'),
    ];
  };
  return [
    ...(baseline === undefined
      ? []
      : section(
          'Since the baseline',
          [`${code(baseline.source, 160)} · ${baselineText(baseline)}`],
          toldChanges(baseline).map(
            (change) =>
              `**${change.state}** ${change.severity} ${code(change.check, 40)} ${code(change.target, 80)} ${code(change.subject, 160)}${
                change.why === undefined ? '' : `: ${plain(change.why)}`
              }`,
          ),
        )),
    ...(waivers.length === 0
      ? []
      : section(
          `Waivers (${waivers.length})`,
          [],
          byUrgency(waivers).map((waiver) => {
            const state = isDead(waiver) ? `**${waiverState(waiver)}**` : waiverState(waiver);
            return `${code(waiver.id, 40)} ${code(waiver.target, 80)} ${code(waiver.subject, 160)} ${state}: ${plain(`${waiver.reason} (${waiverOwner(waiver)})`)}`;
          }),
        )),
    ...(attestations.length === 0
      ? []
      : section(
          `Attested, not tested (${attestations.length})`,
          [],
          attestations.map((each) => plain(`${each.statement} (${attestationOwner(each)})`)),
        )),
  ].join('\n\n');
}

/** The comment in front lets a workflow find its own comment again. */
function headline({ summary, exit, tool, interrupted, findings }: Report): string {
  const { counts } = summary;
  const failed = findings.filter(({ status, waived }) => status === 'fail' && waived === undefined);
  const undecided = counts.inconclusive + counts.error;
  return [
    '<!-- bulkhead -->',
    `## ${exit.code === 0 ? SYMBOLS.pass : exit.code === 1 ? SYMBOLS.fail : SYMBOLS.open} Bulkhead: ${
      failed.length > 0 ? `${count(failed.length, 'violation')} (${bySeverity(failed)})` : 'no violation'
    }${undecided > 0 ? `, ${undecided} not decided` : ''}`,
    '',
    `**exit ${exit.code}**: ${plain(exit.reason)}${interrupted ? ' **The run was interrupted.**' : ''}`,
    '',
    `${count(summary.targets, 'target')} · ${plain(coverageText(summary))} · ${counts.pass} pass · ${counts.fail} fail · ${counts.inconclusive} inconclusive · ${
      counts.error
    } error · ${counts.waived} waived · ${counts['not-applicable']} not applicable · ${plain(`${tool.name} ${tool.version}`, 60)}`,
    ...(undecided > 0 ? ['', 'What could not be tested is not known: it is never counted as held back.'] : []),
  ].join('\n');
}

/** A line a target, the ones with violations first; as many as fit. */
function verdicts({ targets, areas, findings }: Report, room: number): string {
  if (targets.length === 0) return '';
  const columns = AREAS.filter((area) => areas.some((each) => each.area === area));
  const byTarget = new Map<string, Map<string, string>>();
  for (const { targetId, area, verdict } of areas) {
    const { symbol, word } = VERDICTS[verdict];
    const own = byTarget.get(targetId) ?? new Map<string, string>();
    byTarget.set(targetId, own.set(area, `${symbol} ${word}`));
  }
  const failing = new Set(findings.filter(({ status }) => status === 'fail').map(({ targetId }) => targetId));
  const sorted = targets.toSorted((a, b) => Number(failing.has(b.id)) - Number(failing.has(a.id)));
  const row = ({ id, name, declaration }: ReportTarget): string =>
    `| ${[code(name, 80), code(declaration.egress, 120), ...columns.map((area) => byTarget.get(id)?.get(area) ?? '')].join(' | ')} |`;
  const { kept } = fairShare(
    sorted,
    ({ id }) => id,
    (target) => sizeOf(row(target)) + 1,
    room,
  );
  const left = targets.length - kept.length;
  return [
    `| target | declared | ${columns.join(' | ')} |`,
    `|---|---|${'---|'.repeat(columns.length)}`,
    ...kept.map(row),
    ...(left > 0 ? ['', `${left} more targets did not fit here.`] : []),
  ].join('\n');
}

function notes({ notes: all }: Report): string {
  const more = all.length - MAX_NOTES;
  return [...all.slice(0, MAX_NOTES).map((note) => `- ${plain(note)}`), ...(more > 0 ? [`- ${more} more notes`] : [])].join('\n');
}

function targetOf({ targetId }: Finding): string {
  return targetId;
}

function lineOf(finding: Finding, changes: ReadonlyMap<string, BaselineChange>): string {
  const { check, status, severity, target, subject, waived } = finding;
  const symbol = status === 'fail' ? SYMBOLS.fail : status === 'error' ? SYMBOLS.error : SYMBOLS.open;
  const change = changes.get(finding.fingerprint);
  const since = change === undefined ? '' : `, ${plain(changeWords(change))}`;
  const line = `${symbol} **${severity}** ${code(check, 40)} ${code(target, 80)} ${plain(statementOf(finding), 160)}: ${code(subject, 160)}${since}`;
  if (waived === undefined) return line;
  const until = waived.expires === undefined ? '' : ` until ${plain(waived.expires, 60)}`;
  return `${line}, waived${until}: ${plain(waived.reason)}`;
}

function evidenceOf({ message, expected, actual, evidence, remediation, reproduce }: Finding): string {
  const more = evidence.length - MAX_EVIDENCE;
  const facts = [
    `found: ${message}`,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(actual === undefined ? [] : [`actual: ${actual}`]),
    ...evidence.slice(0, MAX_EVIDENCE).map((each) => `evidence: ${each}`),
    ...(more > 0 ? [`evidence: ${more} more lines`] : []),
    `fix: ${remediation}`,
    ...(reproduce === undefined ? [] : [`try: ${reproduce}`]),
  ].map((each) => cut(each, MAX_LINE));
  return `<details><summary>evidence and remedy</summary>\n\n${codeBlock(facts)}\n\n</details>`;
}
