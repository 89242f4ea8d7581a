import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import {
  installPackage,
  lockFileOf,
  packageCacheDirectory,
  readLock,
  type InstallOptions,
} from '../../../src/launcher/package-install.ts';
import { packageLayer } from '../../../src/launcher/package-layer.ts';
import { npmError } from '../../../src/launcher/package-npm.ts';
import { parsePackageReference } from '../../../src/launcher/package-reference.ts';
import { startRegistry, type Registry } from '../../support/npm-registry.ts';

const TOKEN = 'fixture-token-0123456789';
const SERVER = { name: '@scope/server', version: '1.0.0' };
const REFERENCE = parsePackageReference('npx:@scope/server@1.0.0');

/** Real npm, against a registry on the loopback. */
describe('the cache of packages', () => {
  let registry: Registry;
  let root: string;
  let cacheDirectory: string;
  let environment: Record<string, string | undefined>;

  const install = (options: Partial<InstallOptions> = {}, reference = REFERENCE) =>
    installPackage(reference, { cacheDirectory, environment, ...options });
  const entries = async () => (await readdir(path.join(cacheDirectory, '@scope+server@1.0.0'))).toSorted();
  const errorOf = async (work: Promise<unknown>): Promise<BulkheadError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof BulkheadError) return error;
    throw new Error(`no such error: ${String(error)}`);
  };

  beforeAll(async () => {
    registry = await startRegistry();
    await registry.publish({ name: 'dependency', version: '1.0.0', files: { 'index.js': '' } });
    await registry.publish({
      ...SERVER,
      manifest: {
        bin: { server: 'server.js' },
        dependencies: { dependency: '^1.0.0' },
        devDependencies: { absent: '1.0.0' },
        scripts: { postinstall: 'node install.js' },
      },
      files: {
        'server.js': '#!/usr/bin/env node\n',
        'install.js': 'require("node:fs").writeFileSync("ran", process.version)',
      },
    });
  });
  afterAll(async () => registry?.close());
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'bulkhead-install-'));
    cacheDirectory = path.join(root, 'packages');
    const userconfig = path.join(root, 'npmrc');
    await writeFile(
      userconfig,
      `registry=${registry.url}\n${registry.url.slice('http:'.length)}:_authToken=${TOKEN}\npackage-lock=false\nfetch-retries=0\n`,
    );
    environment = {
      PATH: process.env['PATH'],
      HOME: root,
      npm_config_userconfig: userconfig,
      npm_config_cache: path.join(root, 'npm-cache'),
    };
    registry.requests.length = 0;
    return async () => rm(root, { recursive: true, force: true });
  });

  it('gets the package and what it needs, and runs none of its code', async () => {
    const said: string[] = [];
    const { directory, lock, lockFile } = await install({ onProgress: (line) => said.push(line) });
    expect(said).toEqual([
      'Installing @scope/server@1.0.0 with npm.',
      'Install scripts did not run: @scope/server. When the server misses what they make, see --allow-scripts.',
    ]);
    expect(await readdir(path.join(directory, 'node_modules'))).toEqual(expect.arrayContaining(['@scope', 'dependency']));
    await expect(stat(path.join(directory, 'node_modules/@scope/server/ran'))).rejects.toThrow(/ENOENT/);
    expect(lockFile).toBe(lockFileOf(REFERENCE, cacheDirectory));
    expect(await readLock(REFERENCE, cacheDirectory)).toBe(lock);
    expect(await entries()).toEqual(['package-lock.json', 'plain']);
    expect((await stat(path.dirname(lockFile))).mode & 0o777).toBe(0o700);
  });

  it('runs no code of dependencies either, and says whose', async () => {
    const mark = { 'mark.js': 'require("node:fs").writeFileSync("ran", "")' };
    const scripts = { preinstall: 'node mark.js', install: 'node mark.js', prepare: 'node mark.js' };
    await registry.publish({ name: 'scripted', version: '1.0.0', manifest: { scripts }, files: mark });
    // npm compiles it without being told to, and fails here.
    await registry.publish({ name: 'compiled', version: '1.0.0', files: { 'binding.gyp': '{ nothing' } });
    await registry.publish({ name: 'elsewhere', version: '1.0.0', manifest: { os: ['aix'], scripts }, files: mark });
    const dependencies = { scripted: '1.0.0', compiled: '1.0.0' };
    await registry.publish({
      name: 'uses-them',
      version: '1.0.0',
      manifest: { dependencies, optionalDependencies: { elsewhere: '1.0.0' } },
    });
    const said: string[] = [];
    const { directory } = await install({ onProgress: (line) => said.push(line) }, parsePackageReference('npx:uses-them@1.0.0'));
    expect(said.at(-1)).toMatch(/^Install scripts did not run: compiled, scripted\. /);
    const installed = await readdir(path.join(directory, 'node_modules'), { recursive: true });
    expect(installed).toEqual(expect.arrayContaining(['scripted/mark.js', 'compiled/binding.gyp']));
    expect(installed.filter((file) => /\/(?:ran|build)$/.test(file))).toEqual([]);
  });

  it('uses the login of the user, and keeps it out of everything that is made', async () => {
    const { directory } = await install();
    expect(registry.requests.filter((request) => request.includes('server'))).toEqual(
      expect.arrayContaining([`GET /@scope/server Bearer ${TOKEN}`]),
    );
    for (const file of await readdir(cacheDirectory, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const text = await readFile(path.join(file.parentPath, file.name), 'utf8');
      expect(text, file.name).not.toContain(TOKEN);
      if (file.name === 'package-lock.json') expect(text).not.toContain(registry.url);
    }
    expect((await packageLayer(directory)).map((file) => file.path)).toEqual([
      'app/node_modules/.bin/server',
      'app/node_modules/@scope/server/install.js',
      'app/node_modules/@scope/server/package.json',
      'app/node_modules/@scope/server/server.js',
      'app/node_modules/dependency/index.js',
      'app/node_modules/dependency/package.json',
    ]);
  });

  it('does not ask npm twice', async () => {
    const first = await install();
    expect(await install({ environment: { PATH: '' } })).toEqual(first);
  });

  it('follows the lock: the same tree when a dependency has a newer version', async () => {
    const { directory, lock } = await install();
    await registry.publish({ name: 'dependency', version: '1.1.0' });
    await rm(directory, { recursive: true });
    expect((await install()).lock).toBe(lock);
    expect(await readFile(path.join(directory, 'node_modules/dependency/package.json'), 'utf8')).toContain('1.0.0');
    // A tree that lost the package is made again too.
    await rm(path.join(directory, 'node_modules/@scope'), { recursive: true });
    expect((await install()).lock).toBe(lock);
    expect((await stat(path.join(directory, 'node_modules/@scope/server/server.js'))).isFile()).toBe(true);
    expect(await entries()).toEqual(['package-lock.json', 'plain']);
  });

  it('runs install scripts when told to, says so, and keeps that tree apart', async () => {
    const plain = await install();
    const said: string[] = [];
    const scripts = await install({ allowScripts: true, onProgress: (line) => said.push(line) });
    expect(said.join('\n')).toMatch(/runs on this machine, outside of any container/);
    expect(scripts.lock).toBe(plain.lock);
    expect(scripts.directory).not.toBe(plain.directory);
    // By the Node.js that the image will have.
    expect(await readFile(path.join(scripts.directory, 'node_modules/@scope/server/ran'), 'utf8')).toBe(process.version);
    await expect(stat(path.join(plain.directory, 'node_modules/@scope/server/ran'))).rejects.toThrow(/ENOENT/);
  });

  it('is not steered by the directory that the command was called in, nor by the npm that called it', async () => {
    const project = path.join(root, 'project');
    await mkdir(project);
    await writeFile(path.join(project, '.npmrc'), 'registry=http://127.0.0.1:9/\n');
    await writeFile(path.join(project, 'package.json'), '{"workspaces":["cache/**"]}');
    const called = { ...environment, npm_command: 'run-script', npm_config_registry: 'http://127.0.0.1:9/', INIT_CWD: project };
    const { directory } = await install({ cacheDirectory: path.join(project, 'cache'), environment: called });
    expect((await stat(path.join(directory, 'node_modules/dependency'))).isDirectory()).toBe(true);
  });

  it('four runs at once end with one tree and its lock', async () => {
    const results = await Promise.all([install(), install(), install(), install({ allowScripts: true })]);
    expect(new Set(results.map(({ lock }) => lock)).size).toBe(1);
    expect(new Set(results.map(({ directory }) => path.basename(directory)))).toEqual(new Set(['plain', 'scripts']));
    expect(await entries()).toEqual(['package-lock.json', 'plain', 'scripts']);
  });

  it('an interrupted install leaves nothing', async () => {
    const abort = new AbortController();
    const work = install({ signal: abort.signal, onProgress: () => setTimeout(() => abort.abort(), 150) });
    expect(await errorOf(work)).toMatchObject({ code: 'interrupted' });
    expect(await entries()).toEqual([]);
    expect(await errorOf(install({ signal: abort.signal }))).toMatchObject({ code: 'interrupted' });
    await install();
  });

  it('what a killed run left is not used, and removed when it is old', async () => {
    const home = path.join(cacheDirectory, '@scope+server@1.0.0');
    for (const name of ['.unfinished-old', '.unfinished-new']) await mkdir(path.join(home, name), { recursive: true });
    await utimes(path.join(home, '.unfinished-old'), 0, 0);
    await install();
    expect(await entries()).toEqual(['.unfinished-new', 'package-lock.json', 'plain']);
  });

  it('other content than the lock says is an integrity mismatch', async () => {
    const changed = { name: 'changed', version: '1.0.0', files: { 'index.js': '1' } };
    await registry.publish(changed);
    const reference = parsePackageReference('npx:changed@1.0.0');
    const { directory } = await install({}, reference);
    await rm(directory, { recursive: true });
    await rm(path.join(root, 'npm-cache'), { recursive: true });
    await registry.publish({ ...changed, files: { 'index.js': '2' } });
    const error = await errorOf(install({}, reference));
    expect(error).toMatchObject({ code: 'image-failed', message: expect.stringContaining('integrity mismatch') });
    expect(error.hint).toContain(lockFileOf(reference, cacheDirectory));
    await expect(stat(directory)).rejects.toThrow(/ENOENT/);
    // The same when the registry lies about the hash.
    await registry.publish({ ...changed, version: '2.0.0' });
    await registry.publish({ ...changed, version: '2.0.0', files: { 'index.js': '2' } }, { sameHash: true });
    expect((await errorOf(install({}, parsePackageReference('npx:changed@2.0.0')))).message).toContain('integrity mismatch');
  });

  it('a lock that is no lock is an error that names it', async () => {
    const { directory, lockFile } = await install();
    await rm(directory, { recursive: true });
    await writeFile(lockFile, '{}');
    expect(await errorOf(install())).toMatchObject({ code: 'image-failed', hint: expect.stringContaining(lockFile) });
  });

  it('what is not in the registry is a usage error', async () => {
    for (const text of ['npx:absent@1.0.0', 'npx:@scope/server@9.0.0']) {
      const error = await errorOf(install({}, parsePackageReference(text)));
      expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(text.slice(4)) });
      expect(error.hint).toMatch(/npm view (absent|@scope\/server) versions/);
      expect(`${error.message}${error.hint}`).not.toContain(TOKEN);
    }
  });

  it('a registry that does not answer is one', { timeout: 60_000 }, async () => {
    await writeFile(path.join(root, 'npmrc'), 'registry=http://127.0.0.1:9/\nfetch-retries=0\n');
    const error = await errorOf(install());
    expect(error).toMatchObject({ code: 'image-failed', message: expect.stringContaining('registry was not reached') });
    expect(error.message).toMatch(/\n {2}npm: .*ECONNREFUSED/);
    expect(error.message).not.toContain('A complete log');
  });

  it.each([
    ['a URL', (url: string) => `${url}dependency/-/1.0.0.tgz?from=elsewhere`],
    ['a path', () => 'file:../../../x'],
  ])('a dependency from %s is refused', async (_what, specification) => {
    const version = specification('').startsWith('file:') ? '1.0.0' : '2.0.0';
    await registry.publish({ name: 'loose', version, manifest: { dependencies: { other: specification(registry.url) } } });
    const error = await errorOf(install({}, parsePackageReference(`npx:loose@${version}`)));
    expect(error).toMatchObject({ code: 'image-failed' });
    expect(error.message).toMatch(/not from the registry/);
  });

  it('without npm, or without a directory to write to, says what to do', async () => {
    const error = await errorOf(install({ environment: { ...environment, PATH: root } }));
    expect(error).toMatchObject({ code: 'image-failed', message: expect.stringContaining('npm was not found') });
    const file = path.join(root, 'file');
    await writeFile(file, '');
    expect(await errorOf(install({ cacheDirectory: path.join(file, 'cache') }))).toMatchObject({
      code: 'image-failed',
      message: expect.stringContaining('cannot be used'),
      hint: expect.stringContaining('XDG_CACHE_HOME'),
    });
  });

  // Only root gives a directory away.
  it.skipIf(process.getuid?.() !== 0).each([
    ['can be written by others', async (directory: string) => chmod(directory, 0o777)],
    ['belongs to another user', async (directory: string) => chown(directory, 12_345, 12_345)],
  ])('of which somebody else may have written a part is not used: it %s', async (what, change) => {
    const { lockFile } = await install();
    for (const directory of [path.dirname(lockFile), cacheDirectory]) {
      await change(directory);
      for (const use of [() => install(), () => readLock(REFERENCE, cacheDirectory)]) {
        expect(await errorOf(use())).toMatchObject({
          code: 'image-failed',
          message: `The cache of packages cannot be trusted: ${directory} ${what}.`,
          hint: expect.stringContaining('XDG_CACHE_HOME'),
        });
      }
      await chown(directory, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
      await chmod(directory, 0o700);
    }
    expect((await install()).lockFile).toBe(lockFile);
  });

  it.each([
    ['npm 6', { lockfileVersion: 1, dependencies: {} }],
    ['npm 8', { packages: { 'node_modules/@scope/server': { version: '1.0.0', integrity: 'sha512-x', resolved: 'https://r' } } }],
  ])('an npm that is too old is called that: a lock of %s', async (_what, lock) => {
    const module = 'node_modules/@scope/server';
    const script = `#!/bin/sh\nmkdir -p ${module}\necho '{}' > ${module}/package.json\necho '${JSON.stringify(lock)}' > package-lock.json\n`;
    await mkdir(path.join(root, 'bin'));
    await writeFile(path.join(root, 'bin', 'npm'), script, { mode: 0o755 });
    const PATH = `${path.join(root, 'bin')}:${process.env['PATH']}`;
    expect(await errorOf(install({ environment: { ...environment, PATH } }))).toMatchObject({
      code: 'image-failed',
      message: expect.stringContaining('npm is too old to install @scope/server@1.0.0'),
      hint: expect.stringContaining('npm 9'),
    });
    expect(await entries()).toEqual([]);
  });

  it('lies where the XDG rules say', () => {
    expect(packageCacheDirectory({ XDG_CACHE_HOME: '/c' }, '/home/u')).toBe('/c/bulkhead/packages');
    expect(packageCacheDirectory({ XDG_CACHE_HOME: 'c' }, '/home/u')).toBe('/home/u/.cache/bulkhead/packages');
    expect(packageCacheDirectory({}, '/home/u')).toBe('/home/u/.cache/bulkhead/packages');
  });

  describe('as a layer', () => {
    async function tree(): Promise<string> {
      const directory = path.join(root, 'node_modules', 'a');
      await mkdir(directory, { recursive: true });
      await writeFile(path.join(directory, 'z.js'), '');
      await writeFile(path.join(directory, 'B.js'), '');
      await chmod(path.join(directory, 'B.js'), 0o4700);
      await writeFile(path.join(root, 'secret'), '');
      return directory;
    }

    it('are sorted, read-only, and executable where the file was; links stay inside', async () => {
      const directory = await tree();
      await symlink('z.js', path.join(directory, 'link.js'));
      await symlink(directory, path.join(root, 'node_modules', 'absolute'));
      expect(await packageLayer(root)).toEqual([
        { path: 'app/node_modules/a/B.js', source: path.join(directory, 'B.js'), mode: 0o555 },
        { path: 'app/node_modules/a/link.js', source: { link: 'z.js' }, mode: 0o777 },
        { path: 'app/node_modules/a/z.js', source: path.join(directory, 'z.js'), mode: 0o444 },
        { path: 'app/node_modules/absolute', source: { link: 'a' }, mode: 0o777 },
      ]);
    });

    it.each(['../../secret', '/etc/passwd', '../../absent', '..'])('a link to %s is refused', async (target) => {
      await symlink(target, path.join(await tree(), 'link'));
      await expect(packageLayer(root)).rejects.toThrow(/leads out of node_modules/);
    });

    it('a way out over another link is refused', async () => {
      const directory = await tree();
      await mkdir(path.join(directory, 'deep/er'), { recursive: true });
      await symlink('..', path.join(directory, 'deep/er/up'));
      await symlink('a/deep/er/up/../../../secret', path.join(root, 'node_modules', 'out'));
      await expect(packageLayer(root)).rejects.toThrow(/leads out of node_modules/);
    });
  });
});

