import { mkdtempSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import type { MountSettings, ResolvedMounts } from '../../../src/launcher/bind-mount.ts';
import { hostFiles, type FileFacts, type HostFiles } from '../../../src/launcher/host-files.ts';
import { resolveMounts } from '../../../src/launcher/mounts.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { anything, DIRECTORY, FILE, machine, settings } from './mounts-fixtures.ts';

async function failure(profile: Profile, changes: Partial<MountSettings> = {}): Promise<BulkheadError> {
  const error: unknown = await resolveMounts(profile, settings(changes)).then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof BulkheadError) return error;
  throw error;
}

function resolved(profile: Profile, changes: Partial<MountSettings> = {}): Promise<ResolvedMounts> {
  return resolveMounts(profile, settings(changes));
}

describe('mounts of a profile', () => {
  it('have their real paths', async () => {
    const files = anything(['/srv/out'], { '/srv/data': '/disk/data' });
    const profile = { read: ['/srv/data'], write: ['/srv/out:/out', 'volume://cache:/cache'] };
    expect(await resolved(profile, { files })).toEqual({
      mounts: [
        { kind: 'bind', source: '/disk/data', target: '/srv/data', readOnly: true },
        { kind: 'bind', source: '/srv/out', target: '/out', readOnly: false },
        { kind: 'volume', source: 'cache', target: '/cache', readOnly: false },
      ],
      notes: ['The volume cache is made where it does not exist, and stays.'],
    });
  });

  it('of the engine say what becomes of a new one where the user is a name', async () => {
    const { notes } = await resolved({ write: ['volume://cache:/cache'], read: ['volume://other:/other'] }, { user: 'node' });
    expect(notes).toEqual([
      expect.stringContaining('other'),
      expect.stringContaining('cache'),
      expect.stringContaining('--user UID:GID of "node"'),
    ]);
  });

  it('are none when none are declared', async () => {
    expect(await resolved({})).toEqual({ mounts: [], notes: [] });
  });

  it('may lie in each other', async () => {
    const { mounts } = await resolved(
      { read: ['/srv/a:/data'], write: ['/srv/b:/data/out'] },
      { files: anything(['/srv/a', '/srv/a/out', '/srv/b']) },
    );
    expect(mounts.map(({ target }) => target)).toEqual(['/data', '/data/out']);
  });

  it.each<[string, Profile, string, Partial<MountSettings>?]>([
    ['a directory', { read: ['/srv/a:/data'], write: ['/srv/b:/data/gone'] }, '"/srv/a/gone" does not exist'],
    ['a directory for writing', { read: ['/srv/b:/data/gone'], write: ['/srv/a:/data'] }, '"/srv/a/gone" does not exist'],
    ['one that is no link', { write: ['/srv/a:/data', '/srv/b:/data/link'] }, '"/srv/a/link" leads to "/etc"'],
    ['one that is no file', { write: ['/srv/a:/data', '/srv/b:/data/file'] }, '"/srv/a/file" is no directory'],
    ['one that is no directory', { read: ['/srv/file:/data/out'], write: ['/srv/a:/data'] }, '"/srv/a/out" is no file'],
    ['a directory, for a volume', { write: ['/srv/a:/data', 'volume://cache:/data/gone'] }, '"/srv/a/gone" does not exist'],
    [
      'a directory, in the nearest',
      { write: ['/srv/a:/data', '/srv/b:/data/out', '/srv/b:/data/out/x'] },
      '"/srv/b/x" does not exist',
    ],
    ['a directory, for what the image keeps', { read: ['/srv/a:/data'] }, '"/data/kept"', { imageVolumes: ['/data/kept'] }],
  ])('have their place in each other: %s', async (_, profile, said, changes) => {
    const there = { '/srv/a': DIRECTORY, '/srv/a/out': DIRECTORY, '/srv/a/file': FILE, '/srv/b': DIRECTORY, '/srv/file': FILE };
    const files = machine({ ...there, '/etc': DIRECTORY }, { '/srv/a/link': '/etc' });
    const error = await failure(profile, { files, ...changes });
    expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining('nothing is made') });
    expect(error.message).toContain(said);
  });

  it('have it, in a volume too, of which nothing is seen', async () => {
    const files = machine({ '/srv/a': DIRECTORY, '/srv/a/kept': DIRECTORY, '/srv/a/file': FILE, '/srv/file': FILE });
    const profile = { read: ['/srv/file:/data/file', '/srv/file:/cache/x'], write: ['/srv/a:/data', 'volume://cache:/cache'] };
    expect((await resolved(profile, { files, imageVolumes: ['/data/kept', '/cache', '/other'] })).mounts).toHaveLength(4);
  });

  it('are for writing where both lists name the same one', async () => {
    const { mounts, notes } = await resolved(
      { read: ['/srv/a:/data'], write: ['/srv/a:/data'] },
      { files: anything(['/srv/a']) },
    );
    expect(mounts).toEqual([{ kind: 'bind', source: '/srv/a', target: '/data', readOnly: false }]);
    expect(notes).toEqual([expect.stringContaining('mounted for writing')]);
  });

  it('say when reading is writing by another way', async () => {
    const { notes } = await resolved(
      { read: ['/srv/a/x:/x'], write: ['/srv/a:/a'] },
      { files: anything(['/srv/a', '/srv/a/x']) },
    );
    expect(notes).toEqual(['"/srv/a/x" is for reading at /x, and can be written through /a.']);
  });

  it('of Windows keep their drive', async () => {
    const files = anything(['C:\\data']);
    const { mounts } = await resolved(
      { read: ['C:\\data:/data'] },
      { files, platform: 'win32', homeDirectory: 'C:\\Users\\person' },
    );
    expect(mounts).toEqual([{ kind: 'bind', source: 'C:\\data', target: '/data', readOnly: true }]);
  });
});

