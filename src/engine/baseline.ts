import {
  BASELINE_VERSION,
  type Baseline,
  type BaselineChange,
  type BaselineComparison,
  type BaselineEntry,
} from '../model/baseline.ts';
import { SEVERITIES, type Severity } from '../model/check.ts';
import type { Finding, Report } from '../model/report.ts';

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
    entries: [...worstByFingerprint(findings.filter(({ waived }) => waived === undefined)).values()]
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
  const current = worstByFingerprint(now.findings);
  const sides: Sides = {
    now: { ...sightOf(now), undecided: placesOf(now.findings.filter(isUndecided)) },
    before: { ...sightOf(baseline), undecided: placesOf(baseline.entries.filter(isUndecided)) },
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

/** What one side could see. */
interface Sight {
  readonly tool: string;
  readonly checks: ReadonlySet<string>;
  readonly targets: ReadonlySet<string>;
  /** Checks on servers that left something undecided. */
  readonly undecided: ReadonlySet<string>;
}

interface Sides {
  readonly now: Sight;
  readonly before: Sight;
}

type Place = Pick<Finding, 'check' | 'target'>;

function sightOf({ tool, checks, targets }: Pick<BaselineRun, 'tool' | 'checks' | 'targets'>): Omit<Sight, 'undecided'> {
  return { tool, checks: new Set(checks), targets: new Set(targets) };
}

function placesOf(places: readonly Place[]): ReadonlySet<string> {
  return new Set(places.map(placeOf));
}

function placeOf({ check, target }: Place): string {
  return JSON.stringify([check, target]);
}

/** Of a finding of now; undefined where there is nothing to say: it passes, and did not fail. */
function changeOf(finding: Finding, entry: BaselineEntry | undefined, sides: Sides): BaselineChange | undefined {
  const change = (state: BaselineChange['state'], why?: string): BaselineChange => ({
    state,
    ...about(finding),
    fails: finding.status === 'fail',
    ...(why === undefined ? {} : { why }),
  });
  const another = anotherVersion(sides);
  switch (finding.status) {
    case 'pass':
    case 'not-applicable':
      if (entry === undefined) return undefined;
      return another === undefined ? change('resolved') : change('incomparable', another);
    case 'inconclusive':
    case 'error':
      if (finding.waived !== undefined) return entry === undefined ? undefined : change('unchanged');
      return change('incomparable', 'it could not be decided now');
    case 'fail': {
      // Whoever waived it answers for it; the baseline has nothing to add.
      if (finding.waived !== undefined) return entry === undefined ? undefined : change('unchanged');
      if (another !== undefined) return change('incomparable', another);
      if (entry?.status === 'fail') return isWorse(finding.severity, entry.severity) ? change('new') : change('unchanged');
      const blind = entry === undefined ? blindness(finding, sides.before, 'then') : 'it could not be decided then';
      return blind === undefined ? change('new') : change('incomparable', blind);
    }
  }
}

/** Why one side cannot say that something does not fail there. */
function blindness(place: Place, { checks, targets, undecided }: Sight, when: 'then' | 'now'): string | undefined {
  const was = when === 'now' ? 'is' : 'was';
  if (!targets.has(place.target)) return `the server ${was} not looked at ${when}`;
  if (!checks.has(place.check)) return `the check ${was} not asked ${when}`;
  return undecided.has(placeOf(place)) ? `the check could not decide everything ${when}` : undefined;
}

/** Of an entry that has no finding now: gone, or out of sight. */
function goneOf(entry: BaselineEntry, sides: Sides): BaselineChange {
  const why = anotherVersion(sides) ?? blindness(entry, sides.now, 'now');
  return why === undefined
    ? { state: 'resolved', ...about(entry), fails: false }
    : { state: 'incomparable', ...about(entry), fails: false, why };
}

function about({ fingerprint, check, target, subject, severity }: Finding | BaselineEntry) {
  return { fingerprint, check, target, subject, severity };
}

/** Checks of another major version may mean something else by the same words. */
function anotherVersion({ now, before }: Sides): string | undefined {
  const major = (version: string): string => version.split('.', 1)[0] ?? '';
  return major(now.tool) === major(before.tool) ? undefined : 'it was made by another major version of bulkhead';
}

function isUndecided({ status }: Finding | BaselineEntry): boolean {
  return status === 'inconclusive' || status === 'error';
}

function isWorse(now: Severity, before: Severity): boolean {
  return SEVERITIES.indexOf(now) > SEVERITIES.indexOf(before);
}

/** One finding for each fingerprint, the one that weighs most: a pass must not hide a failure of the same name. */
function worstByFingerprint(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const known = worst.get(finding.fingerprint);
    if (known === undefined || weight(finding) > weight(known)) worst.set(finding.fingerprint, finding);
  }
  return worst;
}

const STATUS_WEIGHT: Readonly<Record<Finding['status'], number>> = {
  'not-applicable': 0,
  pass: 1,
  error: 2,
  inconclusive: 3,
  fail: 4,
};

function weight({ status, severity, waived }: Finding): number {
  return STATUS_WEIGHT[status] * 20 + (waived === undefined ? 10 : 0) + SEVERITIES.indexOf(severity);
}
