import { BulkheadError } from '../errors.ts';
import { noSuchRun, type History } from '../history/history.ts';
import type { HistoryRun } from '../model/history.ts';
import type { Report } from '../model/report.ts';
import { judgeOf } from './judge-bundle.ts';
import { writeReport, type OutputRequest, type ViewOptions } from './output.ts';

/** Judges the bundle of a run as it was judged, and renders that. */
export async function showRun(
  history: History,
  name: string,
  formats: readonly OutputRequest[],
  view: ViewOptions,
): Promise<void> {
  const run = findRun(history, name);
  const judge = judgeOf(await history.bundleOf(run.id), (gathered) => gathered);
  const report = judge(await history.judgingOf(run.id));
  const changed = difference(run, report);
  if (changed !== undefined) process.stderr.write(`bulkhead: ${changed}\n`);
  await writeReport(report, formats, view);
}

/**
 * @param name a number, `latest`, `previous`, or the start of a session
 * @throws BulkheadError `usage` where there is none, or more than one
 */
export function findRun(history: History, name: string): HistoryRun {
  if (name === 'latest' || name === 'previous') {
    const run = history.runs({ limit: 2 })[name === 'latest' ? 0 : 1];
    if (run === undefined) throw noSuchRun(name);
    return run;
  }
  // A session may be all digits too: its start is given with more of them than a number has.
  if (/^\d{1,9}$/.test(name)) return history.run(Number(name));
  const [run, another] = name === '' ? [] : history.runsOfSession(name);
  if (run === undefined) throw noSuchRun(name);
  if (another !== undefined) {
    throw new BulkheadError('usage', `Several sessions start with ${name}, of runs ${another.id} and ${run.id} among others.`, {
      hint: 'Give more of the session, or the number of the run.',
    });
  }
  return run;
}

/** A later version may judge otherwise what was seen: the list says what was recorded, the report what holds now. */
function difference({ id, counts, exit, tool }: HistoryRun, report: Report): string | undefined {
  const now = report.summary.counts;
  const same =
    exit.code === report.exit.code && Object.entries(counts).every(([status, n]) => now[status as keyof typeof now] === n);
  if (same) return undefined;
  return (
    `run ${id} was recorded by version ${tool} with ${counts.fail} failed and exit code ${exit.code}; ` +
    `this version judges the same observations otherwise: ${now.fail} failed, exit code ${report.exit.code}`
  );
}
