import type { HistoryChange, HistoryLook, HistoryRun } from '../model/history.ts';
import {
  TREND_VERSION,
  type Trend,
  type TrendFailure,
  type TrendMark,
  type TrendPoint,
  type TrendRun,
  type TrendTarget,
} from '../model/trend.ts';
import { newLedger, type Ledger } from './ledger.ts';
import { newDays } from './days.ts';

/** Rows of a history, as `History.course` hands them out. */
export interface TrendRows {
  readonly runs: readonly HistoryRun[];
  readonly changes: readonly HistoryChange[];
  readonly looks: readonly HistoryLook[];
}

export interface TrendRequest {
  readonly tool: Trend['tool'];
  readonly since?: Date;
  readonly target?: string;
}

/**
 * The figures of a trend: pure. Every failure is known by the last run that looked at it and could decide; who did not look
 * changes nothing. The strings in it are as hostile as those of the reports.
 */
export function trendOf({ runs, changes, looks }: TrendRows, { tool, since, target }: TrendRequest): Trend {
  const ledger = newLedger();
  const days = newDays();
  const points: TrendPoint[] = [];
  const marks = new Map<string, TrendTarget['looks'][number][]>();
  const secondsToFix: number[] = [];
  const changesOf = Map.groupBy(changes, ({ run }) => run);
  const looksOf = Map.groupBy(looks, ({ run }) => run);
  const shown = new Map(runs.map((run) => [run.id, run]));
  const ids = [...new Set([...changesOf.keys(), ...shown.keys()])].toSorted((a, b) => a - b);
  for (const id of ids) {
    const run = shown.get(id);
    let began = 0;
    let ended = 0;
    for (const change of changesOf.get(id) ?? []) {
      const happened = ledger.enter(change);
      if (happened.began !== undefined) began += 1;
      if (happened.ended === undefined) continue;
      ended += 1;
      if (run !== undefined) secondsToFix.push(secondsBetween(happened.ended.firstSeen.at, change.at));
    }
    // Runs from before tell what was open when the trend begins.
    if (run === undefined) continue;
    const own = looksOf.get(id) ?? [];
    points.push({ run: id, at: run.startedAt, ...ledger.total() });
    days.add(run, own, { ...ledger.total(), new: began, fixed: ended });
    for (const look of own) {
      const list = marks.get(look.target) ?? [];
      marks.set(look.target, list);
      list.push({ run: id, mark: markOf(run, look, ledger) });
    }
  }
  const failures = failuresOf(ledger, runs.at(-1)?.startedAt);
  const targets = targetsOf(marks, failures, ledger);
  const { open, waived, undecided } = ledger.total();
  const perDay = days.all();
  const median = medianOf(secondsToFix);
  return {
    trendVersion: TREND_VERSION,
    tool,
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(target === undefined ? {} : { target }),
    summary: {
      runs: runs.length,
      targets: targets.length,
      undecided,
      open,
      waived,
      new: perDay.reduce((sum, day) => sum + day.new, 0),
      fixed: secondsToFix.length,
      ...(median === undefined ? {} : { medianSecondsToFix: median }),
    },
    points,
    days: [...perDay],
    failures: [...failures],
    targets: [...targets],
    runs: runs.map(runOf),
  };
}

/** A run that asked less than others leaves a server no cleaner than it is known to be. */
function markOf({ interrupted }: HistoryRun, { target, pass, undecided, waived }: HistoryLook, ledger: Ledger): TrendMark {
  const known = ledger.of(target);
  if (known.open > known.waived) return 'failing';
  if (interrupted || undecided + known.undecided > 0) return 'undecided';
  if (waived + known.waived > 0) return 'waived';
  // Where nothing applied, nothing was shown to hold.
  return pass > 0 ? 'clean' : 'undecided';
}

function failuresOf(ledger: Ledger, until: string | undefined): readonly TrendFailure[] {
  return ledger
    .episodes()
    .map((episode) => ({ ...episode, seconds: secondsBetween(episode.firstSeen.at, until ?? episode.lastSeen.at) }))
    .toSorted((a, b) => b.seconds - a.seconds);
}

/** Those that somebody looked at, and those of which something is still open from before. */
function targetsOf(
  marks: ReadonlyMap<string, TrendTarget['looks']>,
  failures: readonly TrendFailure[],
  ledger: Ledger,
): readonly TrendTarget[] {
  const names = new Set([...marks.keys(), ...failures.map(({ target }) => target)]);
  return [...names]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => ({ name, ...ledger.of(name), looks: marks.get(name) ?? [] }));
}

function runOf({ id, session, startedAt, finishedAt, interrupted, trigger, exit, targets, counts }: HistoryRun): TrendRun {
  return { id, session, startedAt, finishedAt, interrupted, trigger, exit, targets: new Set(targets).size, counts };
}

/** Never below zero: a clock may have been set back between two runs. */
function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
