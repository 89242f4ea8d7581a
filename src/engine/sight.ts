/** What one run could see of what another one says: the rule that not being looked at is never called closed. */
import { SEVERITIES, type Severity } from '../model/check.ts';
import type { Finding } from '../model/report.ts';

export interface Sight {
  /** Version of the program. */
  readonly tool: string;
  readonly checks: ReadonlySet<string>;
  readonly targets: ReadonlySet<string>;
  /** Checks on servers that left something undecided. */
  readonly undecided: ReadonlySet<string>;
}

/** Which of two runs is spoken of, in words. */
export type When = 'then' | 'now';

type Place = Pick<Finding, 'check' | 'target'>;

export interface SightSource {
  readonly tool: string;
  readonly checks: readonly string[];
  readonly targets: readonly string[];
  /** Findings, or as much of them as is known. */
  readonly verdicts: readonly (Place & Pick<Finding, 'status'>)[];
}

export function sightOf({ tool, checks, targets, verdicts }: SightSource): Sight {
  return {
    tool,
    checks: new Set(checks),
    targets: new Set(targets),
    undecided: new Set(verdicts.filter(isUndecided).map(placeOf)),
  };
}

function placeOf({ check, target }: Place): string {
  return JSON.stringify([check, target]);
}

/** Why one side cannot say that something does not fail there. */
export function blindness(place: Place, { checks, targets, undecided }: Sight, when: When): string | undefined {
  const was = when === 'now' ? 'is' : 'was';
  if (!targets.has(place.target)) return `the server ${was} not looked at ${when}`;
  if (!checks.has(place.check)) return `the check ${was} not asked ${when}`;
  return undecided.has(placeOf(place)) ? `the check could not decide everything ${when}` : undefined;
}

/** Of a finding that is there and says nothing. */
export function undecidedWords(when: When): string {
  return `it could not be decided ${when}`;
}

/** Checks of another major version may mean something else by the same words. */
export function anotherVersion(a: Pick<Sight, 'tool'>, b: Pick<Sight, 'tool'>): string | undefined {
  const major = (version: string): string => version.split('.', 1)[0] ?? '';
  return major(a.tool) === major(b.tool) ? undefined : 'it was made by another major version of bulkhead';
}

export function isUndecided({ status }: Pick<Finding, 'status'>): boolean {
  return status === 'inconclusive' || status === 'error';
}

export function isWorse(severity: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(than);
}

/** One finding for each key, the one that weighs most: a pass must not hide a failure of the same name. */
export function worstBy(findings: readonly Finding[], keyOf: (finding: Finding) => string): ReadonlyMap<string, Finding> {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const key = keyOf(finding);
    const known = worst.get(key);
    if (known === undefined || weight(finding) > weight(known)) worst.set(key, finding);
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
