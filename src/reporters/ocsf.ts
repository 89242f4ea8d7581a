import type { BaselineChange } from '../model/baseline.ts';
import type { Severity } from '../model/check.ts';
import type { Finding, Report, ReportCheck, ReportTarget } from '../model/report.ts';
import type { AttestationResult, WaiverResult } from '../model/waiver.ts';
import { escapeReport } from './console/view.ts';
import { attestationOwner, changesByFingerprint, changeWords, isDead, waiverSentence } from './gate-words.ts';
import { inertJson } from './json.ts';
import { statementOf } from './statement.ts';

/** https://schema.ocsf.io/1.3.0/classes/compliance_finding */
const VERSION = '1.3.0';
const CATEGORY = { category_uid: 2, category_name: 'Findings' } as const;
const CLASS = { class_uid: 2003, class_name: 'Compliance Finding' } as const;
const CLOSE = { activity_id: 3, activity_name: 'Close', type_uid: 200_303, type_name: 'Compliance Finding: Close' } as const;
const CREATE = { activity_id: 1, activity_name: 'Create', type_uid: 200_301, type_name: 'Compliance Finding: Create' } as const;
const SEVERITY: Readonly<Record<Severity, { readonly severity_id: number; readonly severity: string }>> = {
  critical: { severity_id: 5, severity: 'Critical' },
  high: { severity_id: 4, severity: 'High' },
  medium: { severity_id: 3, severity: 'Medium' },
  low: { severity_id: 2, severity: 'Low' },
  info: { severity_id: 1, severity: 'Informational' },
};

/**
 * An OCSF Compliance Finding a line, passes included: a SIEM shows that something was looked at by its presence. What is
 * resolved since the baseline is closed; waivers that have ended or cover nothing, and attestations, are events of their own.
 */
export function* ocsfLines(report: Report): Generator<string> {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const checks = new Map(safe.checks.map((check) => [check.id, check]));
  const targets = new Map(safe.targets.map((target) => [target.id, target]));
  const changes = changesByFingerprint(safe);
  const seen = new Set(safe.findings.map(({ fingerprint }) => fingerprint));
  const gone = [...changes.values()].filter(({ state, fingerprint }) => state === 'resolved' && !seen.has(fingerprint));
  for (const finding of safe.findings) {
    const { check, targetId, fingerprint } = finding;
    yield line(eventOf(finding, safe, checks.get(check), targets.get(targetId), changes.get(fingerprint)));
  }
  for (const change of gone) yield line(goneEvent(change, safe));
  for (const waiver of (safe.waivers ?? []).filter(isDead)) yield line(waiverEvent(waiver, safe));
  for (const attestation of safe.attestations ?? []) yield line(attestationEvent(attestation, safe));
}

function line(event: object): string {
  return `${inertJson(event)}\n`;
}

/** What every event of a run has. */
function headOf({ finishedAt, session, tool }: Report, uid: string): object {
  const seen = Date.parse(finishedAt);
  return {
    ...CATEGORY,
    ...CLASS,
    time: Number.isNaN(seen) ? 0 : seen,
    metadata: {
      version: VERSION,
      uid: `${session}/${uid}`,
      product: { name: tool.name, vendor_name: 'Bulkhead', version: tool.version },
    },
  };
}

/** Of the baseline, and not there any more: no pass, for nothing is left that could have one. */
function goneEvent(change: BaselineChange, report: Report): object {
  const { fingerprint, check, target, subject } = change;
  const message = `${target}: ${check} (${subject}) is ${changeWords(change)}.`;
  return {
    ...headOf(report, fingerprint),
    ...CLOSE,
    ...SEVERITY.info,
    message,
    ...RESOLVED,
    finding_info: { uid: fingerprint, title: message, analytic: { type_id: 1, type: 'Rule', uid: check } },
    compliance: { control: check, standards: ['Bulkhead'], status_id: 99, status: 'Resolved', status_detail: message },
    unmapped: { subject, since_baseline: change.state },
  };
}

