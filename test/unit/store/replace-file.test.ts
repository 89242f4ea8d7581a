import { execFileSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../../src/store/replace-file.ts';

let directory: string;
const file = (name: string): string => path.join(directory, name);
beforeEach(async () => (directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-replace-'))));
afterEach(async () => rm(directory, { recursive: true, force: true }));

describe('replaceFile', () => {
  it('writes the file behind a link, and leaves the link', async () => {
    await writeFile(file('real'), 'old');
    await symlink('real', file('link'));
    await replaceFile(file('link'), 'new', 'bundle', 0o600);
    expect(await readFile(file('real'), 'utf8')).toBe('new');
    expect((await lstat(file('link'))).isSymbolicLink()).toBe(true);
  });

  it('replaces no pipe and no directory', async () => {
    execFileSync('mkfifo', [file('pipe')]);
    await mkdir(file('directory'));
    for (const [name, words] of [
      ['pipe', /pipe is no regular file/],
      ['directory', /directory is a directory/],
    ] as const) {
      await expect(replaceFile(file(name), 'new', 'bundle', 0o600)).rejects.toThrow(words);
    }
    expect((await lstat(file('pipe'))).isFIFO()).toBe(true);
    expect((await readdir(directory)).toSorted()).toEqual(['directory', 'pipe']);
  });
});
