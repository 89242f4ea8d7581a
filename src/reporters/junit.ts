import junit, { type Builder, type TestSuite } from 'junit-report-builder';
import type { BaselineChange } from '../model/baseline.ts';
import type { Finding, Report, ReportTarget } from '../model/report.ts';
import { escapeReport } from './console/view.ts';
import { cut } from './cut.ts';
import { distinctNames } from './distinct.ts';
import {
  attestationOwner,
  baselineText,
  byUrgency,
  changesByFingerprint,
  changeWords,
  coverageText,
  waiverOwner,
  waiverState,
} from './gate-words.ts';
import { statementOf } from './statement.ts';

// Its types speak of a default export; what is there is the builder itself.
const builder = junit as unknown as Builder;

/** GitLab takes files below 30 MB: what is long is cut shorter when there is much of it. */
const MAX_BODIES = 12_000_000;
const MAX_BODY = 4000;
const MIN_BODY = 100;
const MAX_NAME = 200;
const MAX_MESSAGE = 200;
const MAX_PROPERTIES = 1000;
const MAX_PROPERTY = 1000;

/**
 * JUnit XML as GitLab, Jenkins and GitHub's actions show it: one suite a target and area, a case a finding. A failure is
 * a violation, an error is what could not be decided, skipped is what is waived or not applicable. Ends with a line break.
 */
export function* junitPieces(report: Report): Generator<string> {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const bodies = safe.findings.filter(({ status }) => status !== 'pass').length;
  const maxBody = Math.max(MIN_BODY, Math.min(MAX_BODY, Math.floor(MAX_BODIES / Math.max(bodies, 1))));
  const targets = new Map(safe.targets.map((target) => [target.id, target]));
  const changes = changesByFingerprint(safe);
  const suiteNames = distinctNames();
  const run = newSuite();
  addRun(run, safe);
  // The root counts what its suites hold, before any of them. Jenkins' schema has no `skipped` there and refuses the file.
  const results = safe.findings.map(resultOf);
  const [failures, errors] = (['failure', 'error'] as const).map((kind) => results.filter((result) => result === kind).length);
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bulkhead" tests="${run.getTestCaseCount() + results.length}" failures="${failures}" errors="${run.getErrorCount() + (errors ?? 0)}">\n`;
  yield textOf(run);
  for (const group of groupsOf(safe.findings)) {
    const [{ target, targetId, area }] = group;
    const name = suiteNames(`${cut(target, MAX_NAME)} ${area}`);
    const suite = newSuite().name(xml(name)).time(0).timestamp(stamp(safe));
    addProperties(suite, targets.get(targetId));
    // Viewers drop a second case of one class and name.
    const caseNames = distinctNames();
    for (const finding of group)
      addCase(suite, finding, name, caseNames, bodyOf(finding, changes.get(finding.fingerprint)), maxBody);
    yield textOf(suite);
  }
  yield '</testsuites>\n';
}

/** Each suite is a document of its own until it is written: the tree of a large run takes many times the room of its text. */
function newSuite(): TestSuite {
  return builder.newBuilder().testSuite();
}

function textOf(suite: TestSuite): string {
  const text = suite.build().end({ pretty: true, offset: 1 });
  return `  ${text.slice(text.indexOf('<testsuite'))}\n`;
}

/** A run that found nothing or broke off has no findings, and no findings look like success. */
function addRun(suite: TestSuite, report: Report): void {
  const { exit, interrupted, targets, tool, session } = report;
  suite.name('bulkhead run').time(0);
  suite.property('tool', xml(`${tool.name} ${tool.version}`)).property('session', xml(session));
  suite.property('exit', xml(`${exit.code}: ${exit.reason}`));
  for (const [name, value] of gatesOf(report)) suite.property(name, xml(cut(value, MAX_PROPERTY)));
  const run = suite.testCase().className('bulkhead.run').name('the run is complete').time(0);
  if (interrupted || exit.code === 4 || exit.code === 130 || (targets.length === 0 && exit.code !== 0)) {
    run.error(xml(cut(exit.reason, MAX_MESSAGE)), 'incomplete', xml(exit.reason));
  }
}

