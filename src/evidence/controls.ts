import { countsOf } from '../engine/areas.ts';
import type { CheckMeta } from '../model/check.ts';
import type { ControlCheck, ControlState, StandardTable } from '../model/evidence.ts';
import type { Finding } from '../model/report.ts';
import { compare } from './run.ts';
import { isUndecided, type EvidenceState } from './state.ts';

/** The name under which the rows of the evaluation framework stand beside the standards. */
const FRAMEWORK = 'Evaluation framework';

const byNumber = new Intl.Collator('en', { numeric: true });

/** Controls and the checks whose metadata names them: nothing is mapped here, and no control is judged. */
export function standardTables(checks: readonly CheckMeta[], state: EvidenceState): readonly StandardTable[] {
  const results = new Map(checks.map((meta) => [meta.id, controlCheck(meta, state)]));
  const rows = checks.flatMap(({ id, references, framework }) => [
    ...references.flatMap(({ source, ids }) => ids.map((control) => ({ standard: source as string, control, check: id }))),
    ...framework.map((control) => ({ standard: FRAMEWORK, control, check: id })),
  ]);
  return [...Map.groupBy(rows, ({ standard }) => standard)]
    .toSorted(([a], [b]) => Number(a === FRAMEWORK) - Number(b === FRAMEWORK) || compare(a, b))
    .map(([standard, ofStandard]) => ({
      standard,
      controls: [...Map.groupBy(ofStandard, ({ control }) => control)]
        .toSorted(([a], [b]) => byNumber.compare(a, b) || compare(a, b))
        .map(([id, ofControl]) => ({ id, checks: ofControl.flatMap(({ check }) => results.get(check) ?? []) })),
    }));
}

function controlCheck({ id, title }: CheckMeta, state: EvidenceState): ControlCheck {
  const findings = [...state.places.values()].flat().filter(({ check }) => check === id);
  return {
    check: id,
    title,
    state: controlState(findings),
    counts: countsOf(findings),
    failedRuns: state.failedRuns.get(id) ?? 0,
  };
}

/** The worst of what was said. Failures of severity `info` are what a profile allows: as in an area, they decide nothing. */
export function controlState(findings: readonly Pick<Finding, 'status' | 'severity' | 'waived'>[]): ControlState {
  if (findings.length === 0) return 'not-asked';
  const failing = findings.filter(({ status, severity }) => status === 'fail' && severity !== 'info');
  if (failing.some(({ waived }) => waived === undefined)) return 'fail';
  if (findings.some(isUndecided)) return 'undecided';
  if (failing.length > 0) return 'accepted';
  return findings.some(({ status }) => status === 'pass') ? 'pass' : 'not-applicable';
}
