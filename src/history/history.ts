import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { ReportOptions } from '../engine/report.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import {
  HISTORY_VERSION,
  type HistoryChange,
  type HistoryDay,
  type HistoryFailure,
  type HistoryLook,
  type HistoryRecord,
  type HistoryRun,
} from '../model/history.ts';
import { escapeText } from '../model/text.ts';
import { parseBaseline } from '../store/baseline-file.ts';
import { parseBundle } from '../store/bundle-file.ts';
import { unpack, type Content } from './contents.ts';
import { looksLike } from './magic.ts';
import { assertSound, migrate } from './migrate.ts';
import { insertRun, packRun, type NewRun } from './record.ts';
import {
  areaOf,
  changeOf,
  dayOf,
  failureOf,
  findingOf,
  judgingOf,
  lookOf,
  runOf,
  targetOf,
  type Reader,
  type Row,
} from './rows.ts';
import * as sql from './sql.ts';
import { damaged, loadSqlite, onHistory, reading, transaction } from './sqlite.ts';

export interface RunQuery {
  /** At most so many, the newest ones. */
  readonly limit?: number;
  /** Only runs that looked at a server of this name. */
  readonly target?: string;
  /** Only runs that started then or later. */
  readonly since?: Date;
}

export interface FailureQuery {
  readonly target?: string;
  /** Absent: both. */
  readonly state?: 'open' | 'fixed';
}

/** What a trend is made of, of one moment. */
export interface Course {
  /** In the order of recording. */
  readonly runs: readonly HistoryRun[];
  /** Of all runs: what was open before the first of `runs` is told by them. In the order of runs. */
  readonly changes: readonly HistoryChange[];
  /** Those of `runs`, in their order. */
  readonly looks: readonly HistoryLook[];
}

/** Which runs stay; a run goes as soon as one of the limits says so. */
export interface Retention {
  /** So many of the newest. */
  readonly keepRuns?: number;
  /** Those that started in so many last days, of 24 hours. */
  readonly keepDays?: number;
}

/** Number of what was deleted. */
export interface Pruned {
  readonly runs: number;
  /** Bundles and baselines that no run refers to any more. */
  readonly contents: number;
}

/** A history that is open. Every function may throw BulkheadError `history-failed`; none leaves a half-written run. */
export interface History {
  readonly file: string;
  /** @returns the number of the run */
  record(run: NewRun): Promise<number>;
  /** Newest first: in the order of recording, backwards. */
  runs(query?: RunQuery): readonly HistoryRun[];
  /** @throws BulkheadError `usage` where there is no such run */
  run(id: number): HistoryRun;
  /** Runs whose session starts so, at most two. */
  runsOfSession(start: string): readonly HistoryRun[];
  /** Numbers in ascending order; of a damaged file those that can still be read. */
  runIds(query?: Pick<RunQuery, 'since'>): readonly number[];
  recordOf(id: number): HistoryRecord;
  bundleOf(id: number): Promise<ObservationBundle>;
  /** The same as it was recorded. */
  bytesOf(id: number): Promise<Buffer>;
  /** How the run was judged. */
  judgingOf(id: number): Promise<ReportOptions>;
  /** Every failure that was ever recorded, those last seen first. */
  failures(query?: FailureQuery): readonly HistoryFailure[];
  /** By day and area, the earliest day first. */
  days(query?: Pick<RunQuery, 'since' | 'target'>): readonly HistoryDay[];
  course(query?: Pick<RunQuery, 'since' | 'target'>): Course;
  prune(retention: Retention, now?: Date): Pruned;
  /** Gives the room of what was pruned back to the disk. */
  shrink(): void;
  /** What is wrong with the file, in sentences; none = nothing. */
  check(): Promise<readonly string[]>;
  close(): void;
}

/**
 * Opens a history, of an older version after it was brought up to date.
 * @param options.create makes the file (mode 0600) and its directory (0700) where there is none
 * @throws BulkheadError `usage` where there is no file, else `history-failed`
 */
