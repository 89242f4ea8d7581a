import {
  BASELINE_VERSION,
  type Baseline,
  type BaselineChange,
  type BaselineComparison,
  type BaselineEntry,
} from '../model/baseline.ts';
import type { Finding, Report } from '../model/report.ts';
import { anotherVersion, blindness, isWorse, sightOf, undecidedWords, worstBy, type Sight } from './sight.ts';

/** What a run looked at, and what it says. */
export interface BaselineRun {
  /** Version of the program. */
  readonly tool: string;
  readonly checks: readonly string[];
  readonly targets: readonly string[];
  readonly findings: readonly Finding[];
}

/** A baseline and the file that it came from, for people. */
export interface NamedBaseline {
  readonly source: string;
  readonly baseline: Baseline;
}

/** The parts of a report that a comparison needs. */
export function baselineRun({ tool, checks, targets, findings }: Report): BaselineRun {
  return { tool: tool.version, checks: checks.map(({ id }) => id), targets: targets.map(({ name }) => name), findings };
}

/**
 * A run as a baseline: everything that did not pass, in one order. What is waived is left out: when the waiver ends,
 * the failure is a new one.
 */
export function baselineOf({ tool, checks, targets, findings }: BaselineRun): Baseline {
  return {
    baselineVersion: BASELINE_VERSION,
    tool,
    checks: [...new Set(checks)].toSorted(),
    targets: [...new Set(targets)].toSorted(),
    entries: [...byFingerprint(findings.filter(({ waived }) => waived === undefined)).values()]
      .flatMap((finding) => entryOf(finding) ?? [])
      .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}

function keyOf({ check, target, subject, fingerprint }: BaselineEntry): string {
  return [check, target, subject, fingerprint].join('\u0000');
}

function entryOf({ check, fingerprint, severity, status, subject, target }: Finding): BaselineEntry | undefined {
  return status === 'pass' || status === 'not-applicable' ? undefined : { check, fingerprint, severity, status, subject, target };
}

/**
 * What has changed since a baseline. Not being looked at is never called resolved, and what nobody could decide on
 * either side is compared with nothing: only a failure that was there before, no more severe, is unchanged.
 */
export function compareWithBaseline(now: BaselineRun, { source, baseline }: NamedBaseline): BaselineComparison {
  const before = new Map(baseline.entries.map((entry) => [entry.fingerprint, entry]));
  const current = byFingerprint(now.findings);
  const sides: Sides = {
    now: sightOf({ ...now, verdicts: now.findings }),
    before: sightOf({ ...baseline, verdicts: baseline.entries }),
  };
  const changes = [
    ...[...current.values()].flatMap((finding) => changeOf(finding, before.get(finding.fingerprint), sides) ?? []),
    ...baseline.entries.flatMap((entry) => (current.has(entry.fingerprint) ? [] : [goneOf(entry, sides)])),
  ];
  const number = (state: BaselineChange['state']) => changes.filter((change) => change.state === state).length;
  return {
    source,
    tool: baseline.tool,
    counts: {
      new: number('new'),
      resolved: number('resolved'),
      unchanged: number('unchanged'),
      incomparable: number('incomparable'),
    },
    changes,
  };
}

interface Sides {
  readonly now: Sight;
  readonly before: Sight;
}

/** Of a finding of now; undefined where there is nothing to say: it passes, and did not fail. */
function changeOf(finding: Finding, entry: BaselineEntry | undefined, sides: Sides): BaselineChange | undefined {
  const change = (state: BaselineChange['state'], why?: string): BaselineChange => ({
    state,
    ...about(finding),
    fails: finding.status === 'fail',
    ...(why === undefined ? {} : { why }),
  });
  const another = anotherVersion(sides.now, sides.before);
  switch (finding.status) {
    case 'pass':
    case 'not-applicable':
      if (entry === undefined) return undefined;
      return another === undefined ? change('resolved') : change('incomparable', another);
    case 'inconclusive':
    case 'error':
      if (finding.waived !== undefined) return entry === undefined ? undefined : change('unchanged');
      return change('incomparable', undecidedWords('now'));
    case 'fail': {
      // Whoever waived it answers for it; the baseline has nothing to add.
      if (finding.waived !== undefined) return entry === undefined ? undefined : change('unchanged');
      if (another !== undefined) return change('incomparable', another);
      if (entry?.status === 'fail') return isWorse(finding.severity, entry.severity) ? change('new') : change('unchanged');
      const blind = entry === undefined ? blindness(finding, sides.before, 'then') : undecidedWords('then');
      return blind === undefined ? change('new') : change('incomparable', blind);
    }
  }
}

/** Of an entry that has no finding now: gone, or out of sight. */
function goneOf(entry: BaselineEntry, sides: Sides): BaselineChange {
  const why = anotherVersion(sides.now, sides.before) ?? blindness(entry, sides.now, 'now');
  return why === undefined
    ? { state: 'resolved', ...about(entry), fails: false }
    : { state: 'incomparable', ...about(entry), fails: false, why };
}

function about({ fingerprint, check, target, subject, severity }: Finding | BaselineEntry) {
  return { fingerprint, check, target, subject, severity };
}

function byFingerprint(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  return worstBy(findings, ({ fingerprint }) => fingerprint);
}
