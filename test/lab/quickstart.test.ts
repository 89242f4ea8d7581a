import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { LAB_NAME, NO_LAB } from '../support/lab.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe.skipIf(NO_LAB)(`${LAB_NAME}: the quick start`, () => {
  it('starts an engine of its own, shows the three servers, and leaves nothing running', async () => {
    const before = (await execa('ip', ['netns', 'list'])).stdout;
    const run = await execa(process.execPath, ['samples/three-servers/quickstart.ts', '--lab'], { cwd: ROOT, reject: false });
    expect(run.stderr, run.stderr).not.toMatch(/Error/);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(
      /sample-everything[\s\S]*NET cosmetic[\s\S]*sample-filesystem[\s\S]*HOST cosmetic[\s\S]*sample-memory[\s\S]*HOST enforced/,
    );
    const report = JSON.parse(await readFile(path.join(ROOT, 'bulkhead-report.json'), 'utf8')) as Report;
    expect(report.targets.map(({ name }) => name)).toEqual(['sample-everything', 'sample-filesystem', 'sample-memory']);
    // Other labs of this machine may have come to their end meanwhile.
    const known = new Set(before.split('\n'));
    expect((await execa('ip', ['netns', 'list'])).stdout.split('\n').filter((name) => !known.has(name))).toEqual([]);
  });
});
