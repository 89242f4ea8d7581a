import { AREAS, SEVERITIES, type Severity } from '../model/check.ts';
import type { AreaResult, AreaVerdict, Counts, Finding } from '../model/report.ts';
import type { Target } from '../model/target.ts';

/** What decides of a finding. */
export type Decided = Pick<Finding, 'area' | 'check' | 'severity' | 'status' | 'targetId' | 'waived'>;

/**
 * Checks of circumstance: that a declaration exists, that a network has a flag, or that one address nearby is
 * out of reach holds nothing back. Their passes do not make an area that else lets everything through "partial".
 */
const CIRCUMSTANTIAL: ReadonlySet<string> = new Set([
  'NET-001',
  'NET-002',
  'NET-003',
  'NET-006',
  'NET-014',
  'NET-015',
  'NET-016',
  'HOST-002',
  'HOST-006',
  'PIVOT-006',
]);

/** The verdict per target and area, in the catalogue's order; areas without a finding are left out. */
export function areaResults(
  targets: readonly Pick<Target, 'id' | 'name'>[],
  findings: readonly Decided[],
): readonly AreaResult[] {
  const byTarget = Map.groupBy(findings, ({ targetId }) => targetId);
  return targets.flatMap(({ id, name }) => {
    const byArea = Map.groupBy(byTarget.get(id) ?? [], ({ area }) => area);
    return AREAS.flatMap((area) => {
      const own = byArea.get(area);
      return own === undefined ? [] : [{ target: name, targetId: id, area, verdict: verdictOf(own), counts: countsOf(own) }];
    });
  });
}

/** A waiver changes what fails a run, never what was seen: an area with a waived failure is not enforced. */
function verdictOf(findings: readonly Decided[]): AreaVerdict {
  const failed = findings.filter(({ status, severity }) => status === 'fail' && severity !== 'info');
  const held = findings.filter(({ status, check }) => status === 'pass' && !CIRCUMSTANTIAL.has(check));
  if (failed.length > 0) return held.length > 0 ? 'partial' : 'cosmetic';
  if (findings.some(({ status }) => status === 'inconclusive' || status === 'error')) return 'unknown';
  return findings.some(({ status }) => status === 'pass') ? 'enforced' : 'not-applicable';
}

export function countsOf(findings: readonly Pick<Finding, 'status' | 'waived'>[]): Counts {
  const counts: Counts = { pass: 0, fail: 0, inconclusive: 0, 'not-applicable': 0, error: 0, waived: 0 };
  for (const { status, waived } of findings) counts[waived === undefined ? status : 'waived'] += 1;
  return counts;
}

/** Highest severity of the failures that nobody waived. */
export function worstOf(findings: readonly Finding[]): Severity | undefined {
  return SEVERITIES.toReversed().find((severity) =>
    findings.some((finding) => finding.status === 'fail' && finding.waived === undefined && finding.severity === severity),
  );
}
