import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../../../src/history/history.ts';

const WRITER = path.resolve(import.meta.dirname, '../../support/history-writer.ts');
const FINDINGS = 100;

/** With room for few pages in memory, what a transaction changes goes to the file before it ends. */
const KILLED_INSIDE = `
  const database = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
  database.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM runs');
  const insert = database.prepare('INSERT INTO contents VALUES (?, 0, ?)');
  for (let n = 0; n < 200; n += 1) insert.run(String(n).padStart(64, '0'), new Uint8Array(4000));
  process.kill(process.pid, 'SIGKILL');
`;

describe('processes', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-processes-'));
    file = path.join(directory, 'history.db');
  });
  afterEach(async () => rm(directory, { recursive: true }));

  it('write at the same time, from the first moment on, and lose nothing', async () => {
    const writers = ['a', 'b', 'c'].map(async (name) => execa(process.execPath, [WRITER, file, name, '6']));
    const results = await Promise.all(writers);
    const numbers = results.flatMap(({ stdout }) => stdout.split('\n').slice(1).map(Number));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
    expect(results.map(({ stderr }) => stderr)).toEqual(['', '', '']);
    const history = openHistory(file);
    expect(new Set(history.runs().map(({ session }) => session)).size).toBe(18);
    expect(history.failures()).toHaveLength(3 * 3 * FINDINGS);
    expect(await history.check()).toEqual([]);
    history.close();
  }, 120_000);

  it('are killed at any moment, and leave whole runs alone', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 12; round += 1) {
      const writer = spawn(process.execPath, [WRITER, file, `round-${round}`, '1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
      let printed = '';
      const acknowledgments = () => printed.split('\n').slice(1, -1).length;
      writer.stdout.on('data', (data: Buffer) => (printed += data.toString()));
      // After none, one, two or three whole runs, and then somewhere in the next.
      do await once(writer.stdout, 'data');
      while (acknowledgments() < round % 4);
      await delay(2 * round);
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const complete = acknowledgments();

      const history = openHistory(file, { create: true });
      const runs = history.runs().filter(({ session }) => session.startsWith(`round-${round}-`));
      // What was said to be recorded is; one more may have been, whose word did not get out.
      expect([complete, complete + 1]).toContain(runs.length);
      for (const { id } of runs) expect(history.recordOf(id).findings).toHaveLength(FINDINGS);
      expect(await history.check()).toEqual([]);
      history.close();
      acknowledged += complete;
    }
    expect(acknowledged).toBeGreaterThanOrEqual(18);
  }, 120_000);

  it('are killed when half of a transaction is in the file already', async () => {
    await execa(process.execPath, [WRITER, file, 'before', '2']);
    const killed = await execa(process.execPath, ['-e', KILLED_INSIDE, file], {
      reject: false,
    });
    expect(killed.signal).toBe('SIGKILL');
    // What brings the file back to where it was.
    expect((await stat(`${file}-journal`)).size).toBeGreaterThan(4096);
    const history = openHistory(file);
    expect(history.runs().map(({ session }) => session)).toEqual(['before-1', 'before-0']);
    expect(await history.check()).toEqual([]);
    history.close();
    await expect(stat(`${file}-journal`)).rejects.toThrow(/ENOENT/);
  });
});
