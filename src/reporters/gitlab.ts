import type { Severity } from '../model/check.ts';
import type { Report } from '../model/report.ts';
import { anchorOf } from './anchor.ts';
import type { RenderOptions } from './console/context.ts';
import { escapeReport, sectionsOf } from './console/view.ts';
import { cut } from './cut.ts';
import { distinctNames } from './distinct.ts';
import { inertJson } from './json.ts';
import { statementOf } from './statement.ts';

const SEVERITY: Readonly<Record<Severity, string>> = {
  critical: 'blocker',
  high: 'critical',
  medium: 'major',
  low: 'minor',
  info: 'info',
};

/**
 * GitLab's code quality report: what failed and is not waived, and what could not be decided, which would otherwise look
 * like nothing. Ends with a line break.
 */
export function renderGitlab(report: Report, { files }: RenderOptions): string {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const { failed, undecided } = sectionsOf(safe);
  const fingerprint = distinctNames('-');
  const issues = [...failed, ...undecided].map((finding) => {
    const { check, status, severity, target, subject, message } = finding;
    const { path, line } = anchorOf(finding, files);
    return {
      description: cut(`${target}: ${statementOf(finding)} (${subject}). ${message}`, 1000),
      check_name: check,
      fingerprint: fingerprint(finding.fingerprint),
      severity: status === 'fail' ? SEVERITY[severity] : 'minor',
      location: { path, lines: { begin: line?.number ?? 1 } },
    };
  });
  return `${inertJson(issues, 2)}\n`;
}
