import { AREAS, SEVERITIES, type Severity } from '../../model/check.ts';
import type { Finding, Report } from '../../model/report.ts';
import { escapeText } from '../../model/text.ts';

/** No text of a report is printed beyond this; the sections cut shorter still. */
const MAX_TEXT = 2000;

/**
 * The report with every string made safe, so that no section can forget to. Observations and profiles are
 * left out: they are not shown, and they are what is large.
 */
export function escapeReport(report: Report): Report {
  // The findings of a check share one text.
  const lines = new Map<string, string>();
  const advice = (text: string): string => {
    const line = lines.get(text) ?? oneLine(text);
    lines.set(text, line);
    return line;
  };
  return {
    ...escapeDeep({ ...report, observations: [], findings: [], targets: [], checks: [] }),
    checks: report.checks.map((check) =>
      escapeDeep({ ...check, description: oneLine(check.description), remediation: oneLine(check.remediation) }),
    ),
    findings: report.findings.map((finding) => {
      // Remediation is prose of several lines; elsewhere a line break is a surprise worth showing.
      const remediation = advice(finding.remediation);
      return escapeDeep(remediation === finding.remediation ? finding : { ...finding, remediation });
    }),
    targets: report.targets.map((target) => escapeDeep({ ...target, declaration: { ...target.declaration, profile: null } })),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A value with every string in it made safe to print; the value itself where nothing has to be, which is nearly always. */
export function escapeDeep<T>(value: T): T {
  return map(value) as T;
}

function map(value: unknown): unknown {
  if (typeof value === 'string') return escapeText(value, MAX_TEXT);
  if (typeof value !== 'object' || value === null || isSafe(value)) return value;
  if (Array.isArray(value)) return value.map(map);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, map(each)]));
}

function isSafe(value: unknown): boolean {
  if (typeof value === 'string') return escapeText(value, MAX_TEXT) === value;
  return typeof value !== 'object' || value === null || Object.values(value).every(isSafe);
}

/** The findings by the section they belong to, the worst first. */
export interface Sections {
  readonly failed: readonly Finding[];
  /** Inconclusive, then errors. */
  readonly undecided: readonly Finding[];
  readonly waived: readonly Finding[];
  readonly passed: readonly Finding[];
  readonly notApplicable: readonly Finding[];
}

export function sectionsOf(report: Report): Sections {
  const order = new Map(report.targets.map(({ id }, index) => [id, index]));
  const sorted = report.findings.toSorted(
    (a, b) =>
      SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
      AREAS.indexOf(a.area) - AREAS.indexOf(b.area) ||
      compare(a.check, b.check) ||
      (order.get(a.targetId) ?? order.size) - (order.get(b.targetId) ?? order.size),
  );
  const counted = sorted.filter(({ waived }) => waived === undefined);
  const withStatus = (status: Finding['status'], from = counted): Finding[] =>
    from.filter((finding) => finding.status === status);
  return {
    failed: withStatus('fail'),
    undecided: [...withStatus('inconclusive'), ...withStatus('error')],
    waived: sorted.filter((finding) => finding.waived !== undefined && !settled(finding)),
    // A waiver that meets a pass has nothing to waive.
    passed: withStatus('pass', sorted),
    notApplicable: withStatus('not-applicable', sorted),
  };
}

function settled({ status }: Finding): boolean {
  return status === 'pass' || status === 'not-applicable';
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function atLeast(severity: Severity, minimum: Severity | undefined): boolean {
  return minimum === undefined || SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(minimum);
}

/** Findings of one check, target, severity and status belong together: one is told, the others are listed. */
export function grouped(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.check, finding.targetId, finding.target, finding.severity, finding.status]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

/** `2 critical, 1 low`; worst first. */
export function bySeverity(findings: readonly Finding[]): string {
  return SEVERITIES.toReversed()
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => `${number} ${severity}`)
    .join(', ');
}
