import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveIn, tryPath, trySocket } from '../../../probe-image/src/access.ts';
import { parseStatus, parseUidMap } from '../../../probe-image/src/identity.ts';
import { isReadOnly, parseMountInfo } from '../../../probe-image/src/mounts.ts';
import { findWritable, type Walk } from '../../../probe-image/src/walk.ts';

const SOURCE = path.join(import.meta.dirname, '../../../probe-image/src');

let root = '';
beforeEach(() => {
  root = fs.mkdtempSync(path.join(tmpdir(), 'bulkhead-root-'));
  fs.chmodSync(root, 0o755);
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function status(groups: string): string {
  return `Name:\tSeccomp:\\n2\nUmask:\t0022\nUid:\t1000\t1001\t1002\t1003\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t${groups}\nNStgid:\t1\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000A80425FA\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n`;
}

describe('/proc/PID/status', () => {
  it('is read', () => {
    expect(parseStatus(status('10 20 '))).toEqual({
      uids: [1000, 1001, 1002, 1003],
      gids: [5, 6, 7, 8],
      groups: [10, 20],
      capabilities: {
        effective: '00000000a80425fa',
        permitted: '00000000a80425fb',
        inheritable: '0000000000000000',
        bounding: '000001ffffffffff',
        ambient: '0000000000000001',
      },
      seccomp: 2,
      noNewPrivileges: true,
    });
  });
  it.each(['', ' '])('may have no groups: "%s"', (groups) => {
    expect(parseStatus(status(groups)).groups).toEqual([]);
  });
  it.each(['CapEff', 'Seccomp', 'NoNewPrivs'])('is refused without %s', (name) => {
    expect(() => parseStatus(status('').replace(new RegExp(`^${name}:.*\n`, 'm'), ''))).toThrow(name);
  });
});

describe('/proc/PID/uid_map', () => {
  it('is read', () => {
    expect(parseUidMap('         0     100000      65536\n     65536          1          1\n')).toEqual([
      { inside: 0, outside: 100_000, length: 65_536 },
      { inside: 65_536, outside: 1, length: 1 },
    ]);
    expect(parseUidMap('')).toEqual([]);
  });
});

describe('/proc/PID/mountinfo', () => {
  const octal = (text: string): string => text.replace(/[ \t\n\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  it('is read with any number of optional fields', () => {
    const text =
      '1 0 0:1 / / ro,relatime - overlay overlay rw,lowerdir=/a:/b\n2 1 0:2 /sub /data rw shared:1 master:2 - ext4 /dev/sda1 ro\n3 1 0:3 / /t rw - tmpfs - rw\n4 1 0:4 / /e rw - tmpfs  rw\n';
    expect(
      parseMountInfo(text).map((mount) => [mount.target, mount.root, mount.source, mount.fsType, isReadOnly(mount)]),
    ).toEqual([
      ['/', '/', 'overlay', 'overlay', true],
      ['/data', '/sub', '/dev/sda1', 'ext4', true],
      ['/t', '/', '-', 'tmpfs', false],
      ['/e', '/', '', 'tmpfs', false],
    ]);
  });
  it('sees that a file system is read-only behind a source that is a hyphen', () => {
    expect(parseMountInfo('3 1 0:3 / /t rw - tmpfs - ro\n').map(isReadOnly)).toEqual([true]);
  });
  it('does not take another option for read-only', () => {
    expect(parseMountInfo('1 0 0:1 / / rw,errors=remount-ro - ext4 ro rw,errors=remount-ro\n').map(isReadOnly)).toEqual([false]);
  });
  it('gives back every path that the kernel can write', () => {
    const name = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\\', '#', 'a', '-', 'ü', '0', ',') });
    fc.assert(
      fc.property(name, name, fc.boolean(), (target, source, readOnly) => {
        const text = `1 0 0:1 /${octal(target)} /${octal(source)} rw - ext4 ${octal(source)} ${readOnly ? 'ro' : 'rw'}\n`;
        const [mount, ...rest] = parseMountInfo(text);
        expect(rest).toEqual([]);
        expect(mount).toMatchObject({ root: `/${target}`, target: `/${source}`, source, fsType: 'ext4' });
        expect(mount && isReadOnly(mount)).toBe(readOnly);
      }),
    );
  });
  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseMountInfo(text).length).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
  });
});

describe('a path below a root', () => {
  it('is followed through links without leaving the root', () => {
    fs.mkdirSync(`${root}/etc`);
    fs.writeFileSync(`${root}/etc/passwd`, '');
    fs.symlinkSync('/etc', `${root}/absolute`);
    fs.symlinkSync('../../../../etc', `${root}/etc/up`);
    fs.symlinkSync('/etc', `${root}/etc/again`);
    fs.symlinkSync('absolute/passwd', `${root}/chain`);
    for (const inside of [
      '/etc/passwd',
      '/absolute/passwd',
      '/etc/up/passwd',
      '/etc/again/passwd',
      '/chain',
      '/../../etc/passwd',
      '//etc/./passwd/',
    ]) {
      expect(resolveIn(root, inside)).toBe(`${root}/etc/passwd`);
    }
    expect(resolveIn(root, '/')).toBe(root);
  });
  it('is not followed in circles', () => {
    fs.symlinkSync('b', `${root}/a`);
    fs.symlinkSync('/a', `${root}/b`);
    expect(() => resolveIn(root, '/a')).toThrow(expect.objectContaining({ code: 'ELOOP' }));
    expect(tryPath(root, '/a')).toMatchObject({ state: 'hidden', detail: 'ELOOP' });
  });
  it('is missing where there is nothing, even when this machine has it', () => {
    fs.symlinkSync('/proc/self/status', `${root}/link`);
    fs.writeFileSync(`${root}/file`, '');
    for (const inside of ['/proc/self/status', '/link', '/file/below', '/none/../file']) {
      expect(tryPath(root, inside)).toMatchObject({ path: inside, state: 'missing', readable: false, writable: false });
    }
  });
  it('is tried for reading and writing', () => {
    fs.writeFileSync(`${root}/file`, '');
    expect(tryPath(root, '/file')).toEqual({ path: '/file', state: 'present', readable: true, writable: true });
    // Read-only for everybody, root included.
    expect(tryPath('', '/proc/self/status').state).toBe('present');
    expect(tryPath('', '/proc/sys/kernel/osrelease')).toMatchObject({
      readable: true,
      writable: false,
      detail: expect.stringMatching(/^E(ACCES|ROFS|PERM)$/),
    });
  });
  it('is hidden or denied where another identity may not look', (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root to become somebody else');
    fs.mkdirSync(`${root}/closed`, { mode: 0o700 });
    fs.writeFileSync(`${root}/closed/file`, '');
    fs.writeFileSync(`${root}/mine`, '', { mode: 0o644 });
    const answers = asNobody(
      `const { tryPath } = await load('access.ts'); say(['/closed/file', '/mine', '/none'].map((p) => tryPath(root, p)))`,
    );
    expect(answers).toEqual([
      { path: '/closed/file', state: 'hidden', readable: false, writable: false, detail: 'EACCES' },
      { path: '/mine', state: 'present', readable: true, writable: false, detail: 'EACCES' },
      { path: '/none', state: 'missing', readable: false, writable: false, detail: 'ENOENT' },
    ]);
  });
});

/** Runs `code` as uid 65534. The sources are copied to where that user can read them. */
function asNobody(code: string): unknown {
  const bundle = fs.mkdtempSync(path.join(tmpdir(), 'bulkhead-nobody-'));
  try {
    fs.chmodSync(bundle, 0o755);
    fs.cpSync(SOURCE, bundle, { recursive: true });
    fs.writeFileSync(path.join(bundle, 'package.json'), '{"type":"module"}');
    fs.copyFileSync(process.execPath, path.join(bundle, 'node'));
    fs.chmodSync(path.join(bundle, 'node'), 0o755);
    const script = `const root = ${JSON.stringify(root)}; const load = (name) => import(${JSON.stringify(`${pathToFileURL(bundle).href}/`)} + name); const say = (value) => console.log(JSON.stringify(value)); ${code}`;
    const { stdout, stderr } = spawnSync(path.join(bundle, 'node'), ['--input-type=module', '-e', script], {
      uid: 65_534,
      gid: 65_534,
      cwd: '/',
      env: {},
      encoding: 'utf8',
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  } finally {
    fs.rmSync(bundle, { recursive: true, force: true });
  }
}

describe('a socket', () => {
  async function unixServer(where: string, serve: (socket: net.Socket) => void): Promise<AsyncDisposable> {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(where, resolve));
    return { [Symbol.asyncDispose]: async () => new Promise((resolve) => server.close(() => resolve())) };
  }
  it('answers', async () => {
    let question = '';
    await using _ = await unixServer(`${root}/s`, (socket) =>
      socket.once('data', (chunk) => socket.end(((question = String(chunk)), 'HTTP/1.0 200 OK\r\n\r\nOK'))),
    );
    fs.symlinkSync('/s', `${root}/link`);
    expect(await trySocket(root, '/link')).toEqual({ path: '/link', state: 'answers' });
    expect(question).toMatch(/^GET \/_ping HTTP/);
  });
  it.each([
    ['closes', (socket: net.Socket) => socket.resume().end(), 'closed without an answer'],
    ['says nothing', (socket: net.Socket) => socket.resume(), 'no answer in time'],
  ])('connects, and %s', async (_, serve, detail) => {
    await using server = await unixServer(`${root}/s`, serve);
    void server;
    expect(await trySocket(root, '/s')).toEqual({ path: '/s', state: 'connects', detail });
  });
  it('is none: a file, a directory, nothing', async () => {
    fs.writeFileSync(`${root}/file`, '');
    for (const inside of ['/file', '/', '/none', '/file/s']) expect(await trySocket(root, inside)).toBeUndefined();
  });
  it('is denied where nobody listens any more', async () => {
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(`${root}/s`)},()=>process.kill(process.pid,'SIGKILL'))`,
    ]);
    await new Promise((resolve) => child.on('exit', resolve));
    expect(await trySocket(root, '/s')).toEqual({ path: '/s', state: 'denied', detail: 'ECONNREFUSED' });
  });
  it('is reached below a path that is too long for a socket address', async () => {
    const deep = `${root}/${'d'.repeat(60)}/${'e'.repeat(60)}`;
    fs.mkdirSync(deep, { recursive: true });
    await using _ = await unixServer(`${root}/s`, (socket) => socket.once('data', () => socket.end('OK')));
    fs.renameSync(`${root}/s`, `${deep}/s`);
    const before = fs.readdirSync('/proc/self/fd').length;
    expect(await trySocket(deep.slice(0, root.length), deep.slice(root.length) + '/s')).toMatchObject({ state: 'answers' });
    expect(fs.readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 1);
    const name = 'n'.repeat(120);
    fs.renameSync(`${deep}/s`, `${deep}/${name}`);
    expect(await trySocket(root, `${deep.slice(root.length)}/${name}`)).toMatchObject({
      state: 'denied',
      detail: 'path too long to connect',
    });
  });
});

describe('the search for a directory that can be written', () => {
  const mount = (target: string) => ({ target, root: '/', source: 'x', fsType: 'x', options: [], superOptions: [] });
  const walkAsNobody = (mounts: readonly string[] = []): Walk =>
    asNobody(
      `const { findWritable } = await load('walk.ts'); say(findWritable(root, ${JSON.stringify(mounts.map(mount))}))`,
    ) as Walk;
  const directory = (inside: string, mode: number): void => {
    fs.mkdirSync(`${root}${inside}`, { recursive: true });
    fs.chmodSync(`${root}${inside}`, mode);
  };
  const needsRoot = process.getuid?.() === 0 ? false : 'needs root to become somebody else';

  it('finds the root itself', () => {
    expect(findWritable(root, [])).toMatchObject({ found: expect.stringMatching(/^\//), complete: true });
  });
  it('finds a likely place first', () => {
    directory('/a/b', 0o755);
    directory('/tmp', 0o1777);
    expect(findWritable(root, [])).toEqual({ found: '/tmp', tried: 1, complete: true });
  });
  it('finds what is deep below, and nothing where nothing is', (context) => {
    if (needsRoot !== false) return context.skip(needsRoot);
    directory('/a/b/c', 0o755);
    expect(walkAsNobody()).toEqual({ tried: 4, complete: true });
    directory('/a/b/c/open', 0o777);
    expect(walkAsNobody()).toEqual({ found: '/a/b/c/open', tried: 5, complete: true });
  });
  it('stays on the root file system, in likely places too, and does not follow links', (context) => {
    if (needsRoot !== false) return context.skip(needsRoot);
    directory('/data/open', 0o777);
    directory('/var/tmp', 0o777);
    fs.symlinkSync('/tmp', `${root}/tmp`);
    expect(walkAsNobody(['/', '/data', '/var'])).toEqual({ tried: 1, complete: true });
  });
  it('is not complete where a directory can be entered and not listed', (context) => {
    if (needsRoot !== false) return context.skip(needsRoot);
    directory('/closed', 0o700);
    expect(walkAsNobody()).toEqual({ tried: 2, complete: true });
    directory('/homes/me', 0o777);
    fs.chmodSync(`${root}/homes`, 0o711);
    expect(walkAsNobody()).toEqual({ tried: 3, complete: false });
  });
  it('is truncated when there is too much', { timeout: 60_000 }, (context) => {
    if (needsRoot !== false) return context.skip(needsRoot);
    for (let index = 0; index < 4100; index += 1) fs.mkdirSync(`${root}/d${index}`, { mode: 0o755 });
    const walk = walkAsNobody();
    expect(walk.complete).toBe(false);
    expect(walk.found).toBeUndefined();
    expect(walk.tried).toBeLessThanOrEqual(4000);
  });
});
