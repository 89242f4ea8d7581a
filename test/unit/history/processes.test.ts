import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../../../src/history/history.ts';

const WRITER = path.resolve(import.meta.dirname, '../../support/history-writer.ts');
const FINDINGS = 100;

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
      writer.stdout.on('data', (data: Buffer) => (printed += data.toString()));
      await once(writer.stdout, 'data');
      // Later in every round: at the first commit, between two of them, in the middle of one.
      await delay(7 * round);
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const complete = printed.split('\n').slice(1, -1).length;

      const history = openHistory(file, { create: true });
      const runs = history.runs().filter(({ session }) => session.startsWith(`round-${round}-`));
      // What was said to be recorded is; one more may have been, whose word did not get out.
      expect([complete, complete + 1]).toContain(runs.length);
      for (const { id } of runs) expect(history.recordOf(id).findings).toHaveLength(FINDINGS);
      expect(await history.check()).toEqual([]);
      history.close();
      acknowledged += complete;
    }
    expect(acknowledged).toBeGreaterThan(0);
  }, 120_000);
});