describe("npm's errors", () => {
  const run = { label: '@s/p@1.0.0', lockFile: '/c/@s+p@1.0.0/package-lock.json', environment: { SOME_TOKEN: 'abcdefgh12345' } };
  it.each([
    ['ENOSPC', 'image-failed', /disk is full/, /Make room on the disk of \/c\/@s\+p@1\.0\.0/],
    ['EAI_AGAIN', 'image-failed', /not reached/, /network/],
    ['E503', 'image-failed', /not reached/, /network/],
    ['E401', 'image-failed', /refuses/, /npm login/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'image-failed', /certificate/, /cafile/],
    ['EACCES', 'image-failed', /cannot be written/, /owns/],
    ['EALLOWGIT', 'image-failed', /not from the registry/, /registry/],
    ['EBADPLATFORM', 'image-failed', /platform/, /npm view/],
    ['E404', 'usage', /does not have a package/, /npm view @s\/p versions/],
    ['ESOMETHING', 'image-failed', /could not install @s\/p@1\.0\.0/, /npm install/],
  ])('%s', (code, kind, message, hint) => {
    for (const prefix of ['npm error', 'npm ERR!']) {
      const error = npmError(run, `${prefix} code ${code}\n${prefix} what happened\n`);
      expect(error).toMatchObject({ code: kind, message: expect.stringMatching(message), hint: expect.stringMatching(hint) });
      expect(error.message).toMatch(/\n {2}npm: what happened$/);
    }
  });

  it('are shown without credentials, stacks and control characters', () => {
    const secrets = [
      'https://user:hunter2@r.example/p?token=hunter2',
      '//r.example/:_authToken=hunter2',
      'authorization: Bearer hunter2',
      'Basic hunter2',
      `npm_${'hunter2'.repeat(4)}`,
      'abcdefgh12345',
    ];
    const error = npmError(
      run,
      [...secrets.map((line) => `npm error ${line}`), 'npm error     at file.js:1', 'npm error'].join('\n'),
    );
    expect(error.message).not.toMatch(/hunter2|abcdefgh|file\.js/);
    expect(error.message.split('\n')).toHaveLength(1 + secrets.length);
    expect(npmError(run, 'npm error \u001b[31mred').message).toContain('\\u001b[31mred');
  });
});