function waiverEvent(waiver: WaiverResult, report: Report): object {
  const uid = `waiver ${waiver.id} ${waiver.target} ${waiver.subject}`;
  const message = waiverSentence(waiver);
  return {
    ...headOf(report, uid),
    ...CREATE,
    ...SEVERITY.low,
    message,
    ...NEW,
    finding_info: { uid, title: message, desc: waiver.reason, types: ['waiver'] },
    compliance: { control: waiver.id, standards: ['Bulkhead'], status_id: 2, status: 'Warning', status_detail: message },
    unmapped: { ...waiver },
  };
}

/** No check takes it for evidence, and nobody else should: its status is none of pass and fail. */
function attestationEvent(attestation: AttestationResult, report: Report): object {
  const { statement, checks } = attestation;
  const message = `Attested, not tested: ${statement} (${attestationOwner(attestation)})`;
  return {
    ...headOf(report, `attestation ${statement}`),
    ...CREATE,
    ...SEVERITY.info,
    message,
    status_id: 99,
    status: 'Attested',
    finding_info: { uid: `attestation ${statement}`, title: message, types: ['attestation'] },
    compliance: {
      control: checks.join(', '),
      standards: ['Bulkhead'],
      status_id: 99,
      status: attestation.expired ? 'Attestation ended' : 'Attested',
      status_detail: message,
    },
    unmapped: { ...attestation },
  };
}

const NEW = { status_id: 1, status: 'New' } as const;
const RESOLVED = { status_id: 4, status: 'Resolved' } as const;

function eventOf(
  finding: Finding,
  report: Report,
  check: ReportCheck | undefined,
  target: ReportTarget | undefined,
  change: BaselineChange | undefined,
): object {
  const { status, waived, message, subject, fingerprint, remediation, expected, actual, evidence, reproduce } = finding;
  // A pass is no incident, whatever its violation would weigh.
  const weight = status === 'pass' || status === 'not-applicable' ? SEVERITY.info : SEVERITY[finding.severity];
  const resolved = change?.state === 'resolved';
  const suppressed = waived !== undefined && status !== 'pass' && status !== 'not-applicable';
  return {
    ...headOf(report, fingerprint),
    ...(resolved ? CLOSE : CREATE),
    ...weight,
    message,
    ...(suppressed ? { status_id: 3, status: 'Suppressed', comment: waived.reason } : resolved ? RESOLVED : NEW),
    finding_info: {
      uid: fingerprint,
      title: statementOf(finding),
      desc: check?.description ?? message,
      analytic: { type_id: 1, type: 'Rule', uid: finding.check, name: finding.slug },
      types: [finding.area],
    },
    compliance: {
      control: finding.check,
      standards: standardsOf(check),
      requirements: check?.framework ?? [],
      ...complianceOf(status),
      status_detail: message,
    },
    remediation: { desc: remediation },
    resources: [
      { uid: finding.targetId, name: finding.target, type: 'Container', ...(target && { labels: [`image: ${target.image}`] }) },
    ],
    unmapped: {
      subject,
      status,
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
      evidence,
      ...(reproduce === undefined ? {} : { reproduce }),
      ...(suppressed && waived.expires !== undefined ? { waived_until: waived.expires } : {}),
      ...(change === undefined ? {} : { since_baseline: change.state }),
    },
  };
}

function standardsOf(check: ReportCheck | undefined): readonly string[] {
  const named = (check?.references ?? []).map(({ source }) => source);
  return named.length === 0 ? ['Bulkhead'] : [...new Set(named)];
}

function complianceOf(status: Finding['status']): { readonly status_id: number; readonly status: string } {
  switch (status) {
    case 'pass':
      return { status_id: 1, status: 'Pass' };
    case 'fail':
      return { status_id: 3, status: 'Fail' };
    case 'inconclusive':
    case 'error':
      return { status_id: 2, status: 'Warning' };
    case 'not-applicable':
      return { status_id: 99, status: 'Not applicable' };
  }
}
