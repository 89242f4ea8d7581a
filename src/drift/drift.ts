import { SEVERITIES } from '../model/check.ts';
import { DRIFT_VERSION, type Drift } from '../model/drift.ts';
import { circumstancesOf } from './circumstances.ts';
import { findingDrift } from './findings.ts';
import { viewsOf, type DriftSide } from './view.ts';

export type { DriftSide } from './view.ts';

/**
 * What changed between two runs: pure. Only what both looked at is ever called opened or closed; waivers hide nothing.
 * The strings in it are as hostile as those of the reports.
 */
export function driftOf(before: DriftSide, after: DriftSide): Drift {
  const views = viewsOf(before.report, after.report);
  const { opened, closed, incomparable, undecided } = findingDrift(views);
  const worst = SEVERITIES.findLast((severity) => opened.some((change) => change.severity === severity));
  return {
    driftVersion: DRIFT_VERSION,
    before: sideOf(before),
    after: sideOf(after),
    ...(worst === undefined ? {} : { worst }),
    changes: [...opened, ...incomparable, ...closed, ...circumstancesOf(views)],
    ...(undecided.length === 0 ? {} : { undecided: [...undecided] }),
  };
}

function sideOf({ report: { session, finishedAt }, source }: DriftSide): Drift['before'] {
  return { source, session, finishedAt };
}
