import type { Severity } from '../model/check.ts';
import type { Report } from '../model/report.ts';
import { anchorOf } from './anchor.ts';
import type { RenderOptions } from './console/context.ts';
import { escapeReport, sectionsOf } from './console/view.ts';
import { cut } from './cut.ts';
import { distinctNames } from './distinct.ts';
import { changesByFingerprint, changeWords, isDead, waiverSentence } from './gate-words.ts';
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
 * GitLab's code quality report: what failed and is not waived, what could not be decided, which would otherwise look
 * like nothing, and waivers that have ended or cover nothing. Ends with a line break.
 */
export function renderGitlab(report: Report, { files }: RenderOptions): string {
  const safe = escapeReport({ ...report, matrix: { destinations: [], rows: [] } });
  const { failed, undecided } = sectionsOf(safe);
  const fingerprint = distinctNames('-');
  const changes = changesByFingerprint(safe);
  const findings = [...failed, ...undecided].map((finding) => {
    const { check, status, severity, target, subject, message } = finding;
    const { path, line } = anchorOf(finding, files);
    const change = changes.get(finding.fingerprint);
    const since = change === undefined ? '' : `, ${changeWords(change)}`;
    return {
      description: cut(`${target}: ${statementOf(finding)} (${subject}${since}). ${message}`, 1000),
      check_name: check,
      fingerprint: fingerprint(finding.fingerprint),
      severity: status === 'fail' ? SEVERITY[severity] : 'minor',
      location: { path, lines: { begin: line?.number ?? 1 } },
    };
  });
  const waivers = (safe.waivers ?? []).filter(isDead).map((waiver) => ({
    description: cut(waiverSentence(waiver), 1000),
    check_name: 'waiver',
    fingerprint: fingerprint(`waiver ${waiver.id} ${waiver.target} ${waiver.subject}`),
    severity: 'minor',
    location: { path: `waivers/${waiver.id}`, lines: { begin: 1 } },
  }));
  return `${inertJson([...findings, ...waivers], 2)}\n`;
}
