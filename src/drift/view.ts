import { sightOf, worstBy, type Sight } from '../engine/sight.ts';
import type { Finding, Report, ReportTarget } from '../model/report.ts';
import { waysOf, type WaysOf } from './ways.ts';

/** A run and the name under which it was given. */
export interface DriftSide {
  readonly report: Report;
  /** The file or the run. */
  readonly source: string;
}

/** A run, as it is compared. */
export interface View {
  readonly report: Report;
  readonly sight: Sight;
  /** By name, which survives that a container is made anew. */
  readonly targets: ReadonlyMap<string, ReportTarget>;
  /** By `keyOf`. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly waysOf: WaysOf;
}

export interface Views {
  readonly before: View;
  readonly after: View;
  /** Old name to new one, of containers that are called something else now. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** Both runs, the earlier one in the names of the later one. */
export function viewsOf(before: Report, after: Report): Views {
  const renamed = renamedIn(before.targets, after.targets);
  return { before: viewOf(before, renamed), after: viewOf(after, new Map()), renamed };
}

/** The same container, whose old name nobody has any more and whose new one nobody had. */
function renamedIn(before: readonly ReportTarget[], after: readonly ReportTarget[]): ReadonlyMap<string, string> {
  const old = new Set(before.map(({ name }) => name));
  const current = new Set(after.map(({ name }) => name));
  const ids = new Map(after.map(({ id, name }) => [id, name]));
  return new Map(
    before.flatMap(({ id, name }) => {
      const now = ids.get(id);
      return now !== undefined && !current.has(name) && !old.has(now) ? [[name, now]] : [];
    }),
  );
}

function viewOf(report: Report, renamed: ReadonlyMap<string, string>): View {
  const called = (name: string): string => renamed.get(name) ?? name;
  // Findings about another server have its name for a subject.
  const findings = report.findings.map((finding) => ({
    ...finding,
    target: called(finding.target),
    subject: called(finding.subject),
  }));
  const names = new Map(report.targets.map(({ id, name }) => [id, called(name)]));
  return {
    report,
    sight: sightOf({
      tool: report.tool.version,
      checks: report.checks.map(({ id }) => id),
      targets: [...names.values()],
      verdicts: findings,
    }),
    targets: new Map(report.targets.map((target) => [called(target.name), target])),
    findings: worstBy(findings, keyOf),
    waysOf: waysOf(report, (id) => names.get(id)),
  };
}

/** What a fingerprint is made of; the text itself cannot be forged by the file that is read. */
export function keyOf({ check, target, subject }: Pick<Finding, 'check' | 'target' | 'subject'>): string {
  return JSON.stringify([check, target, subject]);
}