describe('an entry is refused, by name, when', () => {
  it.each<[string, Profile, string, Partial<MountSettings>?]>([
    ['its source is missing', { read: ['/srv/gone:/x'] }, '"/srv/gone" does not exist'],
    ['it cannot be looked at', { read: ['/locked:/x'] }, 'cannot be looked at: EACCES'],
    [
      'another source is at its place',
      { read: ['/srv/a:/x'], write: ['/srv/b:/x'] },
      '"/srv/a:/x" is at the same container path',
    ],
    ['a volume is at its place', { read: ['/srv/a:/x', 'volume://ab:/x'] }, 'same container path'],
    ['its scheme is unknown', { write: ['s3://bucket:/x'] }, 'the scheme "s3"'],
    ['its volume has no good name', { write: ['volume://a/b:/x'] }, '"a/b" is no name of a volume'],
    ['its volume has a short name', { write: ['volume://a:/x'] }, '"a" is no name of a volume'],
    ["its volume is a compartment's", { read: ['volume://bulkhead-01-secrets:/x'] }, 'belong to compartments'],
    ['it is a path of Windows', { read: ['C:\\x:/x'] }, 'path of Windows'],
    ['it has no drive on Windows', { read: ['/x'] }, 'names no drive', { platform: 'win32' }],
    [
      'its real path cannot be declared',
      { read: ['/srv/link:/x'] },
      'cannot be written down',
      { files: anything([], { '/srv/link': '/srv/a:b' }) },
    ],
  ])('%s', async (_, profile, said, changes) => {
    const error = await failure(profile, { files: anything(['/srv/a', '/srv/b']), ...changes });
    expect(error.code).toBe('usage');
    expect(error.message).toContain(said);
    expect(error.hint).toBeDefined();
  });

  it('it is no entry at all', async () => {
    expect((await failure({ read: ['data'] })).code).toBe('profile-invalid');
  });

  it.each([
    ['/proc'],
    ['/proc/sys'],
    ['/sys/fs/cgroup'],
    ['/dev'],
    ['/dev/shm'],
    ['/etc'],
    ['/etc/resolv.conf'],
    ['/etc/hosts'],
    ['/etc/hostname'],
    ['/run'],
    ['/run/secrets'],
    ['/run/secrets/x'],
    ['/var/run/secrets'],
    ['/run/bulkhead/out'],
    ['/tmp'],
  ])('it would be mounted at %s', async (target) => {
    const error = await failure({ write: [`/srv/a:${target}`] }, { files: anything(['/srv/a']), allowSensitive: true });
    expect(error.message).toMatch(/container path/);
  });

  it.each([['/tmp/x'], ['/etc/app'], ['/run/app'], ['/devices'], ['/data']])(
    'not when it would be mounted at %s',
    async (target) => {
      expect((await resolved({ read: [`/srv/a:${target}`] }, { files: anything(['/srv/a']) })).mounts).toHaveLength(1);
    },
  );
});

