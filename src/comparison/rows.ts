import type { ComparisonCell, ComparisonRow, Expected, Observed } from '../model/comparison.ts';
import type { Finding } from '../model/report.ts';
import { rowVerdict } from './row-verdict.ts';

/** A run whose findings are laid beside others. */
export interface RunFindings {
  readonly id: string;
  /** Without a declaration a run is measured like the others, and only for them to be compared with. */
  readonly declared: boolean;
  /** Ids of the runs that it is compared with. */
  readonly references: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Which findings speak of one row. All TCP ways to one endpoint make one row, and so does everything that a check
 * says of the host or of other servers, whose addresses differ from run to run.
 */
const BY_ENDPOINT: ReadonlySet<string> = new Set(['NET-004', 'NET-005', 'NET-006', 'NET-013']);
const BY_SUBJECT: Readonly<Record<string, string>> = {
  'NET-007': 'undeclared ports of',
  'NET-008': 'neighbours of',
  'NET-009': 'under another name:',
  'NET-010': 'DNS:',
  'NET-011': 'another resolver:',
  'NET-012': 'UDP',
  'NET-014': 'metadata service',
  'NET-015': 'private',
};
const AS_ONE: Readonly<Record<string, string>> = {
  'HOST-001': 'a listener on the host',
  'HOST-002': "the host's loopback",
  'HOST-003': 'a management API',
  'HOST-004': "the engine's API",
  'HOST-005': 'services of the host',
  'PIVOT-001': 'another server',
  'PIVOT-002': 'an MCP session with another server',
  'PIVOT-004': "another server's published port",
  'PIVOT-005': "another server's platform endpoint",
};

/** Ids of the checks that a comparison is made of. */
export const COMPARED: readonly string[] = [...BY_ENDPOINT, ...Object.keys(BY_SUBJECT), ...Object.keys(AS_ONE)].toSorted();

function rowOf({ check, subject }: Finding): string | undefined {
  if (BY_ENDPOINT.has(check)) return subject;
  if (BY_SUBJECT[check] !== undefined) return `${BY_SUBJECT[check]} ${subject}`;
  return AS_ONE[check];
}

/** Everything that was tried, with what came of it in each run; rows without anything to reach are left out. */
export function comparisonRows(runs: readonly RunFindings[]): readonly ComparisonRow[] {
  const subjects = new Map<string, ComparisonRow['area']>();
  for (const finding of runs.flatMap(({ findings }) => findings)) {
    const subject = rowOf(finding);
    const { area } = finding;
    if (subject !== undefined && (area === 'NET' || area === 'HOST' || area === 'PIVOT')) subjects.set(subject, area);
  }
  return [...subjects]
    .map(([subject, area]) => row(subject, area, runs))
    .filter(({ cells }) => cells.some(({ observed }) => observed !== 'absent'))
    .toSorted((a, b) => AREA_ORDER.indexOf(a.area) - AREA_ORDER.indexOf(b.area));
}

const AREA_ORDER = ['NET', 'HOST', 'PIVOT'];

function row(subject: string, area: ComparisonRow['area'], runs: readonly RunFindings[]): ComparisonRow {
  const spoken = runs.flatMap((run) => run.findings.filter((finding) => rowOf(finding) === subject).map(({ check }) => check));
  const own = runs.map((run) => ({ run, findings: findingsOn(subject, run, new Set(spoken)) }));
  const seen = new Map(own.map(({ run, findings }) => [run.id, { run, ...observed(findings) }] as const));
  const cells = [...seen.values()].map(({ run, expected, observed: what, detail }): ComparisonCell => {
    const cell = { run: run.id, expected: run.declared ? expected : 'nothing', observed: what, detail } as const;
    if (!run.declared) return cell;
    const references = run.references.flatMap((id) => seen.get(id)?.observed ?? []);
    return { ...cell, verdict: rowVerdict(cell, references) };
  });
  const checks = [...new Set(own.flatMap(({ findings }) => findings.map(({ check }) => check)))].toSorted();
  return { area, subject, checks, cells };
}

/** Where a check could not look at all, it names no subject: then each row of it is open. */
function findingsOn(subject: string, { findings }: RunFindings, checks: ReadonlySet<string>): readonly Finding[] {
  const own = findings.filter((finding) => rowOf(finding) === subject);
  return own.length > 0
    ? own
    : findings.filter((finding) => checks.has(finding.check) && finding.subject.startsWith('evidence '));
}

interface Seen {
  readonly expected: Expected;
  readonly observed: Observed;
  readonly detail: string;
}

/** What several findings on one thing say together: one way in is enough, and one open question leaves it open. */
function observed(findings: readonly Finding[]): Seen {
  const judged = findings.map((finding) => ({ finding, what: observation(finding) }));
  const first = (['reached', 'unknown', 'held', 'absent'] as const)
    .map((what) => judged.find((entry) => entry.what === what))
    .find((entry) => entry !== undefined);
  return {
    expected: expectation(findings),
    observed: first?.what ?? 'absent',
    detail: first?.finding.message ?? 'Nothing was tried.',
  };
}

/** NET-006 passes when its subject is reached, all others when theirs is not. */
function observation({ check, status }: Finding): Observed {
  switch (status) {
    case 'pass':
      return check === 'NET-006' ? 'reached' : 'held';
    case 'fail':
      return check === 'NET-006' ? 'held' : 'reached';
    case 'not-applicable':
      return 'absent';
    case 'inconclusive':
    case 'error':
      return 'unknown';
  }
}

function expectation(findings: readonly Finding[]): Expected {
  const judged = findings.filter(({ status }) => status !== 'not-applicable');
  if (judged.some(({ check }) => check === 'NET-006')) return 'open';
  // A failure that is only told (the profile declares it) breaks nothing.
  const closed = judged.some(({ status, severity }) => status !== 'fail' || severity !== 'info');
  return closed ? 'closed' : 'nothing';
}
