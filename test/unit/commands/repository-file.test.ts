import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInside } from '../../../src/commands/repository-file.ts';
import { readBoundedText } from '../../../src/profiles/read-text.ts';

let root: string;
let directory: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'bulkhead-inside-')));
  directory = path.join(root, 'inside');
  await mkdir(path.join(directory, 'sub'), { recursive: true });
  await writeFile(path.join(directory, '..file'), 'ours');
  await writeFile(path.join(directory, 'large'), 'x'.repeat(101));
  await writeFile(path.join(root, 'secret'), 'secret');
  await symlink('../..file', path.join(directory, 'sub/link'));
  await symlink('../secret', path.join(directory, 'out'));
  await symlink('..', path.join(directory, 'up'));
  await symlink('/dev/zero', path.join(directory, 'zero'));
  execFileSync('mkfifo', [path.join(directory, 'pipe')]);
});
afterAll(async () => rm(root, { recursive: true, force: true }));

describe('readInside', () => {
  it.each(['..file', 'sub/link', 'sub/../..file'])('reads %s', async (name) => {
    const found = await readInside(directory, path.join(directory, name), 100);
    expect(found).toEqual({ file: path.join(directory, '..file'), text: 'ours' });
  });

  it.each(['out', 'up/secret', '../secret', 'zero', 'pipe', 'sub', '.', 'large', 'none', '..file/x', '\u0000'])(
    'does not read %j',
    async (name) => {
      expect(await readInside(directory, `${directory}/${name}`, 100)).toBeUndefined();
      expect(await readInside(directory, name, 100)).toBeUndefined();
    },
  );
});

describe('readBoundedText', () => {
  it('follows no link where it is told so', async () => {
    const link = path.join(directory, 'sub/link');
    expect(await readBoundedText(link, 100)).toBe('ours');
    await expect(readBoundedText(link, 100, { follow: false })).rejects.toThrow(/cannot be read/);
  });
});
