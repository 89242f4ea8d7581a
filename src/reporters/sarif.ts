import type { Log, Notification, PropertyBag, ReportingDescriptor, Result } from 'sarif';
import type { BaselineChange } from '../model/baseline.ts';
import { SEVERITIES, type Severity } from '../model/check.ts';
import type { Finding, Report, ReportCheck, ReportTarget } from '../model/report.ts';
import type { WaiverResult } from '../model/waiver.ts';
import { anchorOf, uriOf, type DeclarationFiles } from './anchor.ts';
import type { RenderOptions } from './console/context.ts';
import { escapeReport, sectionsOf } from './console/view.ts';
import { cut } from './cut.ts';
import { distinctNames } from './distinct.ts';
import { changesByFingerprint, changeWords, isDead, waiverSentence } from './gate-words.ts';
import { inertPieces } from './json.ts';
import { levelOf } from './level.ts';
import { statementOf } from './statement.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json';
/** Of the log: its fields, the run, and its fields, whose elements are written one by one. */
const LEVELS = 4;
/** GitHub: results a run; of a rule's texts, characters; of its tags. */
const MAX_RESULTS = 25_000;
const MAX_RULE_TEXT = 1024;
const MAX_TAGS = 10;
/** No limit of GitHub: nobody reads more, and the file stays small. */
const MAX_NOTIFICATIONS = 1000;
/** What paths of files start from; whoever shows the log knows where that is. */
const ROOT = '%SRCROOT%';
/** GitHub refuses a location without a region. */
const FIRST_LINE = { number: 1, columns: 1 };
/** GitHub takes 10 MB, compressed: where results are many, each is cut shorter. */
const MAX_TEXTS = 20_000_000;
/** GitHub's bands: above 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
};

/**
 * SARIF 2.1.0 for GitHub's code scanning. A result is a violation, waived ones suppressed; what could not be decided is a
 * notification of the run, as code scanning knows no such result. Ends with a line break.
 */
export function* sarifPieces(report: Report, { files }: RenderOptions): Generator<string> {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const { failed, undecided, waived } = sectionsOf(safe);
  const violations = [...failed, ...waived.filter(({ status }) => status === 'fail')].toSorted(
    (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity),
  );
  const rules = safe.checks.map(ruleOf);
  const context: Context = {
    targets: new Map(safe.targets.map((target) => [target.id, target])),
    files,
    ruleIndex: new Map(rules.map(({ id }, index) => [id, index])),
    fingerprint: distinctNames(':'),
    changes: changesByFingerprint(safe),
    maxText: Math.max(200, Math.min(4000, Math.floor(MAX_TEXTS / Math.max(violations.length, 1)))),
  };
  const dead = (safe.waivers ?? []).filter(isDead);
  const log: Log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: filled(safe.tool.name, 'bulkhead'), semanticVersion: safe.tool.version, rules } },
        automationDetails: { id: `bulkhead/${safe.session}` },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the repository, else the working directory.' } } },
        invocations: [
          {
            executionSuccessful: isComplete(safe),
            exitCode: safe.exit.code,
            exitCodeDescription: safe.exit.reason,
            ...(isInstant(safe.startedAt) && { startTimeUtc: safe.startedAt }),
            ...(isInstant(safe.finishedAt) && { endTimeUtc: safe.finishedAt }),
            toolExecutionNotifications: [
              ...notificationsOf([...undecided, ...notDecidedOf(waived)], context),
              ...left(violations),
            ],
            ...(dead.length > 0 && { toolConfigurationNotifications: dead.slice(0, MAX_NOTIFICATIONS).map(waiverNotification) }),
          },
        ],
        results: violations.slice(0, MAX_RESULTS).map((finding) => resultOf(finding, context)),
        properties: propertiesOf(safe),
      },
    ],
  };
  yield* inertPieces(log, LEVELS);
  yield '\n';
}

interface Context {
  readonly targets: ReadonlyMap<string, ReportTarget>;
  readonly files: DeclarationFiles | undefined;
  readonly ruleIndex: ReadonlyMap<string, number>;
  readonly fingerprint: (fingerprint: string) => string;
  readonly changes: ReadonlyMap<string, BaselineChange>;
  readonly maxText: number;
}

/** What no result says: of the run as a whole, what is gone since the baseline, each waiver, and what is attested. */
function propertiesOf({ summary, baseline, waivers, attestations }: Report): PropertyBag {
  const gone = (baseline?.changes ?? []).filter(({ state, fails }) => state !== 'unchanged' && !fails);
  return {
    counts: summary.counts,
    targets: summary.targets,
    coverage: summary.coverage,
    ...(baseline !== undefined && {
      baseline: {
        source: baseline.source,
        tool: baseline.tool,
        counts: baseline.counts,
        gone: gone.slice(0, MAX_NOTIFICATIONS),
        goneMore: Math.max(0, gone.length - MAX_NOTIFICATIONS),
      },
    }),
    ...(waivers !== undefined && { waivers }),
    ...(attestations !== undefined && { attestations }),
  };
}

function waiverNotification(waiver: WaiverResult): Notification {
  return {
    descriptor: { id: `waiver-${waiver.state}` },
    level: 'warning',
    message: { text: inert(cut(waiverSentence(waiver), 1000)) },
  };
}

/** What is missing was not looked at: only a run that came to its end, and whose checks all worked, is one. */
function isComplete({ interrupted, exit, findings }: Report): boolean {
  return !interrupted && exit.code !== 4 && exit.code !== 130 && !findings.some(({ status }) => status === 'error');
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);
}