describe('what is sensitive', () => {
  it('needs a flag, and is said aloud with it', async () => {
    const profile = { read: ['/home/person/.ssh:/keys'] };
    const files = anything(['/home/person/.ssh']);
    const error = await failure(profile, { files });
    expect(error.message).toContain('"/home/person/.ssh:/keys"');
    expect(error.hint).toContain('--mount-sensitive');
    const { mounts, notes } = await resolved(profile, { files, allowSensitive: true });
    expect(mounts).toHaveLength(1);
    expect(notes).toEqual([expect.stringContaining('although it is credentials (--mount-sensitive)')]);
  });

  it('is judged by its real path too', async () => {
    const files = anything([], { '/srv/data': '/home/other/.aws' });
    expect((await failure({ read: ['/srv/data'] }, { files })).message).toContain('leads to "/home/other/.aws"');
  });

  it('is judged as written too', async () => {
    expect((await failure({ read: ['/etc/app'] }, { files: anything([], { '/etc/app': '/srv/app' }) })).message).toContain(
      '/etc',
    );
  });

  it('is judged by the real path of the home', async () => {
    const files = anything(['/data/homes/person/.kube'], { '/home/person': '/data/homes/person' });
    expect(
      (
        await failure(
          { read: ['/data/homes/person'] },
          { files: anything(['/data/homes/person'], { '/home/person': '/data/homes/person' }) },
        )
      ).message,
    ).toContain('home directory');
    expect(
      (
        await failure(
          { read: ['/data/homes/person/.config'] },
          { files: anything(['/data/homes/person/.config'], { '/home/person': '/data/homes/person' }) },
        )
      ).code,
    ).toBe('usage');
    expect((await failure({ read: ['/data/homes/person/.kube'] }, { files })).message).toContain('.kube');
  });

  it('includes every socket and device', async () => {
    const facts = (kind: FileFacts['kind']): FileFacts => ({ ...FILE, kind });
    const files = machine({ '/srv/db.sock': facts('socket'), '/srv/pipe': facts('other') });
    expect((await failure({ read: ['/srv/db.sock'] }, { files })).message).toContain('is a socket');
    expect((await failure({ read: ['/srv/pipe'] }, { files })).message).toContain('neither a file nor a directory');
  });

  it('includes a directory that holds credentials, wherever it is', async () => {
    const files = machine({ '/backup/person': DIRECTORY, '/backup/person/.ssh': DIRECTORY });
    expect((await failure({ read: ['/backup/person'] }, { files })).message).toContain('contains .ssh');
  });

  it('includes one that holds them deep below, and sockets of engines', async () => {
    const holding = (path: string, kind: FileFacts['kind']): HostFiles => {
      const parts = path.split('/').slice(0, -1);
      const above = parts.map((_part, index) => `/srv/${parts.slice(0, index + 1).join('/')}`);
      return machine({ ...Object.fromEntries(above.map((each) => [each, DIRECTORY])), [`/srv/${path}`]: { ...FILE, kind } });
    };
    const said = async (path: string, kind: FileFacts['kind'] = 'file', platform: NodeJS.Platform = 'linux'): Promise<string> =>
      (await failure({ read: ['/srv/backup'] }, { files: holding(path, kind), platform })).message;
    expect(await said('backup/2026/alice/.ssh', 'directory')).toContain('contains 2026/alice/.ssh (credentials)');
    expect(await said('backup/a/b/c/.docker/config.json')).toContain('contains a/b/c/.docker/config.json (credentials)');
    expect(await said('backup/alice/.SSH', 'directory', 'darwin')).toContain('alice/.SSH');
    expect(await said('backup/run/podman.sock', 'socket')).toContain(
      'contains run/podman.sock, the socket of a container engine',
    );
    expect(await said('backup/a\u001b[2J/.ssh', 'directory')).not.toContain('\u001b');
    const read = { read: ['/srv/backup'] };
    expect(await resolved(read, { files: holding('backup/run/podman.sock', 'file') })).toMatchObject({ notes: [] });
    expect(await resolved(read, { files: holding('backup/x/.sshfs', 'directory') })).toMatchObject({ notes: [] });
  });

  it('includes whatever holds the socket or the data of this engine, and what lies in these', async () => {
    const enginePaths = [
      { path: '/srv/engine/api', what: 'the socket of the engine' },
      { path: '/disk/engine', what: 'the data of the engine' },
    ];
    const files = anything(['/srv', '/srv/engine', '/srv/engine/api', '/disk', '/disk/engine/volumes/x', '/disk/engines']);
    const said = async (path: string): Promise<string> =>
      (await failure({ read: [`${path}:/x`] }, { files, enginePaths })).message;
    expect(await said('/srv/engine')).toContain('contains "/srv/engine/api", the socket of the engine');
    expect(await said('/srv/engine/api')).toContain('is the socket of the engine');
    expect(await said('/disk')).toContain('contains "/disk/engine", the data of the engine');
    expect(await said('/disk/engine/volumes/x')).toContain('lies in "/disk/engine", the data of the engine');
    expect((await resolved({ read: ['/disk/engines:/x'] }, { files, enginePaths })).mounts).toHaveLength(1);
  });

  it('is judged by other paths of the same files, also of those mounted below', async () => {
    const mountTable = [
      '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
      '23 22 0:20 / /proc rw - proc proc rw',
      '24 22 8:2 /@home /home rw - btrfs /dev/sda2 rw',
      '30 22 8:1 / /srv/system rw - ext4 /dev/sda1 rw',
      '31 22 8:1 /etc /srv/chroot/conf ro - ext4 /dev/sda1 rw',
      '32 22 0:20 / /srv/jail/proc ro - proc proc rw',
      '33 22 8:2 /@home/person/.ssh /srv/keys/old ro - btrfs /dev/sda2 rw',
      '34 22 8:2 /@home/person/project /srv/project rw - btrfs /dev/sda2 rw',
      '35 22 8:2 / /srv/volumes ro - btrfs /dev/sda2 rw',
    ].join('\n');
    const paths = [
      '/srv/system',
      '/srv/system/etc',
      '/srv/system/srv/plain',
      '/srv/chroot',
      '/srv/jail',
      '/srv/keys/old',
      '/srv/keys',
    ];
    const files = anything([...paths, '/srv/project/src', '/srv/plain', '/srv/volumes']);
    const settled = { files, mountTable, apiVersion: '1.44' };
    const said = async (path: string): Promise<string> => (await failure({ read: [path] }, settled)).message;
    expect(await said('/srv/system')).toContain('also at "/", which is the whole file system');
    expect(await said('/srv/system/etc')).toContain('also at "/etc", which');
    expect(await said('/srv/chroot')).toContain('also at "/etc", which');
    expect(await said('/srv/jail')).toContain('also at "/proc", which');
    expect(await said('/srv/keys/old')).toContain('also at "/home/person/.ssh", which');
    expect(await said('/srv/keys')).toContain('also at "/home/person/.ssh", which');
    expect(await said('/srv/volumes')).toContain('also at "/home", which');
    for (const path of ['/srv/project/src', '/srv/plain', '/srv/system/srv/plain']) {
      expect(await resolved({ read: [path] }, settled)).toMatchObject({ notes: [] });
    }
  });

  it('is said where sockets are, or where there is more than is looked through', async () => {
    const socket: FileFacts = { ...FILE, kind: 'socket' };
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`/srv/many/${index}`, FILE]));
    const files = machine({
      '/srv/a': DIRECTORY,
      '/srv/a/b': DIRECTORY,
      '/srv/a/b/db.sock': socket,
      '/srv/many': DIRECTORY,
      ...many,
    });
    const { notes } = await resolved({ read: ['/srv/a', '/srv/many'] }, { files });
    expect(notes).toEqual([
      expect.stringContaining('sockets (b/db.sock)'),
      expect.stringContaining('holds more than was looked through'),
    ]);
  });

  it('does not include a project; what programs act on there is said', async () => {
    const files = machine({
      '/home/person/project': DIRECTORY,
      '/home/person/project/.git': DIRECTORY,
      '/home/person/project/.vscode': DIRECTORY,
    });
    expect(await resolved({ read: ['/home/person/project:/p'] }, { files })).toMatchObject({ notes: [] });
    const { notes } = await resolved({ write: ['/home/person/project:/p'] }, { files });
    expect(notes).toEqual([expect.stringContaining('.vscode, .git')]);
  });
});

