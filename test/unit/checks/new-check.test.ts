import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCheck, parseCheck } from '../../../scripts/new-check.ts';
import type { Check } from '../../../src/model/check.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = [
  'src/checks',
  'src/model',
  'scripts/generate-check-docs.ts',
  'scripts/new-check.ts',
  'docs/checks',
  'test/support/observations.ts',
  'test/unit/checks/net/cases.ts',
  'test/unit/checks/registry.test.ts',
  'package.json',
  'tsconfig.json',
];
const run = promisify(execFile);

describe('a new check', () => {
  let root: string;
  const at = (file: string) => path.join(root, file);
  const read = (file: string) => readFile(at(file), 'utf8');

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'new-check-'));
    for (const file of COPIED) await cp(path.join(ROOT, file), at(file), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules'), at('node_modules'));
    // One between others, one at each end, one in a folder that is not there yet.
    for (const [id, slug] of [
      ['HARD-010', 'lsm-profile'],
      ['NET-000', 'zeroth'],
      ['SEC-001', 'secret-in-environment'],
    ]) {
      await run(process.execPath, [path.join(ROOT, 'scripts/new-check.ts'), `${id}`, `${slug}`, '--root', root]);
    }
  }, 60_000);
  afterAll(async () => rm(root, { recursive: true, force: true }));

  it('stands in the registry, in the order of the catalogue', async () => {
    const { CHECKS } = (await import(pathToFileURL(at('src/checks/registry.ts')).href)) as { readonly CHECKS: readonly Check[] };
    const ids = CHECKS.map(({ meta }) => meta.id);
    expect(ids.indexOf('NET-000')).toBe(0);
    expect(ids.indexOf('HARD-010')).toBe(ids.indexOf('HARD-006') + 1);
    expect(ids.at(-1)).toBe('SEC-001');
    const check = CHECKS.find(({ meta }) => meta.id === 'HARD-010');
    expect(check?.meta).toMatchObject({ slug: 'lsm-profile', area: 'HARD', severity: 'medium' });
    expect(check?.evaluate({} as never)).toMatchObject([{ status: 'inconclusive', subject: 'lsm-profile' }]);
  });

  it('is imported in the order of the paths', async () => {
    const paths = [...(await read('src/checks/registry.ts')).matchAll(/from '(\.\/.*)';/g)].map((match) => `${match[1]}`);
    expect(paths).toEqual(paths.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(paths).toContain('./sec/secret-in-environment.ts');
  });

  it('is among the published ids, and has a page', async () => {
    const ids = [...(await read('test/unit/checks/registry.test.ts')).matchAll(/^ {2}\['([A-Z]+-\d{3})', /gm)].map(
      (match) => match[1],
    );
    expect(ids[0]).toBe('NET-000');
    expect(ids.indexOf('HARD-010')).toBe(ids.indexOf('HARD-006') + 1);
    expect(ids.at(-1)).toBe('SEC-001');
    expect(await read('docs/checks/HARD-010.md')).toContain('`lsm-profile`');
    expect(await read('docs/checks/README.md')).toContain('[SEC-001](SEC-001.md)');
  });

  it('type-checks, and so does its test', async () => {
    const tests = ['hard/lsm-profile', 'net/zeroth', 'sec/secret-in-environment'].map(
      (name) => `test/unit/checks/${name}.test.ts`,
    );
    await writeFile(
      at('tsconfig.new.json'),
      JSON.stringify({ extends: './tsconfig.json', include: ['src/checks/registry.ts', ...tests] }),
    );
    const { stdout } = await run(path.join(ROOT, 'node_modules/.bin/tsc'), ['-p', at('tsconfig.new.json')], { cwd: root });
    expect(stdout).toBe('');
  }, 60_000);

  it('never replaces another', async () => {
    const before = await read('src/checks/registry.ts');
    await expect(newCheck(root, parseCheck('NET-004', 'something-new'))).rejects.toThrow(/NET-004 undeclared-egress exists/);
    await expect(newCheck(root, parseCheck('NET-099', 'undeclared-egress'))).rejects.toThrow(/never used twice/);
    expect(await read('src/checks/registry.ts')).toBe(before);
  });

  it.each([
    [undefined, undefined],
    ['NET-1', 'x'],
    ['net-001', 'x'],
    ['FOO-001', 'x'],
    ['NET-001', undefined],
    ['NET-099', 'Upper'],
    ['NET-099', '../../etc/passwd'],
    ['NET-099', 'two--hyphens'],
    ['NET-099', "a';evil"],
  ])('%j %j is refused', (id, slug) => {
    expect(() => parseCheck(id, slug)).toThrow(/usage:/);
  });
});