/** What no case of a finding says: of the run as a whole, of each waiver, and what somebody vouches for. */
function gatesOf({ summary, baseline, waivers = [], attestations = [] }: Report): readonly (readonly [string, string])[] {
  const properties = [
    ...byUrgency(waivers).map((waiver, index) => {
      const { id, target, subject, reason } = waiver;
      return [
        `waiver ${index + 1}`,
        `${waiverState(waiver)}: ${id} ${target} ${subject}: ${reason} (${waiverOwner(waiver)})`,
      ] as const;
    }),
    ...attestations.map(
      (each, index) => [`attested, not tested ${index + 1}`, `${each.statement} (${attestationOwner(each)})`] as const,
    ),
  ];
  const left = properties.length - MAX_PROPERTIES;
  return [
    ['coverage', coverageText(summary)],
    ...(baseline === undefined ? [] : [['baseline', `${baseline.source}: ${baselineText(baseline)}`] as const]),
    ...properties.slice(0, MAX_PROPERTIES),
    ...(left > 0 ? [['more', `${left} more waivers and attestations in --format json`] as const] : []),
  ];
}

function addProperties(suite: TestSuite, target: ReportTarget | undefined): void {
  if (target === undefined) return;
  suite.property('image', xml(target.image));
  suite.property('declaration', xml(`${target.declaration.source}: ${target.declaration.location}`));
  suite.property('declared egress', xml(target.declaration.egress));
}

function addCase(
  suite: TestSuite,
  finding: Finding,
  suiteName: string,
  unique: (name: string) => string,
  body: string,
  maxBody: number,
): void {
  const { check, subject, status, severity, waived, message } = finding;
  // The suite's name is part of the class: two targets of one name stay apart.
  const [, target = suiteName, area = ''] = /^(.*) ([A-Z]+(?: #\d+)?)$/s.exec(suiteName) ?? [];
  const one = suite
    .testCase()
    .className(xml(`${target}.${area}`))
    .name(xml(unique(`${check} ${cut(subject, MAX_NAME)}`)))
    .time(0);
  const headline = xml(cut(`${statementOf(finding)}: ${message}`, MAX_MESSAGE));
  const result = resultOf(finding);
  if (result === 'pass') return;
  if (status === 'not-applicable') {
    one.skipped().standardOutput(xml(cut(`not applicable: ${message}`, maxBody)));
  } else if (waived !== undefined) {
    const until = waived.expires === undefined ? '' : ` until ${waived.expires}`;
    one.skipped().standardOutput(xml(cut(`waived${until}: ${waived.reason}\n${body}`, maxBody)));
  } else if (result === 'failure') {
    one.failure(headline, `violation ${severity}`).stacktrace(xml(cut(body, maxBody)));
  } else {
    one.error(headline, status, xml(cut(body, maxBody)));
  }
}

function resultOf({ status, waived }: Finding): 'pass' | 'skipped' | 'failure' | 'error' {
  if (status === 'pass') return 'pass';
  if (status === 'not-applicable' || waived !== undefined) return 'skipped';
  return status === 'fail' ? 'failure' : 'error';
}

function bodyOf(finding: Finding, change: BaselineChange | undefined): string {
  const { check, severity, message, expected, actual, evidence, remediation, reproduce } = finding;
  return [
    `${severity} ${check}: ${statementOf(finding)}`,
    ...(change === undefined ? [] : [`baseline: ${changeWords(change)}`]),
    // No line begins with what was seen: a log may take it for a command.
    `found: ${message}`,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(actual === undefined ? [] : [`actual: ${actual}`]),
    ...evidence.map((line) => `evidence: ${line}`),
    `fix: ${remediation}`,
    ...(reproduce === undefined ? [] : [`try: ${reproduce}`]),
  ].join('\n');
}

/** Findings of one target and area, in the order in which they first appear. */
function groupsOf(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.targetId, finding.target, finding.area]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

/** Without fraction and zone, as the schemas want it; the report's times are UTC. */
function stamp({ startedAt }: Report): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(startedAt)?.[0] ?? '1970-01-01T00:00:00';
}

/**
 * What XML 1.0 has no way to write is replaced; the builder escapes the rest, but of several ends of a CDATA section in
 * one text it sees the first alone.
 */
function xml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what XML forbids
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').replaceAll(']]>', ']] >');
}
