import type * as Sqlite from 'node:sqlite';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** Result codes of SQLite (https://www.sqlite.org/rescode.html), the low byte of `errcode`. */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/**
 * The SQLite of Node.js, asked for only by who needs it: before Node.js 22.13 there is none.
 * @throws BulkheadError `history-failed`
 */
export function loadSqlite(): typeof Sqlite {
  const sqlite = withoutItsWarning(() => process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined);
  if (sqlite !== undefined) return sqlite;
  throw new BulkheadError(
    'history-failed',
    `A history needs node:sqlite, which Node.js ${process.versions.node} does not offer here.`,
    {
      hint: 'Use Node.js 22.13 or newer, without --no-experimental-sqlite; everything else works as it is.',
    },
  );
}

/** Node.js before 24.15 calls the module experimental whenever it is loaded; every other warning is let through. */
function withoutItsWarning<T>(load: () => T): T {
  // oxlint-disable-next-line typescript/unbound-method -- it is put back as it was, and called on its object
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: readonly unknown[]) => {
    const text = warning instanceof Error ? warning.message : warning;
    if (rest[0] === 'ExperimentalWarning' && text.startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emit, process, [warning, ...rest]);
  }) as typeof emit;
  try {
    return load();
  } finally {
    process.emitWarning = emit;
  }
}

/** All of the work or nothing. Others that want to write wait outside, and then see what was written. */
export function transaction<T>(database: Sqlite.DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does where the disk is full.
    }
    throw error;
  }
}

/** Several queries of one moment, whoever records meanwhile. */
export function reading<T>(database: Sqlite.DatabaseSync, work: () => T): T {
  database.exec('BEGIN');
  try {
    return work();
  } finally {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has ended it by itself. Nothing was written.
    }
  }
}

/** Does something with a history; whatever SQLite says against it becomes an error with the file and what to do. */
export function onHistory<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw historyError(error, file);
  }
}

function historyError(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  if (code === undefined) return error;
  const where = escapeText(file, 1000);
  const say = (message: string, hint: string) => new BulkheadError('history-failed', message, { hint, cause: error });
  const words = escapeText(messageOf(error));
  switch (code) {
    case CORRUPT:
      return damaged(file, words, error);
    case NOT_A_DATABASE:
      return say(`${where} is no history: ${words}. It was left as it is.`, 'Name another file.');
    case BUSY:
    case LOCKED:
      return say(`${where} is being written by somebody else, who did not finish in time.`, 'Try again.');
    case FULL:
    case IO_ERROR:
      return say(`${where} could not be written: ${words}. What it held is still there.`, 'Make room on its disk.');
    case READ_ONLY:
    case CANNOT_OPEN:
      return say(`${where} could not be opened for writing: ${words}.`, 'Name a file in a directory that may be written.');
    default:
      return say(`${where} could not be used: ${words}.`, 'Look at it with `bulkhead history check`.');
  }
}

/** @param what what is wrong, half a sentence */
export function damaged(file: string, what: string, cause?: unknown): BulkheadError {
  const where = escapeText(file, 1000);
  return new BulkheadError('history-failed', `${where} is damaged: ${what}. It was left as it is.`, {
    hint:
      'Move it aside, and the next recording begins a new one. `bulkhead history export --file` writes what can be read of it, ' +
      '`sqlite3 FILE .recover | sqlite3 NEW` saves more.',
    ...(cause === undefined ? {} : { cause }),
  });
}
