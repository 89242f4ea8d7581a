import { gatheredChecks } from '../checks/registry.ts';
import type { DriftSide } from '../drift/drift.ts';
import { reportOf } from '../engine/report.ts';
import { loadRun } from '../store/run-file.ts';

/** A run by its name, which is that of a file. Bundles are judged by the checks of today, reports taken as they are. */
export async function sideOf(name: string): Promise<DriftSide> {
  const run = await loadRun(name);
  if ('report' in run) return { report: run.report, source: name };
  const { bundle } = run;
  return { report: reportOf(bundle, gatheredChecks(bundle), { failOn: 'never', allowEmpty: true }), source: name };
}