function ruleOf(check: ReportCheck): ReportingDescriptor {
  const { id, slug, area, severity, failureTitle, description, remediation, references } = check;
  const help = `${filled(description, failureTitle)}\n\n${filled(remediation, failureTitle)}`;
  return {
    id,
    name: cut(filled(slug, id), 250),
    shortDescription: { text: ruleText(failureTitle, id) },
    fullDescription: { text: ruleText(description, failureTitle) },
    help: { text: inert(help), markdown: inert(help) },
    defaultConfiguration: { level: levelOf(severity) },
    properties: {
      precision: 'very-high',
      'security-severity': SECURITY_SEVERITY[severity],
      tags: [...new Set(['security', 'mcp', area, ...tagsOf(references)])].slice(0, MAX_TAGS),
    },
  };
}

function tagsOf(references: ReportCheck['references']): readonly string[] {
  return references.flatMap(({ source, ids }) => ids.map((id) => cut(`${source} ${id}`, 200)));
}

function ruleText(text: string, instead: string): string {
  return inert(cut(filled(text, instead), MAX_RULE_TEXT - 50));
}

/** GitHub refuses a file in which a required text is empty. */
function filled(text: string, instead: string): string {
  return text.trim() === '' ? filled(instead, 'no text') : text;
}

function resultOf(finding: Finding, context: Context): Result {
  const { check, severity, title, message, waived, expected, actual, evidence, remediation, reproduce, subject } = finding;
  const ruleIndex = context.ruleIndex.get(check);
  const fingerprint = context.fingerprint(finding.fingerprint);
  const change = context.changes.get(finding.fingerprint);
  const text = [
    `${finding.target}: ${title} (${subject}). ${message}`,
    ...(expected === undefined ? [] : [`Expected: ${expected}.`]),
    ...(actual === undefined ? [] : [`Actual: ${actual}.`]),
    ...evidence.map((line) => `Evidence: ${line}`),
    `Fix: ${remediation}`,
    ...(reproduce === undefined ? [] : [`Try: ${reproduce}`]),
  ].join('\n');
  return {
    ruleId: check,
    ...(ruleIndex !== undefined && { ruleIndex }),
    kind: 'fail',
    level: levelOf(severity),
    message: { text: inert(cut(text, context.maxText)) },
    locations: [locationOf(finding, context)],
    ...baselineOf(change),
    partialFingerprints: { primaryLocationLineHash: fingerprint, 'bulkheadFinding/v1': fingerprint },
    ...(waived !== undefined && {
      suppressions: [
        {
          kind: 'external',
          status: 'accepted',
          justification: `${waived.reason}${waived.expires === undefined ? '' : ` (until ${waived.expires})`}`,
        },
      ],
    }),
    properties: {
      severity,
      subject: cut(subject, context.maxText),
      ...(change !== undefined && { sinceBaseline: changeWords(change) }),
    },
  };
}

/** SARIF has no word for what cannot be compared, and what is resolved is no result: code scanning would open it anew. */
function baselineOf(change: BaselineChange | undefined): Pick<Result, 'baselineState'> {
  return change?.state === 'new' || change?.state === 'unchanged' ? { baselineState: change.state } : {};
}

type Location = NonNullable<Result['locations']>[number];

function locationOf(finding: Finding, { targets, files }: Context): Location {
  const target = targets.get(finding.targetId);
  const { path, file, line: { number, columns } = FIRST_LINE } = anchorOf(finding, files);
  const container = `${finding.target}@${target?.image ?? 'unknown'}`;
  const declaredAt = file ? undefined : declaredElsewhere(target);
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(path), ...(file && { uriBaseId: ROOT }) },
      region: { startLine: number, startColumn: 1, endLine: number, endColumn: columns + 1 },
    },
    logicalLocations: [
      { name: filled(finding.target, finding.targetId), fullyQualifiedName: container, kind: 'container' },
      ...(declaredAt === undefined
        ? []
        : [{ name: declaredAt, fullyQualifiedName: `${container}/${declaredAt}`, kind: 'declaration' }]),
    ],
  };
}

/** What declares, where no file of the repository does: a label, or a file elsewhere. */
function declaredElsewhere(target: ReportTarget | undefined): string | undefined {
  const { source = 'none', location = '', remarks = [] } = target?.declaration ?? {};
  if (source !== 'none') return location.trim() === '' ? undefined : cut(location, 1000);
  return remarks.some(({ code }) => code === 'label-of-image') ? 'label of the image' : undefined;
}

function notDecidedOf(waived: readonly Finding[]): readonly Finding[] {
  return waived.filter(({ status }) => status !== 'fail');
}

function notificationsOf(undecided: readonly Finding[], context: Context): readonly Notification[] {
  const more = undecided.length - MAX_NOTIFICATIONS;
  return [
    ...undecided.slice(0, MAX_NOTIFICATIONS).map((finding): Notification => {
      const { check, status, target, subject, message, waived } = finding;
      const index = context.ruleIndex.get(check);
      return {
        descriptor: { id: status },
        associatedRule: index === undefined ? { id: check } : { id: check, index },
        level: waived !== undefined ? 'note' : status === 'error' ? 'error' : 'warning',
        message: { text: inert(cut(`${target}: ${statementOf(finding)} (${subject}). ${message}`, 1000)) },
        locations: [locationOf(finding, context)],
      };
    }),
    ...(more > 0 ? [{ level: 'warning' as const, message: { text: `${more} more findings were not decided.` } }] : []),
  ];
}

function left(violations: readonly Finding[]): readonly Notification[] {
  const more = violations.length - MAX_RESULTS;
  return more > 0
    ? [{ level: 'warning', message: { text: `${more} less severe violations are left out: a run holds ${MAX_RESULTS}.` } }]
    : [];
}

/** Messages may hold links `[text](target)` and placeholders `{0}`: what was seen makes neither. */
function inert(text: string): string {
  return text.replaceAll('](', '] (').replace(/\{(?=\d)/g, '{ ');
}
