import { countsOf, worstOf } from '../engine/areas.ts';
import { coverageOf } from '../engine/coverage.ts';
import type { Finding, Report } from '../model/report.ts';

/**
 * The part of a report that is about these servers: what they are, and what is said of them, save what is said of how they
 * get at others. Beside a scan of these servers alone, nothing in it looks as if it had vanished.
 * @param names of servers
 */
export function within(report: Report, names: ReadonlySet<string>): Report {
  const others = report.targets.filter(({ name }) => !names.has(name));
  const targets = report.targets.filter(({ name }) => names.has(name));
  const ids = new Set(targets.map(({ id }) => id));
  return {
    ...report,
    targets,
    observations: report.observations.filter(({ target }) => ids.has(target)),
    findings: report.findings.filter((finding) => names.has(finding.target) && !others.some((other) => isAbout(finding, other))),
    areas: report.areas.filter(({ target }) => names.has(target)),
    matrix: { ...report.matrix, rows: report.matrix.rows.filter(({ target }) => names.has(target)) },
  };
}

/** Checks of the area PIVOT have another server as their subject: by name, or by name and id where two have the same. */
function isAbout({ area, subject }: Finding, { name, id }: Report['targets'][number]): boolean {
  return area === 'PIVOT' && (subject === name || subject === `${name} (${id.slice(0, 12)})`);
}

/**
 * What is known after a scan of some servers: of those what it says, of the others what was known before.
 * @param gone names of servers that are there no more
 */
export function updated(known: Report, fresh: Report, gone: ReadonlySet<string>): Report {
  const scanned = new Set(fresh.targets.map(({ name }) => name));
  const kept = within(known, new Set(known.targets.map(({ name }) => name).filter((name) => !gone.has(name))));
  const left = new Set(kept.targets.map(({ name }) => name).filter((name) => !scanned.has(name)));
  const others = within(kept, left);
  // What the scanned ones do to the others, and the others to them, is as it was.
  const between = kept.findings.filter((finding) => {
    const others = scanned.has(finding.target) ? left : scanned;
    return kept.targets.some((other) => others.has(other.name) && isAbout(finding, other));
  });
  const findings = [...others.findings, ...between, ...fresh.findings];
  const worst = worstOf(findings);
  return {
    ...fresh,
    targets: [...others.targets, ...fresh.targets].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    observations: [...others.observations, ...fresh.observations],
    findings,
    areas: [...others.areas, ...fresh.areas],
    matrix: { ...fresh.matrix, rows: [...others.matrix.rows, ...fresh.matrix.rows] },
    summary: {
      targets: others.targets.length + fresh.targets.length,
      counts: countsOf(findings),
      coverage: coverageOf(findings),
      ...(worst === undefined ? {} : { worst }),
    },
  };
}
