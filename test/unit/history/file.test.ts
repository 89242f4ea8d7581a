import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import { openHistory } from '../../../src/history/history.ts';
import { migrate } from '../../../src/history/migrate.ts';
import { MIGRATIONS } from '../../../src/history/sql.ts';
import { at, aRun } from '../../support/history.ts';
import { aFinding } from '../../support/report.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-file-'));
  file = path.join(directory, 'history.db');
});
afterEach(async () => rm(directory, { recursive: true }));

/** Something that is done with a file before it is opened again. */
function inside(work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file);
  work(database);
  database.close();
}

async function recordOne(minute = 1): Promise<void> {
  const history = openHistory(file, { create: true });
  try {
    await history.record(aRun({ ...at(minute), findings: [aFinding()] }));
  } finally {
    history.close();
  }
}

describe('a file that is not this history', () => {
  it('is made by recording alone', () => {
    expect(() => openHistory(file)).toThrow(/There is no history/);
    expect(() => openHistory(path.join(file, 'x'), { create: false })).toThrow(BulkheadError);
  });

  it('may be an empty one, as a run that was killed at its start leaves it', async () => {
    await writeFile(file, '');
    expect(openHistory(file).runs()).toEqual([]);
    await recordOne();
  });

  it.each<readonly [string, () => Promise<void> | void, RegExp]>([
    ['text', async () => writeFile(file, 'no database '.repeat(1000)), /is no history/],
    ['short text', async () => writeFile(file, 'x'), /is no history/],
    ['a database of another program', () => inside((db) => db.exec('CREATE TABLE t (x)')), /another program/],
    ['one with its own mark', () => inside((db) => db.exec('PRAGMA application_id = 7')), /another program/],
    [
      'the history of a newer bulkhead',
      async () => {
        await recordOne();
        inside((db) => db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}; CREATE TABLE later (x)`));
      },
      /newer bulkhead: its layout is version \d+, this one knows \d+/,
    ],
    [
      'one with a trigger',
      async () => {
        await recordOne();
        inside((db) => db.exec('CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM findings; END'));
      },
      /trigger t is not of bulkhead/,
    ],
    [
      'one with another table of the same name',
      async () => {
        await recordOne();
        inside((db) => db.exec('DROP TABLE findings; CREATE TABLE findings (run, position, subject, status, severity, waived)'));
      },
      /findings\w* is not what it was made as/,
    ],
  ])('is refused and left alone: %s', async (_, make, words) => {
    await make();
    const before = await readFile(file);
    const names = await readdir(directory);
    for (const create of [false, true]) {
      expect(() => openHistory(file, { create })).toThrow(BulkheadError);
      expect(() => openHistory(file, { create })).toThrow(words);
    }
    expect(Buffer.compare(before, await readFile(file))).toBe(0);
    expect(await readdir(directory)).toEqual(names);
  });

  it('is refused where it is a directory, or lies below a file', async () => {
    expect(() => openHistory(directory, { create: true })).toThrow(/could not be opened/);
    await writeFile(file, '');
    expect(() => openHistory(path.join(file, 'x.db'), { create: true })).toThrow(/could not be opened/);
  });

  it('may have a table beside ours, as .recover leaves one', async () => {
    await recordOne();
    inside((db) => db.exec('CREATE TABLE lost_and_found (x)'));
    await recordOne(2);
  });
});

describe('a damaged history', () => {
  let sound: Buffer;
  /** The ids that were recorded. */
  const RUNS = 12;

  beforeAll(async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'bulkhead-sound-'));
    const history = openHistory(path.join(own, 'history.db'), { create: true });
    for (let run = 0; run < RUNS; run += 1) {
      const findings = Array.from({ length: 60 }, (_, index) => aFinding({ subject: `${run % 4}-${index}` }));
      // Long enough that the table of runs takes several pages.
      await history.record(aRun({ ...at(run), findings, exit: { code: 1, reason: 'why '.repeat(400) } }));
    }
    history.close();
    sound = await readFile(path.join(own, 'history.db'));
    await rm(own, { recursive: true });
  });

  it('is refused when it is cut, and is left as it is', async () => {
    for (const size of [100, 512, 4096, 5000, Math.floor(sound.length / 2), sound.length - 4096]) {
      await writeFile(file, sound);
      await truncate(file, size);
      const before = await readFile(file);
      await expect(recordOne(100)).rejects.toThrow(/is damaged: .* left as it is|is no history/);
      expect(Buffer.compare(before, await readFile(file))).toBe(0);
      expect(await readdir(directory)).toEqual(['history.db']);
    }
  });

  it('never answers what was not recorded, and is never written where SQLite sees the damage', async () => {
    const original = openHistoryOf(sound);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 20 }),
        async (flips) => {
          const bytes = Buffer.from(sound);
          for (const [offset, mask] of flips) bytes[offset] = (bytes[offset] ?? 0) ^ mask;
          await writeFile(file, bytes);
          const refused = await recordOne(100).then(
            () => false,
            (error: unknown) => {
              expect(error).toBeInstanceOf(BulkheadError);
              return true;
            },
          );
          if (refused) expect(Buffer.compare(bytes, await readFile(file))).toBe(0);
          await expectNoInvention(await original);
        },
      ),
      { numRuns: 80 },
    );
  }, 120_000);

  async function openHistoryOf(bytes: Buffer): Promise<ReadonlyMap<number, object>> {
    const own = await mkdtemp(path.join(tmpdir(), 'bulkhead-sound-'));
    await writeFile(path.join(own, 'history.db'), bytes);
    const history = openHistory(path.join(own, 'history.db'));
    const bundles = new Map<number, object>();
    for (const id of history.runIds()) bundles.set(id, await history.bundleOf(id));
    history.close();
    await rm(own, { recursive: true });
    return bundles;
  }

  /** Whatever is asked of the damaged file, it answers or says that it cannot; and a bundle is what was recorded. */
  async function expectNoInvention(bundles: ReadonlyMap<number, object>): Promise<void> {
    const orFailure = async (work: () => unknown): Promise<unknown> => {
      try {
        return await work();
      } catch (error) {
        expect(error).toBeInstanceOf(BulkheadError);
        return undefined;
      }
    };
    const history = await orFailure(() => openHistory(file));
    if (history === undefined) return;
    const opened = history as ReturnType<typeof openHistory>;
    for (const work of [() => opened.runs(), () => opened.failures(), () => opened.days(), async () => opened.check()]) {
      await orFailure(work);
    }
    const ids = ((await orFailure(() => opened.runIds())) ?? []) as readonly number[];
    const recorded = [...bundles.values()].map((bundle) => JSON.stringify(bundle));
    for (const id of ids) {
      await orFailure(() => opened.recordOf(id));
      const bundle = await orFailure(async () => opened.bundleOf(id));
      if (bundle !== undefined && id <= RUNS) expect(recorded).toContain(JSON.stringify(bundle));
    }
    opened.close();
  }

  it('reads from both ends of what is damaged in the middle', async () => {
    // A whole page of the table of runs is gone: those before it and behind it stay.
    await writeFile(file, sound);
    let page = 0;
    inside((db) => {
      const leaves = db.prepare("SELECT pageno FROM dbstat WHERE name = 'runs' AND pagetype = 'leaf' ORDER BY path");
      const pages = leaves.all().map(({ pageno }) => Number(pageno));
      expect(pages.length).toBeGreaterThan(2);
      page = pages[Math.floor(pages.length / 2)] ?? 0;
    });
    const bytes = Buffer.from(sound);
    bytes.fill(0xff, (page - 1) * 4096, page * 4096);
    await writeFile(file, bytes);
    const history = openHistory(file);
    const ids = history.runIds();
    expect(ids[0]).toBe(1);
    expect(ids.at(-1)).toBe(RUNS);
    expect(ids.length).toBeLessThan(RUNS);
    expect(history.recordOf(1).findings).toHaveLength(60);
    const problems = await history.check();
    expect(problems.length).toBeGreaterThan(0);
    history.close();
    await expect(recordOne(100)).rejects.toThrow(/damaged/);
    expect(Buffer.compare(bytes, await readFile(file))).toBe(0);
  });
});

describe('an older history', () => {
  const STEPS = [
    ...MIGRATIONS,
    'ALTER TABLE runs ADD COLUMN host TEXT; UPDATE runs SET host = trigger_text',
    'CREATE TABLE notes (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, text TEXT NOT NULL) STRICT',
  ];
  const versionIn = (name: string) => {
    const database = new DatabaseSync(name, { readOnly: true });
    const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {};
    database.close();
    return version;
  };
  const migrateTo = (steps: readonly string[], now?: Date) =>
    inside((database) => {
      try {
        migrate(database, file, steps, now);
      } catch (error) {
        database.close();
        throw error;
      }
    });
  const copies = async () => (await readdir(directory)).filter((name) => name !== 'history.db').toSorted();

  it.each(STEPS.map((_, index) => index).slice(1))('of version %i is brought up to date, after a copy', async (version) => {
    migrateTo(STEPS.slice(0, version));
    inside((db) => {
      db.exec(`INSERT INTO contents VALUES (${`'${'0'.repeat(64)}'`}, 0, x'')`);
      db.exec(`INSERT INTO runs (session, started_at, finished_at, interrupted, trigger_kind, trigger_text, tool_version, engine,
        checks, exit_code, exit_reason, pass, fail, inconclusive, not_applicable, error, waived, judging, bundle)
        VALUES ('s', 't', 't', 0, 'manual', 'why', '0', '{}', '[]', 0, '', 0, 0, 0, 0, 0, 0, '{}', ${`'${'0'.repeat(64)}'`})`);
    });
    const before = await readFile(file);
    migrateTo(STEPS, new Date('2026-11-21T09:15:00.500Z'));
    const copy = `history.db.v${version}-20261121T091500Z.bak`;
    expect(await copies()).toEqual([copy]);
    expect((await stat(path.join(directory, copy))).mode & 0o777).toBe(0o600);
    expect([versionIn(file), versionIn(path.join(directory, copy))]).toEqual([STEPS.length, version]);
    inside((db) => expect(db.prepare('SELECT session, trigger_text FROM runs').all()).toMatchObject([{ session: 's' }]));
    expect(before.length).toBeGreaterThan(0);
    migrateTo(STEPS);
    expect(await copies()).toEqual([copy]);
  });

  it('has the layout of a new one afterwards', async () => {
    const layout = () => {
      let found: unknown;
      inside((db) => (found = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()));
      return found;
    };
    migrateTo(STEPS);
    const fresh = layout();
    await rm(file);
    for (let version = 1; version <= STEPS.length; version += 1) migrateTo(STEPS.slice(0, version));
    expect(layout()).toEqual(fresh);
  });

  it('stays what it is when a step fails, without a copy', async () => {
    migrateTo(STEPS.slice(0, 1));
    const before = await readFile(file);
    const broken = [...STEPS.slice(0, 2), 'CREATE TABLE half (x); SELECT no_such_function()'];
    expect(() => migrateTo(broken)).toThrow(/no_such_function/);
    expect(versionIn(file)).toBe(1);
    expect(Buffer.compare(before, await readFile(file))).toBe(0);
    expect(await copies()).toEqual([]);
  });

  it('is not touched when it is damaged', async () => {
    migrateTo(STEPS.slice(0, 1));
    const bytes = await readFile(file);
    bytes.fill(0xff, bytes.length - 4096);
    await writeFile(file, bytes);
    expect(() => migrateTo(STEPS)).toThrow(/damaged|malformed/);
    expect(Buffer.compare(bytes, await readFile(file))).toBe(0);
    expect(await copies()).toEqual([]);
  });

  it('is refused when it is newer', () => {
    migrateTo(STEPS);
    expect(() => migrateTo(STEPS.slice(0, 2))).toThrow(/newer bulkhead: its layout is version 3, this one knows 2/);
  });
});