describe('other file systems below a mount for reading', () => {
  const mountTable = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '40 22 0:35 / /srv/data rw,relatime - ext4 /dev/sdb1 rw',
    String.raw`41 22 0:36 / /srv/data/with\040space rw,nosuid - tmpfs tmpfs rw`,
    '42 22 0:37 / /srv/closed/inner ro,nosuid - tmpfs tmpfs rw',
    '43 22 0:38 / /srv/database rw - tmpfs tmpfs rw',
    '',
  ].join('\n');
  const files = machine({ '/srv/data': DIRECTORY, '/srv/closed': DIRECTORY, '/srv/dat': DIRECTORY, '/srv/file': FILE });

  it('are an error where the engine would leave them writable', async () => {
    const error = await failure({ read: ['/srv/data'] }, { files, mountTable });
    expect(error.message).toContain('"/srv/data/with space"');
    expect(error.message).toContain('would leave it writable');
    expect(error.hint).toContain('1.44');
  });

  it.each<[string, Profile, Partial<MountSettings>]>([
    ['the engine makes them read-only', { read: ['/srv/data'] }, { apiVersion: '1.44' }],
    ['they are read-only themselves', { read: ['/srv/closed'] }, {}],
    ['they are beside it', { read: ['/srv/dat'] }, {}],
    ['it is for writing', { write: ['/srv/data'] }, {}],
    ['it is a file', { read: ['/srv/file'] }, { mountTable: undefined }],
    ['there is no Linux', { read: ['/srv/data'] }, { platform: 'darwin', mountTable: undefined }],
  ])('are none when %s', async (_, profile, changes) => {
    expect(await resolved(profile, { files, mountTable, ...changes })).toMatchObject({ notes: [] });
  });

  it('that cannot be seen are mentioned', async () => {
    const { notes } = await resolved({ read: ['/srv/data'] }, { files, mountTable: undefined });
    expect(notes).toEqual([expect.stringContaining('could not be seen')]);
  });
});

