import { gatheredChecks } from '../checks/registry.ts';
import type { DriftSide } from '../drift/drift.ts';
import { reportOf } from '../engine/report.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import { loadRun } from '../store/run-file.ts';
import { openedHistory, withHistory } from './history-file.ts';
import { findRun } from './history-show.ts';

/** Names a run of the history; a file of such a name is `./run:1`. */
const OF_HISTORY = /^run:(.+)$/s;

/**
 * A run by its name: a file, or `run:` and what `history show` takes. Bundles are judged by the checks of today, reports
 * taken as they are.
 * @param file of the history, where it is named
 */
export async function sideOf(name: string, file: string | undefined): Promise<DriftSide> {
  const [, run] = OF_HISTORY.exec(name) ?? [];
  if (run !== undefined) return ofHistory(run, file);
  const saved = await loadRun(name);
  return 'report' in saved ? { report: saved.report, source: name } : { report: judged(saved.bundle), source: name };
}

async function ofHistory(name: string, file: string | undefined): Promise<DriftSide> {
  return withHistory(await openedHistory(file === undefined ? {} : { file }), async (history) => {
    const { id } = findRun(history, name);
    return { report: judged(await history.bundleOf(id)), source: `run ${id}` };
  });
}

function judged(bundle: ObservationBundle): DriftSide['report'] {
  return reportOf(bundle, gatheredChecks(bundle), { failOn: 'never', allowEmpty: true });
}