export function openHistory(file: string, options: { readonly create?: boolean } = {}): History {
  const { DatabaseSync: Database } = loadSqlite();
  prepareFile(file, options.create === true);
  const database = onHistory(file, () => {
    const opened = new Database(file);
    try {
      opened.exec(sql.PRAGMAS);
      migrate(opened, file, sql.MIGRATIONS);
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  });
  return historyOf(database, file);
}

function prepareFile(file: string, create: boolean): void {
  const where = escapeText(file, 1000);
  try {
    if (create) {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      // Made here, because SQLite would let others read it; its journal takes the mode of the file.
      closeSync(openSync(file, 'a', 0o600));
    }
    if (!statSync(file).isFile()) throw new Error('it is no file');
    if (looksLike(file) === 'something-else') {
      throw new BulkheadError('history-failed', `${where} is no history. It was left as it is.`, {
        hint: 'Name another file; of a damaged history, docs/history.md says how to save what is readable.',
      });
    }
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT' && !create;
    if (absent) {
      throw new BulkheadError('usage', `There is no history ${where}.`, {
        hint: '`bulkhead audit --record` begins one; --file names another.',
      });
    }
    throw new BulkheadError('history-failed', `${where} could not be opened: ${messageOf(error)}.`, {
      hint: 'Name a file in a directory that may be written.',
      cause: error,
    });
  }
}

function historyOf(database: DatabaseSync, file: string): History {
  const all = <T>(query: string, values: Record<string, string | number | null>, read: Reader<T>): readonly T[] =>
    onHistory(file, () =>
      database
        .prepare(query)
        .all(values)
        .map((row) => read(row, file)),
    );
  const one = (query: string, values: Record<string, string | number | null>): Row | undefined =>
    onHistory(file, () => database.prepare(query).get(values));
  const write = <T>(work: () => T): T =>
    onHistory(file, () => {
      assertSound(database, file);
      return transaction(database, work);
    });

  const run = (id: number): HistoryRun => {
    const row = one(sql.RUN_BY_ID, { id });
    if (row === undefined) throw noSuchRun(String(id));
    return runOf(row, file);
  };
  const runs: History['runs'] = ({ limit, target, since } = {}) =>
    all(sql.LIST_RUNS, { limit: limit ?? -1, target: target ?? null, since: since?.toISOString() ?? null }, runOf);
  const recordOf = (id: number): HistoryRecord => ({
    historyVersion: HISTORY_VERSION,
    ...run(id),
    inventory: [...all(sql.TARGETS_OF_RUN, { run: id }, targetOf)],
    areas: [...all(sql.AREAS_OF_RUN, { run: id }, areaOf)],
    findings: [...all(sql.FINDINGS_OF_RUN, { run: id }, findingOf)],
  });
  /** One row that nobody can read would keep all others from being listed: such a run is not recorded. */
  const readBack = (id: number): void => {
    try {
      recordOf(id);
    } catch (error) {
      throw new BulkheadError(
        'history-failed',
        `The run could not be recorded, it could not be read again: ${messageOf(error)}`,
        {
          hint: 'Nothing was changed. `bulkhead audit --save` keeps its observations.',
          cause: error,
        },
      );
    }
  };
  const content = async (hash: string): Promise<string> => {
    const row = one(sql.CONTENT, { hash });
    if (row === undefined) throw damaged(file, `content ${hash} is missing`);
    return unpack({ hash, ...row } as unknown as Content, file);
  };

  return {
    file,
    record: async (newRun) => {
      const packed = await packRun(newRun);
      return write(() => {
        const id = insertRun(database, packed);
        readBack(id);
        return id;
      });
    },
    runs,
    run,
    runsOfSession: (start) => all(sql.RUNS_BY_SESSION, { start }, runOf),
    runIds: ({ since } = {}) => readableIds(database, file, since),
    recordOf,
    bundleOf: async (id) => parseBundle(await content(run(id).bundle), `the bundle of run ${id}`),
    bytesOf: async (id) => Buffer.from(await content(run(id).bundle)),
    judgingOf: async (id) => {
      const row = one(sql.JUDGING_OF_RUN, { id });
      if (row === undefined) throw noSuchRun(String(id));
      const { accepted, ...gates } = judgingOf(row, file);
      const { baseline, baseline_source: source } = row;
      return {
        ...gates,
        ...(accepted === undefined ? {} : { accepted: { ...accepted, now: new Date(accepted.now) } }),
        ...(typeof baseline !== 'string'
          ? {}
          : {
              baseline: { source: String(source), baseline: parseBaseline(await content(baseline), `the baseline of run ${id}`) },
            }),
      };
    },
    failures: ({ target, state } = {}) =>
      all(sql.FAILURES, { target: target ?? null, open: state === undefined ? null : Number(state === 'open') }, failureOf),
    days: ({ since, target } = {}) => all(sql.DAYS, { since: since?.toISOString() ?? null, target: target ?? null }, dayOf),
    course: ({ since, target } = {}) =>
      onHistory(file, () =>
        reading(database, () => ({
          runs: runs({ ...(since === undefined ? {} : { since }), ...(target === undefined ? {} : { target }) }).toReversed(),
          changes: all(sql.CHANGES, { target: target ?? null }, changeOf),
          looks: all(sql.LOOKS, { since: since?.toISOString() ?? null, target: target ?? null }, lookOf),
        })),
      ),
    prune: ({ keepRuns, keepDays }, now = new Date()) => {
      const before = keepDays === undefined ? null : new Date(now.getTime() - keepDays * 86_400_000).toISOString();
      return write(() => {
        const { changes } = database.prepare(sql.DELETE_RUNS).run({ keep: keepRuns ?? null, before });
        if (Number(changes) === 0) return { runs: 0, contents: 0 };
        database.prepare(sql.DELETE_UNREFERENCED.subjects).run();
        return { runs: Number(changes), contents: Number(database.prepare(sql.DELETE_UNREFERENCED.contents).run().changes) };
      });
    },
    shrink: () => onHistory(file, () => database.exec('VACUUM')),
    check: async () => check(database, file, content),
    close: () => database.close(),
  };
}

export function noSuchRun(name: string): BulkheadError {
  return new BulkheadError('usage', `There is no run ${escapeText(name, 100)}.`, { hint: '`bulkhead history` lists them.' });
}

function readableIds(database: DatabaseSync, file: string, since: Date | undefined): readonly number[] {
  const ids = new Set<number>();
  let broken: unknown;
  for (const query of [sql.RUN_IDS.ascending, sql.RUN_IDS.descending]) {
    try {
      for (const { id } of database.prepare(query).iterate({ since: since?.toISOString() ?? null })) ids.add(Number(id));
      break;
    } catch (error) {
      broken = error;
    }
  }
  if (ids.size === 0 && broken !== undefined)
    onHistory(file, () => {
      throw broken;
    });
  return [...ids].toSorted((a, b) => a - b);
}

/** Everything that SQLite can say of the file, and that every bundle is what was recorded. */
async function check(
  database: DatabaseSync,
  file: string,
  content: (hash: string) => Promise<string>,
): Promise<readonly string[]> {
  const problems = integrity(database, file);
  // On a damaged file nothing that it says of itself can be relied on.
  if (problems.length > 0) return problems;
  for (const { table, parent } of onHistory(file, () => database.prepare('PRAGMA foreign_key_check').all())) {
    problems.push(`a row of ${escapeText(String(table))} refers to ${escapeText(String(parent))} that is not there`);
  }
  for (const { hash } of onHistory(file, () => database.prepare(sql.CONTENT_HASHES).all())) {
    await content(String(hash)).catch((error: unknown) => problems.push(messageOf(error)));
  }
  return problems;
}

function integrity(database: DatabaseSync, file: string): string[] {
  try {
    const messages = onHistory(file, () => database.prepare('PRAGMA integrity_check').all()).flatMap(Object.values);
    return messages.filter((message) => message !== 'ok').map((message) => escapeText(String(message), 500));
  } catch (error) {
    // Some damage keeps SQLite from looking for more of it.
    return [messageOf(error)];
  }
}
