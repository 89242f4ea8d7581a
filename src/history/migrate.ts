import { closeSync, openSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { APPLICATION_ID, HEADER, LAYOUT, PRAGMAS } from './sql.ts';
import { damaged, loadSqlite, transaction } from './sqlite.ts';

interface Header {
  readonly application: number;
  readonly version: number;
  readonly objects: number;
}

/**
 * Brings a file to the newest layout, and refuses one that is not ours to touch. What an older version wrote is copied
 * beside it first: `FILE.v1-20261121T091500Z.bak`.
 * @param migrations the step to each version from the one before
 * @throws BulkheadError `history-failed`, or an error of SQLite
 */
export function migrate(database: DatabaseSync, file: string, migrations: readonly string[], now = new Date()): void {
  if (versionOf(database, file, migrations.length) < migrations.length) {
    let copy: string | undefined;
    try {
      transaction(database, () => {
        // Somebody else may have been here while this process waited.
        const version = versionOf(database, file, migrations.length);
        if (version > 0 && version < migrations.length) copy = copyOf(database, file, version, now);
        for (const step of migrations.slice(version)) database.exec(step);
        database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
      });
    } catch (error) {
      // Nothing was changed: the file itself is what the copy would be.
      if (copy !== undefined) rmSync(copy, { force: true });
      throw error;
    }
  }
  compareLayout(database, file, migrations);
}

function versionOf(database: DatabaseSync, file: string, newest: number): number {
  const { application, version, objects } = database.prepare(HEADER).get() as unknown as Header;
  const where = escapeText(file, 1000);
  if (application === 0 && version === 0 && objects === 0) return 0;
  if (application !== APPLICATION_ID || version < 1) {
    throw new BulkheadError('history-failed', `${where} is a database of another program. It was left as it is.`, {
      hint: 'Name another file.',
    });
  }
  if (version > newest) {
    throw new BulkheadError(
      'history-failed',
      `${where} was written by a newer bulkhead: its layout is version ${version}, this one knows ${newest}. It was left as it is.`,
      { hint: 'Use the newer bulkhead, or name another file.' },
    );
  }
  return version;
}

/** A copy as of this moment: the transaction that is open keeps others from writing, and a second connection reads. */
function copyOf(database: DatabaseSync, file: string, version: number, now: Date): string {
  assertSound(database, file);
  const copy = `${file}.v${version}-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.bak`;
  closeSync(openSync(copy, 'wx', 0o600));
  const reader = new (loadSqlite().DatabaseSync)(file, { readOnly: true });
  try {
    reader.prepare('VACUUM INTO ?').run(copy);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  } finally {
    reader.close();
  }
  return copy;
}

/** Before anything is written: SQLite may write into a damaged file before it sees the damage. */
export function assertSound(database: DatabaseSync, file: string): void {
  const problem = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (problem !== 'ok') throw damaged(file, escapeText(String(problem)));
}

interface LayoutRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

/**
 * The tables are those of this version, and nothing acts when they are written: a file may have come from somebody.
 * Tables and indexes beside ours do no harm; `.recover` leaves one.
 */
function compareLayout(database: DatabaseSync, file: string, migrations: readonly string[]): void {
  const found = layoutOf(database);
  const actual = new Map(found.map(({ name, sql }) => [name, sql]));
  const expected = expectedLayout(migrations);
  const different = expected.find(({ name, sql }) => actual.get(name) !== sql);
  if (different !== undefined) throw damaged(file, `its ${different.type} ${different.name} is not what it was made as`);
  const acting = found.find(({ type }) => type === 'trigger' || type === 'view');
  if (acting !== undefined) throw damaged(file, `the ${escapeText(acting.type)} ${escapeText(acting.name)} is not of bulkhead`);
}

function expectedLayout(migrations: readonly string[]): readonly LayoutRow[] {
  const model = new (loadSqlite().DatabaseSync)(':memory:');
  try {
    model.exec(PRAGMAS);
    for (const step of migrations) model.exec(step);
    return layoutOf(model);
  } finally {
    model.close();
  }
}

function layoutOf(database: DatabaseSync): readonly LayoutRow[] {
  return database.prepare(LAYOUT).all() as unknown as readonly LayoutRow[];
}