describe('a mount that the user of the server cannot use', () => {
  it.each<[string, FileFacts, 'read' | 'write', boolean]>([
    ['65532:65532', { ...DIRECTORY, mode: 0o755 }, 'write', true],
    ['65532:65532', { ...DIRECTORY, mode: 0o777 }, 'write', false],
    ['65532:65532', { ...DIRECTORY, mode: 0o700 }, 'read', true],
    ['65532:65532', { ...DIRECTORY, mode: 0o744 }, 'read', true],
    ['65532:65532', { ...FILE, mode: 0o644 }, 'read', false],
    ['1000:1000', { ...DIRECTORY, mode: 0o700 }, 'write', false],
    ['1000', { ...DIRECTORY, mode: 0o500 }, 'write', true],
    ['2000:1000', { ...DIRECTORY, mode: 0o770 }, 'write', false],
    ['2000', { ...DIRECTORY, mode: 0o770 }, 'write', false],
    ['2000', { ...DIRECTORY, mode: 0o750 }, 'write', true],
    ['node', { ...DIRECTORY, mode: 0o700 }, 'write', false],
    ['0:0', { ...DIRECTORY, mode: 0o700 }, 'write', true],
  ])('%s, %j, %s: noted %s', async (user, facts, list, noted) => {
    const { notes } = await resolved({ [list]: ['/srv/a'] }, { files: machine({ '/srv/a': facts }), user });
    expect(notes.length).toBe(noted ? 1 : 0);
    if (noted) expect(notes[0]).toContain('--user 1000:1000');
  });

  it('of root gets no such advice', async () => {
    const { notes } = await resolved({ write: ['/srv/a'] }, { files: machine({ '/srv/a': { ...DIRECTORY, uid: 0, gid: 0 } }) });
    expect(notes.join()).not.toContain('--user');
    expect(notes).toHaveLength(1);
  });
});

describe('real files', () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'bulkhead-mounts-')));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('are looked at', async () => {
    mkdirSync(join(directory, 'real'));
    writeFileSync(join(directory, 'real', 'file'), '', { mode: 0o640 });
    symlinkSync(join(directory, 'real'), join(directory, 'link'));
    expect(await hostFiles.realpath(join(directory, 'link'))).toBe(join(directory, 'real'));
    expect(await hostFiles.stat(join(directory, 'link'))).toMatchObject({ kind: 'directory' });
    expect(await hostFiles.stat(join(directory, 'link', 'file'))).toMatchObject({
      kind: 'file',
      mode: 0o640,
      uid: process.getuid?.(),
    });
    expect(await hostFiles.stat(join(directory, 'gone'))).toBeUndefined();
    expect(await hostFiles.realpath(join(directory, 'real', 'file', 'below'))).toBeUndefined();
    await expect(hostFiles.stat('bad\0path')).rejects.toThrow();
    expect((await hostFiles.list(directory, 9)).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'link', kind: 'other' },
      { name: 'real', kind: 'directory' },
    ]);
    expect(await hostFiles.list(directory, 1)).toHaveLength(1);
    await expect(hostFiles.list(join(directory, 'gone'), 1)).rejects.toThrow('ENOENT');
  });

  it('that are sockets are told apart', async () => {
    const server = createServer();
    const path = join(directory, 'x.sock');
    await new Promise<void>((done) => server.listen(path, done));
    expect(await hostFiles.stat(path)).toMatchObject({ kind: 'socket' });
    await new Promise((done) => server.close(done));
  });
});
