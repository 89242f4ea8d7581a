import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { metricsText } from '../../../src/metrics/text.ts';
import { writeTextfile } from '../../../src/metrics/textfile.ts';
import { fixtureFamilies } from '../../support/metrics.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-textfile-'));
});
afterAll(() => rm(directory, { recursive: true }));

it("replaces a file for node-exporter, who may read it, in the collector's format", async () => {
  const file = path.join(directory, 'bulkhead.prom');
  await writeTextfile(file, []);
  await writeTextfile(file, fixtureFamilies());
  expect(await readFile(file, 'utf8')).toBe(metricsText(fixtureFamilies(), 'prometheus'));
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  expect(await readdir(directory)).toEqual(['bulkhead.prom']);
});

it('refuses a file that node-exporter would not read, and a directory that is not there', async () => {
  await expect(writeTextfile(path.join(directory, 'metrics.txt'), [])).rejects.toMatchObject({ code: 'config-invalid' });
  await expect(writeTextfile(path.join(directory, 'no', 'bulkhead.prom'), [])).rejects.toMatchObject({ code: 'output-failed' });
});
