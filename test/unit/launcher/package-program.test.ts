import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../../src/launcher/package-program.ts';

const REFERENCE = { name: '@scope/pkg', version: '1.2.3' };
const SHEBANG = '#!/usr/bin/env node\n';

describe('the program of a package', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'bulkhead-program-'));
    return async () => rm(root, { recursive: true, force: true });
  });

  async function programOf(bin: unknown, files: Readonly<Record<string, string>> = {}, chosen?: string) {
    const directory = path.join(root, 'package');
    await mkdir(path.join(directory, 'dist'), { recursive: true });
    await writeFile(path.join(directory, 'package.json'), JSON.stringify({ ...REFERENCE, bin }));
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(directory, name), content);
    return findProgram(directory, chosen === undefined ? REFERENCE : { ...REFERENCE, bin: chosen });
  }

  it.each([
    ['a string', './dist/a.js'],
    ['a string without a dot', 'dist/a.js'],
    ['the only entry', { other: 'dist/a.js' }],
    ['the one called as the package', { x: 'x.js', pkg: 'dist/a.js', y: 'y.js' }],
    ['a path from the root, which npm takes as one in the package', '/dist/a.js'],
  ])('is %s', async (_what, bin) => {
    expect(await programOf(bin, { 'dist/a.js': SHEBANG })).toEqual({ file: 'dist/a.js', nodeOptions: [] });
  });

  it('is the one that was asked for', async () => {
    const files = { 'dist/a.js': SHEBANG, 'b.js': SHEBANG };
    expect((await programOf({ pkg: 'dist/a.js', b: 'b.js' }, files, 'b')).file).toBe('b.js');
    expect((await programOf('b.js', files, 'pkg')).file).toBe('b.js');
    await expect(programOf('b.js', files, 'x')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('programs: pkg'),
    });
  });

  it('is found behind a byte order mark, as npm finds it', async () => {
    await programOf('a.js', { 'a.js': SHEBANG });
    await writeFile(path.join(root, 'package', 'package.json'), `\uFEFF${JSON.stringify({ ...REFERENCE, bin: 'a.js' })}`);
    expect((await findProgram(path.join(root, 'package'), REFERENCE)).file).toBe('a.js');
  });

  it('must be chosen among several, which are listed', async () => {
    await expect(programOf({ a: 'a.js', b: 'b.js' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('programs: a, b'),
      hint: expect.stringContaining('npx:@scope/pkg@1.2.3#a'),
    });
  });

  it.each([undefined, null, {}, 7, [], { a: 1 }])('is missing: %j', async (bin) => {
    await expect(programOf(bin)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('no program') });
  });

  it.each([
    ['#!/usr/bin/env node', []],
    ['#!/usr/bin/node', []],
    ['#! /usr/local/bin/node\r', []],
    ['\uFEFF#!/usr/bin/env node', []],
    ['#!/usr/bin/env -S node --enable-source-maps --max-old-space-size=64', ['--enable-source-maps', '--max-old-space-size=64']],
    ['#!/usr/bin/node --no-warnings', ['--no-warnings']],
    ['"use strict";', []],
  ])('is started by Node.js: %j', async (line, nodeOptions) => {
    expect(await programOf('a.js', { 'a.js': `${line}\nmore` })).toEqual({ file: 'a.js', nodeOptions });
  });

  it.each([
    ['a.js', '#!/bin/sh\n', 'does not run'],
    ['a.js', '#!/usr/bin/env bash', 'does not run'],
    ['a.js', '#!/usr/bin/env bun\n', 'does not run'],
    ['a.js', '#!/usr/bin/env -S node --import "x y"\n', 'does not run'],
    ['a.js', '#!\n', 'does not run'],
    ['a.py', '#!/usr/bin/env python3\n', 'does not run'],
    ['a.sh', 'exec node x\n', 'not known to be JavaScript'],
    ['a', 'exec node x\n', 'not known to be JavaScript'],
    ['a', '\u007fELF\0\0', 'not JavaScript'],
    ['a\nb.js', SHEBANG, 'strange name'],
  ])('is not started by Node.js: %j %j', async (file, content, what) => {
    await expect(programOf(file, { [file]: content })).rejects.toMatchObject({
      code: 'image-failed',
      message: expect.stringContaining(what),
      hint: expect.stringContaining('no shell'),
    });
  });

  it('is a file inside of the package', async () => {
    await writeFile(path.join(root, 'outside.js'), SHEBANG);
    await expect(programOf('../outside.js')).rejects.toThrow(/outside of itself/);
    await expect(programOf('dist/../../outside.js')).rejects.toThrow(/outside of itself/);
    await expect(programOf('.')).rejects.toThrow(/outside of itself/);
    await expect(programOf('absent.js')).rejects.toThrow(/there is no file absent\.js/);
    await expect(programOf('dist')).rejects.toThrow(/not JavaScript/);
    await symlink('../outside.js', path.join(root, 'package', 'link.js'));
    await expect(programOf('link.js')).rejects.toThrow(/outside of itself/);
  });
});
