import type { Decided } from '../engine/areas.ts';
import { isComplete } from '../engine/exit-code.ts';
import type { FailureEntry, LeftOutRun } from '../model/evidence.ts';
import type { Finding, Report, ReportTarget } from '../model/report.ts';
import type { Waiver } from '../model/waiver.ts';

type Kept = Decided & Pick<Finding, 'fingerprint' | 'target'>;
type Failure = { -readonly [K in keyof FailureEntry]: FailureEntry[K] };

/** What the runs so far leave known, a target by its name. Grows with targets and subjects, not with runs. */
export interface EvidenceState {
  /** What the last look of a check at a target said. */
  readonly places: Map<string, readonly Kept[]>;
  readonly targets: Map<string, { readonly target: ReportTarget; readonly seen: string }>;
  /** Failures by place, then by fingerprint. */
  readonly failures: Map<string, Map<string, Failure>>;
  /** In how many runs a check failed. */
  readonly failedRuns: Map<string, number>;
  /** In how many runs each waiver covered something, by `waiverKey`. */
  readonly waiverRuns: Map<string, number>;
}

export function emptyState(): EvidenceState {
  return { places: new Map(), targets: new Map(), failures: new Map(), failedRuns: new Map(), waiverRuns: new Map() };
}

/** What makes two waivers the same one. */
export function waiverKey({ id, target, subject, reason, owner, expires, ticket, inconclusive }: Waiver): string {
  return JSON.stringify([id, target, subject, reason, owner, expires, ticket, inconclusive]);
}

/** Adds a run; they come in the order of their start. */
export function addReport(state: EvidenceState, report: Report): void {
  const complete = isComplete(report);
  for (const target of report.targets) {
    if (!complete && state.targets.has(target.name)) continue;
    state.targets.set(target.name, { target: withoutContent(target), seen: report.startedAt });
  }
  for (const waiver of report.waivers ?? []) {
    if (waiver.state !== 'applied') continue;
    const key = waiverKey(waiver);
    state.waiverRuns.set(key, (state.waiverRuns.get(key) ?? 0) + 1);
  }
  const places = Map.groupBy(report.findings, ({ target, check }) => placeOf(target, check));
  const failed = new Set<string>();
  for (const [place, findings] of places) {
    const failing = findings.filter(({ status }) => status === 'fail');
    for (const { check } of failing) failed.add(check);
    const known = state.places.get(place);
    const now = findings.map(keep);
    state.places.set(place, complete || known === undefined ? now : addFailing(known, now));
    const failures = state.failures.get(place) ?? new Map<string, Failure>();
    note(failures, failing, report.startedAt);
    if (complete) settle(failures, findings, report.startedAt);
    if (failures.size > 0) state.failures.set(place, failures);
  }
  for (const check of failed) state.failedRuns.set(check, (state.failedRuns.get(check) ?? 0) + 1);
}

/** Failures of this run, once each: one that nobody accepts beats one of the same subject that is accepted. */
function note(failures: Map<string, Failure>, failing: readonly Finding[], at: string): void {
  for (const [fingerprint, same] of Map.groupBy(failing, (finding) => finding.fingerprint)) {
    const finding = same.find(({ waived }) => waived === undefined) ?? same[0];
    if (finding === undefined) continue;
    const { check, title, severity, target, subject, waived } = finding;
    const before = failures.get(fingerprint);
    failures.set(fingerprint, {
      check,
      title,
      severity,
      target,
      subject,
      fingerprint,
      state: waived === undefined ? 'open' : 'accepted',
      first: before?.first ?? at,
      last: at,
      runs: (before?.runs ?? 0) + 1,
      ...(waived === undefined ? {} : { waived }),
    });
  }
}

/** Who did not look fixed nothing: a failure is gone where its subject was decided, or is not there and all else was. */
function settle(failures: ReadonlyMap<string, Failure>, findings: readonly Finding[], at: string): void {
  for (const failure of failures.values()) {
    if (failure.last === at || failure.state === 'fixed') continue;
    const named = findings.filter(({ fingerprint }) => fingerprint === failure.fingerprint);
    const unsure = (named.length > 0 ? named : findings).some(isUndecided);
    failure.state = unsure ? 'undecided' : 'fixed';
    if (!unsure) failure.fixed = at;
  }
}

function addFailing(known: readonly Kept[], now: readonly Kept[]): readonly Kept[] {
  const failing = now.filter(({ status }) => status === 'fail');
  const again = new Set(failing.map(({ fingerprint }) => fingerprint));
  return [...known.filter(({ fingerprint }) => !again.has(fingerprint)), ...failing];
}

function keep({ area, check, fingerprint, severity, status, target, waived }: Finding): Kept {
  // Containers come and go; what is compared over time has a name.
  return { area, check, fingerprint, severity, status, target, targetId: target, ...(waived === undefined ? {} : { waived }) };
}

function withoutContent(target: ReportTarget): ReportTarget {
  return { ...target, declaration: { ...target.declaration, profile: null, remarks: [] }, story: [] };
}

export function isUndecided({ status }: Pick<Finding, 'status'>): boolean {
  return status === 'inconclusive' || status === 'error';
}

function placeOf(target: string, check: string): string {
  return `${check} ${target}`;
}

/** For people, why a run is not in the pack. */
export const LEFT_OUT: Readonly<Record<LeftOutRun['why'], string>> = {
  unreadable: 'could not be read',
  outside: 'outside the period',
  duplicate: 'given twice',
};
