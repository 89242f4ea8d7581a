import type { Severity } from '../model/check.ts';
import type { Finding, Report, ReportCheck, ReportTarget } from '../model/report.ts';
import { escapeReport } from './console/view.ts';
import { inertJson } from './json.ts';
import { statementOf } from './statement.ts';

/** https://schema.ocsf.io/1.3.0/classes/compliance_finding */
const VERSION = '1.3.0';
const CATEGORY = { category_uid: 2, category_name: 'Findings' } as const;
const CLASS = { class_uid: 2003, class_name: 'Compliance Finding' } as const;
const CREATE = { activity_id: 1, activity_name: 'Create', type_uid: 200_301, type_name: 'Compliance Finding: Create' } as const;
const SEVERITY: Readonly<Record<Severity, { readonly severity_id: number; readonly severity: string }>> = {
  critical: { severity_id: 5, severity: 'Critical' },
  high: { severity_id: 4, severity: 'High' },
  medium: { severity_id: 3, severity: 'Medium' },
  low: { severity_id: 2, severity: 'Low' },
  info: { severity_id: 1, severity: 'Informational' },
};

/** An OCSF Compliance Finding a line, passes included: a SIEM shows that something was looked at by its presence. */
export function* ocsfLines(report: Report): Generator<string> {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const checks = new Map(safe.checks.map((check) => [check.id, check]));
  const targets = new Map(safe.targets.map((target) => [target.id, target]));
  for (const finding of safe.findings) {
    yield `${inertJson(eventOf(finding, safe, checks.get(finding.check), targets.get(finding.targetId)))}\n`;
  }
}

function eventOf(finding: Finding, report: Report, check: ReportCheck | undefined, target: ReportTarget | undefined): object {
  const { status, waived, message, subject, fingerprint, remediation, expected, actual, evidence, reproduce } = finding;
  const seen = Date.parse(report.finishedAt);
  // A pass is no incident, whatever its violation would weigh.
  const weight = status === 'pass' || status === 'not-applicable' ? SEVERITY.info : SEVERITY[finding.severity];
  const suppressed = waived !== undefined && status !== 'pass' && status !== 'not-applicable';
  return {
    ...CATEGORY,
    ...CLASS,
    ...CREATE,
    ...weight,
    time: Number.isNaN(seen) ? 0 : seen,
    message,
    ...(suppressed ? { status_id: 3, status: 'Suppressed', comment: waived.reason } : { status_id: 1, status: 'New' }),
    metadata: {
      version: VERSION,
      uid: `${report.session}/${fingerprint}`,
      product: { name: report.tool.name, vendor_name: 'Bulkhead', version: report.tool.version },
    },
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
