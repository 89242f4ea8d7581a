import { areaResults } from '../engine/areas.ts';
import { attestationResults } from '../engine/waivers.ts';
import { SEVERITIES, type CheckMeta } from '../model/check.ts';
import {
  SUMMARY_VERSION,
  type EvidenceRunEntry,
  type EvidenceSummary,
  type FailureEntry,
  type LeftOutRun,
  type Period,
  type TargetEntry,
} from '../model/evidence.ts';
import type { Attestation, Waiver } from '../model/waiver.ts';
import { standardTables } from './controls.ts';
import { compare } from './run.ts';
import { isUndecided, waiverKey, type EvidenceState } from './state.ts';

/** What nobody may read into a pack. */
const NOTES = [
  'This is what was observed, and how the checks of this version judge it. What could not be decided is never counted as held.',
  'A table of controls says which checks speak of a control, by the references of the catalogue alone. It is no certification, and does not say that a control is met.',
  'Controls that are not in the catalogue are not covered: their absence here says nothing.',
  'Waivers and attestations are what people state. A waived failure is a failure that somebody accepts; no attestation is evidence.',
] as const;

const STATES: readonly FailureEntry['state'][] = ['open', 'undecided', 'accepted', 'fixed'];

export interface SummaryInput {
  readonly tool: { readonly name: string; readonly version: string };
  readonly createdAt: string;
  readonly period: Period;
  readonly runs: readonly EvidenceRunEntry[];
  readonly leftOut: readonly LeftOutRun[];
  readonly checks: readonly CheckMeta[];
  readonly waivers: readonly Waiver[];
  readonly attestations: readonly Attestation[];
  readonly state: EvidenceState;
}

/** Pure: the same runs give the same summary. */
export function summaryOf(input: SummaryInput): EvidenceSummary {
  const { tool, createdAt, period, runs, leftOut, checks, waivers, attestations, state } = input;
  const last = new Date(Date.parse(period.until) - 1);
  return {
    summaryVersion: SUMMARY_VERSION,
    tool: { name: tool.name, version: tool.version },
    createdAt,
    period,
    notes: [...NOTES],
    runs: [...runs],
    leftOut: [...leftOut],
    coverage: coverageOf(checks, state),
    targets: targetsOf(state),
    failures: failuresOf(state),
    waivers: waivers.map((waiver) => ({
      ...waiver,
      expired: waiver.expires < last.toISOString().slice(0, 10),
      runs: state.waiverRuns.get(waiverKey(waiver)) ?? 0,
    })),
    attestations: [...attestationResults(attestations, last)],
    standards: [...standardTables(checks, state)],
  };
}

function coverageOf(checks: readonly CheckMeta[], { places }: EvidenceState): EvidenceSummary['coverage'] {
  const findings = [...places.values()].flat();
  const asked = new Set(findings.map(({ check }) => check));
  return {
    catalogue: checks.length,
    asked: checks.filter(({ id }) => asked.has(id)).length,
    decided: findings.filter(({ status }) => status === 'pass' || status === 'fail').length,
    undecided: findings.filter(isUndecided).length,
    notAsked: checks.flatMap(({ id }) => (asked.has(id) ? [] : [id])),
  };
}

function targetsOf({ targets, places }: EvidenceState): TargetEntry[] {
  const byTarget = Map.groupBy([...places.values()].flat(), ({ target }) => target);
  return [...targets.values()]
    .toSorted((a, b) => compare(a.target.name, b.target.name))
    .map(({ target: { name, image, platform, declaration }, seen }) => ({
      name,
      image,
      platform,
      declaration: { source: declaration.source, location: declaration.location, egress: declaration.egress },
      seen,
      areas: areaResults([{ id: name, name }], byTarget.get(name) ?? []).map(({ area, verdict, counts }) => ({
        area,
        verdict,
        counts,
      })),
    }));
}

function failuresOf({ failures }: EvidenceState): FailureEntry[] {
  return [...failures.values()]
    .flatMap((ofPlace) => [...ofPlace.values()])
    .toSorted(
      (a, b) =>
        STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
        SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
        compare(a.check, b.check) ||
        compare(a.target, b.target) ||
        compare(a.subject, b.subject),
    );
}
