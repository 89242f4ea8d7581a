import { DriftKind, type Drift } from '../model/drift.ts';
import type { Report } from '../model/report.ts';

/** How a run ended, after its exit code. `clean` and `violation` have looked; the others have not, or not enough. */
export const RUN_OUTCOMES = ['clean', 'violation', 'inconclusive', 'failed', 'interrupted'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** All that the metrics tell. Times in milliseconds since 1970. */
export interface MetricsFacts {
  readonly version: string;
  /** Since this process began. */
  readonly runs: Readonly<Record<RunOutcome, number>>;
  /** Since this process began. */
  readonly driftChanges: Readonly<Record<DriftKind, number>>;
  /** Absent until one has ended. */
  readonly lastRun?: { readonly outcome: RunOutcome; readonly finishedAt: number; readonly durationMs: number };
  /** End of the last run that was clean or had a violation. */
  readonly lastSuccessAt?: number;
  /** The newest there is; a run that failed without one leaves the last. */
  readonly report?: Report;
}

export function initialFacts(version: string): MetricsFacts {
  return {
    version,
    runs: { clean: 0, violation: 0, inconclusive: 0, failed: 0, interrupted: 0 },
    driftChanges: Object.fromEntries(DriftKind.enum.map((kind) => [kind, 0])) as Record<DriftKind, number>,
  };
}

/** After a run that made a report. */
export function afterReport(facts: MetricsFacts, report: Report): MetricsFacts {
  const finishedAt = Date.parse(report.finishedAt);
  const outcome = outcomeOf(report);
  return {
    ...afterRun(facts, outcome, finishedAt, finishedAt - Date.parse(report.startedAt)),
    ...(outcome === 'clean' || outcome === 'violation' ? { lastSuccessAt: finishedAt } : {}),
    report,
  };
}

/** After a run that ended without one. */
export function afterFailure(facts: MetricsFacts, startedAt: number, finishedAt: number): MetricsFacts {
  return afterRun(facts, 'failed', finishedAt, finishedAt - startedAt);
}

export function afterDrift(facts: MetricsFacts, { changes }: Drift): MetricsFacts {
  const driftChanges = { ...facts.driftChanges };
  for (const { kind } of changes) driftChanges[kind] += 1;
  return { ...facts, driftChanges };
}

function afterRun(facts: MetricsFacts, outcome: RunOutcome, finishedAt: number, durationMs: number): MetricsFacts {
  return {
    ...facts,
    runs: { ...facts.runs, [outcome]: facts.runs[outcome] + 1 },
    lastRun: { outcome, finishedAt, durationMs },
  };
}

/** See docs/exit-codes.md. */
function outcomeOf({ exit }: Report): RunOutcome {
  if (exit.code === 0) return 'clean';
  if (exit.code === 1) return 'violation';
  if (exit.code === 3) return 'inconclusive';
  return exit.code === 130 ? 'interrupted' : 'failed';
}
