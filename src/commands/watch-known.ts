import { existsSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { isComplete } from '../engine/exit-code.ts';
import { openHistory } from '../history/history.ts';
import type { Report } from '../model/report.ts';
import { updated } from '../watch/state.ts';
import { withHistory } from './history-file.ts';
import { judgeOf } from './judge-bundle.ts';
import type { ScanTools } from './watch-scan.ts';

/** Scans since the last one of everything that are read again at a start. */
const MOST_SCANS = 50;

/**
 * What the history knows: the last scan of everything, and what was found since. Judged by the checks and settings of today,
 * or every new check would be news. `undefined` where there is nothing to compare with.
 */
export async function lastKnown({
  endpoint,
  recording,
  settings,
  log,
}: Pick<ScanTools, 'endpoint' | 'recording' | 'settings' | 'log'>): Promise<Report | undefined> {
  if (recording === undefined || !existsSync(recording.file)) return undefined;
  return withHistory(openHistory(recording.file), async (history) => {
    const recent = history
      .runs({ limit: MOST_SCANS })
      // A scan that failed is compared with nothing while a watch runs either; other engines have their own servers.
      .filter((run) => isComplete(run) && run.trigger.kind !== 'manual' && run.engine.endpoint === endpoint);
    const whole = recent.findIndex(({ trigger }) => trigger.kind === 'schedule');
    if (whole === -1) return undefined;
    let known: Report | undefined;
    for (const { id } of recent.slice(0, whole + 1).toReversed()) {
      try {
        const report = judgeOf(await history.bundleOf(id), (checks) => checks)(settings.report);
        known = known === undefined ? report : updated(known, report, new Set());
      } catch (error) {
        log(`run ${id} of the history is not compared with: ${messageOf(error)}`);
        return undefined;
      }
    }
    return known;
  });
}
