import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureNodeImage, ensureServerImage } from '../../samples/servers/images.ts';
import type { Profile } from '../../src/model/profile.ts';
import { audit } from '../support/audit.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { eventually, Running } from '../support/running.ts';

const DETACHED = ['--transport', 'streamable-http', '--target-port', '8000', '--detach'];
const IDLE = 'console.log("up"); setInterval(() => {}, 1e6)';
const STRANGER = 4242;
const VOLUME = 'files-kept';

describe.skipIf(NO_LAB)(`${LAB_NAME}: files and secrets of a compartment`, () => {
  let session: LabSession;
  let bench: CompartmentBench;
  let filesystem: string;
  let node: string;
  let input: string;
  let output: string;
  const started: Running[] = [];

  beforeAll(async () => {
    session = await openLab();
    bench = await CompartmentBench.open(session);
    filesystem = await ensureServerImage(session.docker, 'filesystem');
    node = await ensureNodeImage(session.docker);
    input = await directory('input', 0o777);
    output = await directory('output', 0o777);
    await writeFile(path.join(input, 'given.txt'), 'given by the host\n');
    // Open to everybody, so that it is the mount that refuses, and not the owner of the file.
    await chmod(path.join(input, 'given.txt'), 0o666);
  });
  afterEach(async ({ task }) => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL');
    // One failure is told once.
    if (task.result?.state === 'fail') await bench.run(['gc']);
  });
  afterAll(async () => {
    await bench?.close();
    await session?.docker
      .getVolume(VOLUME)
      .remove()
      .catch(() => undefined);
  });

  async function directory(name: string, mode: number): Promise<string> {
    const made = path.join(bench.directory, name);
    await mkdir(made, { recursive: true });
    // Whatever the umask of this process is.
    await chmod(made, mode);
    return made;
  }

  async function connect(profile: Profile, ...args: readonly string[]): Promise<Client> {
    return bench.connectStdio(['run', '--profile', await bench.profile(profile), filesystem, ...args]);
  }

  function run(...args: readonly string[]): Running {
    const running = new Running(bench.start(['run', ...args]));
    started.push(running);
    return running;
  }

  async function gone(): Promise<void> {
    await eventually(async () => bench.leftovers()).toEqual([]);
  }

  /** What becomes of each attempt: what was read, `written`, or the error's code. */
  async function attempts(
    profile: Profile,
    wanted: readonly (readonly ['read' | 'write', string])[],
    ...options: readonly string[]
  ): Promise<readonly string[]> {
    const script = `
      import { readFileSync, writeFileSync } from 'node:fs';
      const attempt = ([how, file]) => {
        try { return how === 'read' ? readFileSync(file, 'utf8') : (writeFileSync(file, 'by the server'), 'written'); }
        catch ({ code }) { return code; }
      };
      console.log(JSON.stringify(${JSON.stringify(wanted)}.map(attempt)));`;
    return bench.runScript(node, ['--profile', await bench.profile(profile), ...options], script);
  }

  describe('the files of a profile', () => {
    it('are read and written by the sample server as declared, and the host sees it', async () => {
      const client = await connect({ read: [`${input}:/data/in`], write: [`${output}:/data/out`] });
      try {
        expect(await call(client, 'read_text_file', { path: '/data/in/given.txt' })).toBe('given by the host\n');
        expect(await call(client, 'list_directory', { path: '/data' })).toBe('[DIR] in\n[DIR] out');
        await call(client, 'write_file', { path: '/data/out/made.txt', content: 'made by the server\n' });
        await call(client, 'edit_file', { path: '/data/out/made.txt', edits: [{ oldText: 'made', newText: 'changed' }] });
        await call(client, 'move_file', { source: '/data/out/made.txt', destination: '/data/out/moved.txt' });
        await writeFile(path.join(input, 'later.txt'), 'given later\n');
        expect(await call(client, 'read_text_file', { path: '/data/in/later.txt' })).toBe('given later\n');
        for (const file of ['given.txt', 'new.txt']) {
          await expect(call(client, 'write_file', { path: `/data/in/${file}`, content: 'x' })).rejects.toThrow(/EROFS/);
        }
        const away = { source: '/data/in/given.txt', destination: '/data/in/taken.txt' };
        await expect(call(client, 'move_file', away)).rejects.toThrow(/EROFS/);
        await expect(call(client, 'write_file', { path: '/data/beside.txt', content: 'x' })).rejects.toThrow(/EROFS/);
      } finally {
        await client.close();
      }
      expect(await readdir(output)).toEqual(['moved.txt']);
      expect(await readFile(path.join(output, 'moved.txt'), 'utf8')).toBe('changed by the server\n');
      expect((await readdir(input)).toSorted()).toEqual(['given.txt', 'later.txt']);
      expect(await readFile(path.join(input, 'given.txt'), 'utf8')).toBe('given by the host\n');
      await gone();
    });

    it('have the same path inside where none is named', async () => {
      const given = path.join(input, 'given.txt');
      const client = await connect({ read: [input] }, input);
      expect(await call(client, 'read_text_file', { path: given })).toBe('given by the host\n');
      await expect(call(client, 'write_file', { path: given, content: 'x' })).rejects.toThrow(/EROFS/);
      await client.close();
      // One file alone is a mount as well; what lies beside it is not there.
      expect(
        await attempts({ read: [`${given}:/given`] }, [
          ['read', '/given'],
          ['write', '/given'],
          ['read', given],
        ]),
      ).toEqual(['given by the host\n', 'EROFS', 'ENOENT']);
    });

    it('are all that can be written, beside what is in memory', async () => {
      const places = ['/data/x', '/tmp/x', '/x', '/bulkhead/x', '/proc/sys/kernel/hostname', '/dev/x'] as const;
      const wanted = places.map((place) => ['write', place] as const);
      const [data, tmp, ...others] = await attempts({ write: [`${output}:/data`] }, wanted);
      expect([data, tmp]).toEqual(['written', 'written']);
      for (const other of others) expect(other).toMatch(/^E(?:ROFS|ACCES|PERM)$/);
    });

    it('are what a link leads to when the server is started', async () => {
      const link = path.join(bench.directory, 'link');
      await symlink(input, link);
      const profile = await bench.profile({ read: [`${link}:/data`] });
      const running = run('--name', 'files-linked', '--profile', profile, node, '-e', IDLE);
      await running.says(/^up$/m);
      const { Mounts, Config } = await session.docker.getContainer('files-linked').inspect();
      expect(Mounts.filter(({ Type }) => Type === 'bind')).toMatchObject([
        { Source: await realpath(input), Destination: '/data', RW: false },
      ]);
      expect(Config.Labels['dev.bulkhead.profile']).toContain(`${await realpath(input)}:/data`);
      running.child.stdin.end();
      await running.ended;
      expect(await attempts({ read: [`${link}:/data`] }, [['read', '/data/given.txt']])).toEqual(['given by the host\n']);
    });

    it('may be a volume of the engine, which stays from one run to the next', async () => {
      const profile: Profile = { write: [`volume://${VOLUME}:/data`] };
      // Made now, it would belong to root: it is given to whoever the server runs as.
      const [first] = await attempts(profile, [['write', '/data/kept.txt']]);
      expect(first).toBe('written');
      await gone();
      expect(
        await attempts({ read: profile.write ?? [] }, [
          ['read', '/data/kept.txt'],
          ['write', '/data/kept.txt'],
        ]),
      ).toEqual(['by the server', 'EROFS']);
      await gone();
      expect((await session.docker.getVolume(VOLUME).inspect()).Name).toBe(VOLUME);
    });

    it('may be what the image has already: the server writes there all the same', async () => {
      const seeded = await seededImage();
      const script = `
        import { readdirSync, writeFileSync } from 'node:fs';
        const attempt = (directory) => {
          const before = readdirSync(directory);
          try { writeFileSync(directory + '/x', ''); return [...before, 'written']; } catch ({ code }) { return [...before, code]; }
        };
        console.log(JSON.stringify(['/kept', '/seeded'].map(attempt)));`;
      const profile = await bench.profile({ write: [`volume://${VOLUME}-new:/seeded`] });
      // Podman's API has no way to say that a volume takes neither content nor owner from the image.
      const fresh = session.lab.engine === 'podman' ? ['file', 'EACCES'] : ['written'];
      const command = ['--input-type=module', '-e', script];
      try {
        for (const options of [[], ['--user', `${STRANGER}:${STRANGER}`]]) {
          await session.docker
            .getVolume(`${VOLUME}-new`)
            .remove()
            .catch(() => undefined);
          const { stdout, stderr } = await bench.run(['run', '--profile', profile, ...options, seeded, ...command]);
          expect(JSON.parse(stdout === '' ? 'null' : stdout), stderr).toEqual([['written'], fresh]);
          await gone();
        }
        // The control: an image's directory is its owner's, unless something is mounted there.
        const bare = await bench.run(['run', '--quiet', '--writable-root', seeded, ...command]);
        expect(JSON.parse(bare.stdout)).toEqual([['written'], ['file', 'EACCES']]);
      } finally {
        await session.docker
          .getVolume(`${VOLUME}-new`)
          .remove()
          .catch(() => undefined);
        await session.docker.getImage(seeded).remove({ force: true });
      }
    });

    it('need their place in each other: nothing is made on this machine, and no link is followed', async () => {
      const inside = await directory('output/inside', 0o777);
      await symlink('/etc', path.join(output, 'elsewhere'));
      const run = async (target: string): Promise<readonly unknown[]> => {
        const profile = await bench.profile({ write: [`${output}:/data`], read: [`${input}:/data/${target}`] });
        const { exitCode, stderr } = await bench.run(['run', '--profile', profile, node, '-e', '']);
        return [exitCode, stderr];
      };
      expect(await run('inside')).toEqual([0, expect.any(String)]);
      expect(await run('absent')).toEqual([2, expect.stringMatching(/absent" does not exist/)]);
      expect(await run('elsewhere')).toEqual([2, expect.stringMatching(/elsewhere" leads to "\/etc"/)]);
      expect(existsSync(path.join(output, 'absent'))).toBe(false);
      await rm(path.join(output, 'elsewhere'));
      await rm(inside, { recursive: true });
    });

    it('belong to somebody: --user gives the server his rights', async () => {
      const own = await directory('own', 0o700);
      await chown(own, STRANGER, STRANGER);
      const profile: Profile = { write: [`${own}:/data`] };
      expect(await attempts(profile, [['write', '/data/x']])).toEqual(['EACCES']);
      expect(await attempts(profile, [['write', '/data/x']], '--user', `${STRANGER}:${STRANGER}`)).toEqual(['written']);
      expect(await stat(path.join(own, 'x'))).toMatchObject({ uid: STRANGER, gid: STRANGER });
      const { stderr } = await bench.run(['run', '--profile', await bench.profile(profile), node, '-e', '']);
      expect(stderr).toMatch(/cannot write[^\n]*--user 4242:4242/);
    });

    it('have to be there: a missing one is not made', async () => {
      const missing = path.join(bench.directory, 'missing');
      for (const profile of [{ read: [`${missing}:/data`] }, { ...ALLOWED, write: [missing] }]) {
        const { exitCode, stdout, stderr } = await bench.run([
          'run',
          '--profile',
          await bench.profile(profile),
          node,
          '-e',
          IDLE,
        ]);
        expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringMatching(/missing" does not exist/)]);
      }
      expect(existsSync(missing)).toBe(false);
      expect(await bench.leftovers()).toEqual([]);
    });

    it.each([
      ['the socket of the engine', () => session.lab.socketPath, /socket/],
      ['a link to it', async () => linkTo(session.lab.socketPath, 'harmless'), /leads to[\s\S]*socket/],
      ['everything', () => '/', /whole file system/],
      ['/etc', () => '/etc', /configuration and accounts/],
      ['a file of it', () => '/etc/passwd', /configuration and accounts/],
      ['the home directory', () => homedir(), /home/],
      ['keys', async () => directory('.ssh', 0o700), /credentials|\.ssh/],
    ])('are not %s, unless the person insists', async (_, source, reason) => {
      const profile = await bench.profile({ read: [`${await source()}:/data`] });
      const { exitCode, stdout, stderr } = await bench.run(['run', '--profile', profile, node, '-e', 'console.log("started")']);
      expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringMatching(reason)]);
      expect(stderr).toContain('--mount-sensitive');
      expect(await bench.leftovers()).toEqual([]);
    });

    it('are mounted with --mount-sensitive, and that is said and written down', async () => {
      const keys = await directory('.ssh', 0o755);
      await writeFile(path.join(keys, 'id'), 'no key');
      const options = [
        '--profile',
        await bench.profile({ read: [`${keys}:/data`] }),
        '--mount-sensitive',
        '--name',
        'files-insisted',
      ];
      const script = `console.log(require('fs').readFileSync('/data/id', 'utf8')); ${IDLE}`;
      const running = run(...options, node, '-e', script);
      await running.says(/^no key$/m);
      await running.says(/is mounted although/, 'stderr');
      const rows = JSON.parse((await bench.run(['ps', '--json'])).stdout) as readonly { readonly optOuts: readonly string[] }[];
      expect(rows.map(({ optOuts }) => optOuts)).toEqual([['mount-sensitive']]);
      running.child.stdin.end();
      await running.ended;
    });
  });

  /** Directories of root's, of which one is declared with VOLUME. */
  async function seededImage(): Promise<string> {
    const repo = `bulkhead-test/seeded-${randomBytes(3).toString('hex')}`;
    const script =
      "const { mkdirSync, writeFileSync } = require('fs'); for (const d of ['/kept', '/seeded']) { mkdirSync(d); writeFileSync(d + '/file', ''); }";
    const container = await session.docker.createContainer({ Image: node, Cmd: ['-e', script] });
    try {
      await container.start();
      await container.wait();
      await container.commit({ repo, tag: 'latest', changes: 'CMD []\nVOLUME /kept' });
    } finally {
      await container.remove({ force: true });
    }
    return `${repo}:latest`;
  }

  it('a server that needs more memory than it has, is ended and it is said why', async () => {
    const script = 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1));';
    const { exitCode, stderr } = await bench.run(['run', '--memory', '64m', node, '-e', script]);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/ended with code 137: it ran out of memory/)]);
    expect((await bench.run(['run', '--memory', '64m', node, '-e', 'process.exit(9)'])).stderr).toMatch(/ended with code 9$/m);
  });

  async function linkTo(target: string, name: string): Promise<string> {
    const link = path.join(bench.directory, name);
    await symlink(target, link);
    return link;
  }

  describe('secrets', () => {
    const fromFile = `file-${randomBytes(12).toString('hex')}`;
    const fromEnv = `env-${randomBytes(12).toString('hex')}`;
    const SOURCE = 'BULKHEAD_TEST_SECRET';
    let options: readonly string[];

    beforeAll(async () => {
      await writeFile(path.join(bench.directory, 'secret'), fromFile, { mode: 0o600 });
      vi.stubEnv(SOURCE, fromEnv);
      options = ['--secret', 'ALPHA=file:secret', '--secret', `BETA=env:${SOURCE}`];
    });
    afterAll(() => vi.unstubAllEnvs());

    /** All that the engine tells about a compartment: its containers, their logs, its volumes. */
    async function told(): Promise<string> {
      const filters = { label: ['dev.bulkhead.session'] };
      const containers = await session.docker.listContainers({ all: true, filters });
      const parts = await Promise.all(
        containers.map(async ({ Id }) => {
          const container = session.docker.getContainer(Id);
          const log = await container.logs({ stdout: true, stderr: true });
          return `${JSON.stringify(await container.inspect())}\n${log.toString()}`;
        }),
      );
      return `${parts.join('\n')}\n${JSON.stringify(await session.docker.listVolumes({ filters }))}`;
    }

    function forms(secret: string): readonly string[] {
      return [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')];
    }

    it('arrive as files that their variables name, for reading alone', async () => {
      const script = `
        import { readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
        const code = (attempt) => { try { attempt(); return 'done'; } catch (error) { return error.code; } };
        const { ALPHA_FILE, BETA_FILE, ALPHA, BETA } = process.env;
        console.log(JSON.stringify({
          files: [ALPHA_FILE, BETA_FILE], plain: [ALPHA ?? null, BETA ?? null],
          contents: [ALPHA_FILE, BETA_FILE].map((file) => readFileSync(file, 'utf8')),
          all: readdirSync('/run/secrets').sort(), mode: statSync(ALPHA_FILE).mode & 0o777,
          refused: [() => writeFileSync(ALPHA_FILE, 'x'), () => writeFileSync('/run/secrets/NEW', 'x'), () => unlinkSync(BETA_FILE)].map(code),
        }));`;
      for (const profile of ['none', await bench.profile(ALLOWED)]) {
        expect(await bench.runScript(node, ['--profile', profile, ...options], script)).toEqual({
          files: ['/run/secrets/ALPHA', '/run/secrets/BETA'],
          plain: [null, null],
          contents: [fromFile, fromEnv],
          all: ['ALPHA', 'BETA'],
          mode: 0o444,
          refused: ['EROFS', 'EROFS', 'EROFS'],
        });
        expect(await bench.leftovers()).toEqual([]);
      }
    });

    it('may come through a pipe, whose writer is late', async () => {
      const pipe = path.join(bench.directory, 'pipe');
      await execa('mkfifo', [pipe]);
      const writer = execa('sh', ['-c', 'sleep 0.5; printf hush > "$1"', 'sh', pipe]);
      const script = "console.log(JSON.stringify([require('fs').readFileSync('/run/secrets/ALPHA', 'utf8')]))";
      const { stdout, stderr } = await bench.run(['run', '--secret', `ALPHA=file:${pipe}`, node, '-e', script]);
      expect(stdout.trim(), stderr).toBe('["hush"]');
      await writer;
    });

    it('are not in what the engine tells, nor on its disk, and are gone with the compartment', async () => {
      const profile = await bench.profile(ALLOWED);
      const server = `require('fs').readFileSync('/run/secrets/ALPHA'); ${IDLE}`;
      const { exitCode, stdout, stderr } = await bench.run([
        'run',
        '--name',
        'files-secret',
        '--profile',
        profile,
        ...DETACHED,
        ...options,
        node,
        '-e',
        server,
      ]);
      expect(exitCode, stderr).toBe(0);
      await eventually(async () => (await bench.run(['logs', 'files-secret'])).stdout).toBe('up');
      // Whoever brought them has left.
      await eventually(async () => (await bench.leftovers()).filter((name) => name.endsWith('files-secret-secrets'))).toEqual([]);
      const everything = await told();
      expect(everything).toContain('/run/secrets/ALPHA');
      const { stdout: listed } = await bench.run(['ps', '--json']);
      for (const secret of [fromFile, fromEnv].flatMap(forms)) {
        for (const text of [everything, stdout, stderr, listed]) expect(text).not.toContain(secret);
        expect(await onDisk(secret)).toEqual([]);
      }
      // The control: what is in the containers' configuration is found by the same search.
      expect((await onDisk('files-secret')).length).toBeGreaterThan(0);
      expect((await bench.run(['rm', '--force', 'files-secret'])).exitCode).toBe(0);
      expect(await bench.leftovers()).toEqual([]);
    });

    /** Files of the engine's own, images aside. */
    async function onDisk(text: string): Promise<readonly string[]> {
      const root = path.dirname(session.lab.sharedDir);
      const aside = ['shared', 'overlay', 'overlay2', 'image', 'images'].map((name) => `--exclude-dir=${name}`);
      const { stdout } = await execa('grep', ['-rlsF', '--devices=skip', ...aside, '--', text, root], { reject: false });
      return stdout.split('\n').filter(Boolean);
    }

    it('are visible as variables, and that is said', async () => {
      const args = ['run', '--name', 'files-visible', ...DETACHED, '--secret-as-env', `GAMMA=env:${SOURCE}`, node, '-e', IDLE];
      const { exitCode, stderr } = await bench.run(args);
      expect(exitCode, stderr).toBe(0);
      expect(stderr).toMatch(/GAMMA is a variable of the server: whoever may inspect the container reads it/);
      expect(stderr).not.toContain(fromEnv);
      expect(await told()).toContain(`GAMMA=${fromEnv}`);
      expect((await bench.run(['rm', '--force', 'files-visible'])).exitCode).toBe(0);
    });

    it('that are missing or open to others: an error, and a remark', async () => {
      for (const source of ['file:nowhere', 'env:BULKHEAD_TEST_UNSET', fromEnv]) {
        const { exitCode, stderr } = await bench.run(['run', '--secret', `ALPHA=${source}`, node, '-e', IDLE]);
        expect(exitCode).toBe(2);
        expect(stderr).not.toContain(fromEnv);
      }
      const open = path.join(bench.directory, 'open-secret');
      await writeFile(open, 'open to all');
      await chmod(open, 0o644);
      const { stderr } = await bench.run(['run', '--secret', `ALPHA=file:${open}`, node, '-e', '']);
      expect(stderr).toMatch(/others on this machine may use the file[^\n]*mode 644/);
      expect(await bench.leftovers()).toEqual([]);
    });

    it('and mounts are what the audit finds declared', async () => {
      const profile: Profile = { ...ALLOWED, read: [`${input}:/in`], write: [`${output}:/out`] };
      const args = ['run', '--name', 'files-audited', '--profile', await bench.profile(profile), ...DETACHED, ...options];
      const { exitCode, stderr } = await bench.run([...args, node, '-e', IDLE]);
      expect(exitCode, stderr).toBe(0);
      const { report } = await audit(session, { names: ['files-audited'] });
      const files = report.findings.filter(({ check }) => check.startsWith('FS'));
      expect(files.filter(({ status }) => status === 'pass').length).toBeGreaterThan(0);
      const rest = files.filter(({ status }) => status !== 'pass' && status !== 'not-applicable');
      expect(rest.map(({ check, subject, status, message }) => `${status} ${check} ${subject}: ${message}`)).toEqual([]);
      expect((await bench.run(['rm', '--force', 'files-audited'])).exitCode).toBe(0);
      expect(await bench.leftovers()).toEqual([]);
    });
  });
});

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const text = (content as readonly { readonly text?: string }[]).map((part) => part.text ?? '').join('');
  if (isError === true) throw new Error(`${name}: ${text}`);
  return text;
}
