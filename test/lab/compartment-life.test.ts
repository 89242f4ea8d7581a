import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import { LABEL } from '../../src/model/labels.ts';
import { hasImage } from '../../src/runtime/images.ts';
import { loadImage } from '../../src/runtime/load-image.ts';
import { assertLabCanary, LAB_INTERNET } from '../support/audit.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { eventually, Running } from '../support/running.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const OTHER = 'life-other';
const HTTP = ['--transport', 'streamable-http', '--target-port', '8000'];
/** Says that it is up, then says again what it is told, and ends with its input. */
const ECHO = 'process.stdout.write("up\\n"); process.stdin.pipe(process.stdout)';
/** Says that it is up, and then listens to nobody. */
const DEAF =
  'process.stdout.write("up\\n"); for (const s of ["SIGTERM", "SIGINT"]) process.on(s, () => {}); setInterval(() => {}, 1e6)';
/** For every request it tries one name that is allowed and one that is not, and writes the path to its log. */
const CALLER = `
  const tried = (url) => fetch(url).then(({ status }) => status, () => 'refused');
  require('http').createServer(async ({ url }, answer) => {
    const results = [await tried('http://allowed.test/'), await tried('http://blocked.test/')];
    console.log('asked for ' + url + ' \\x1b[31m');
    answer.end(JSON.stringify(results));
  }).listen(8000, '127.0.0.1');`;

interface Row {
  readonly name: string;
  readonly state: string;
  readonly url?: string;
  readonly attached: boolean;
  readonly optOuts: readonly string[];
  readonly allowed: number;
  readonly denied: number;
}

describe.skipIf(NO_LAB)(`${LAB_NAME}: the life of a compartment`, () => {
  let session: LabSession;
  let bench: CompartmentBench;
  let fixtures: Fixtures;
  let node: string;
  let allowed: string;
  let url: string;
  let token: string;
  let baseline: readonly string[];
  let bystanders: readonly string[];
  const started: Running[] = [];

  beforeAll(async () => {
    session = await openLab();
    bench = await CompartmentBench.open(session);
    fixtures = new Fixtures(session.docker);
    node = await ensureNodeImage(session.docker);
    allowed = await bench.profile(ALLOWED);
    await fixtures.run({ name: 'life-bystander', network: 'none' });
    const snippet = await detach(OTHER, CALLER, '--profile', allowed);
    ({ url, token } = snippet);
    baseline = await left();
    bystanders = await lives();
  });
  afterEach(async ({ task }) => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL');
    // One failure is told once.
    if (task.result?.state === 'fail') await bench.run(['gc']);
    // Whatever a test did to its own compartment: the one that runs beside it, and a stranger, live on.
    expect(await lives()).toEqual(bystanders);
  });
  afterAll(async () => {
    await fixtures?.remove();
    await bench?.close();
  });

  /** Starts a compartment whose server is a script, and leaves it running. */
  function run(script: string, ...options: readonly string[]): Running {
    const running = new Running(bench.start(['run', ...options, node, '-e', script]));
    started.push(running);
    return running;
  }

  async function detach(name: string, script: string, ...options: readonly string[]) {
    const named = ['run', '--name', name, ...HTTP, '--detach', ...options];
    const { exitCode, stdout, stderr } = await bench.run([...named, node, '-e', script]);
    expect(exitCode, stderr).toBe(0);
    const { mcpServers } = JSON.parse(stdout) as {
      mcpServers: Record<string, { url: string; headers: { Authorization: string } }>;
    };
    const entry = mcpServers[name];
    return { url: entry?.url ?? '', token: entry?.headers.Authorization.replace('Bearer ', '') ?? '', stderr };
  }

  async function ps(): Promise<readonly Row[]> {
    return JSON.parse((await bench.run(['ps', '--json'])).stdout) as readonly Row[];
  }

  async function row(name: string): Promise<Row | undefined> {
    return (await ps()).find((one) => one.name === name);
  }

  async function left(): Promise<readonly string[]> {
    return (await bench.leftovers()).toSorted();
  }

  async function lives(): Promise<readonly string[]> {
    const named = ['life-bystander', OTHER, `${OTHER}-relay`, `${OTHER}-gateway`];
    const states = await Promise.all(named.map(async (name) => session.docker.getContainer(name).inspect()));
    return states.map(({ Id, State }) => `${Id} ${State.Status} ${State.StartedAt}`);
  }

  /** As many containers, networks and volumes as this have been made for a compartment that starts. */
  async function made(count: number): Promise<void> {
    // Without a pause: what is waited for passes quickly. The time of the test ends it.
    while ((await left()).length - baseline.length < count);
  }

  /** The engine may still be at work on what a killed command had asked for. */
  async function collected(): Promise<void> {
    await eventually(async () => {
      expect((await bench.run(['gc'])).exitCode).toBe(0);
      return left();
    }).toEqual(baseline);
  }

  /** One request to the server of the other compartment, from the machine on which the engine runs. */
  async function ask(file: string): Promise<unknown> {
    const script =
      'fetch(process.argv[1], { headers: { authorization: process.argv[2] } }).then(async (r) => console.log(r.status, await r.text()))';
    const { stdout, stderr } = await session.lab.exec('host', [
      ...([process.execPath, '-e', script] as const),
      url.replace('/mcp', file),
      `Bearer ${token}`,
    ]);
    expect(stdout, stderr).toMatch(/^200 /);
    return JSON.parse(stdout.slice(4));
  }

  describe('ends, and nothing is left, when', () => {
    it.each([
      ['SIGINT', 'listens', ECHO],
      ['SIGINT', 'is deaf', DEAF],
      ['SIGTERM', 'is deaf', DEAF],
      ['SIGHUP', 'is deaf', DEAF],
    ] as const)('the person says so (%s) and the server %s', async (signal, _, script) => {
      const running = run(script, '--profile', allowed);
      await running.says(/^up$/m);
      running.child.kill(signal);
      // A shell whose terminal is closed says so a second time.
      if (signal === 'SIGHUP') running.child.kill(signal);
      expect(await running.ended).toEqual({ code: 130, signal: null });
      expect(await left()).toEqual(baseline);
    });

    it.each([0, 1, 3, 5])('Ctrl-C comes in the middle of the start (%i things are made)', async (count) => {
      await writeFile(path.join(bench.directory, 'secret'), 'hidden', { mode: 0o600 });
      const running = run(ECHO, '--profile', allowed, '--secret', 'KEY=file:secret');
      if (count === 0) await once(running.child, 'spawn');
      else await made(count);
      running.child.kill('SIGINT');
      const { code, signal } = await running.ended;
      // Node.js that has not even begun to read the program ends by the signal itself.
      expect(code === 130 || (count === 0 && signal === 'SIGINT'), `code ${code}, ${signal}: ${running.stderr}`).toBe(true);
      expect(await left()).toEqual(baseline);
    });

    it('Ctrl-C comes while the engine still waits for the image', async () => {
      const silent = `require('net').createServer().listen(5000, '127.0.0.1')`;
      const registry = await session.lab.spawn('host', [process.execPath, '-e', silent]);
      try {
        const waiting = new Running(bench.start(['run', '127.0.0.1:5000/slow:1']));
        started.push(waiting);
        await waiting.says(/pulling/, 'stderr');
        await delay(500);
        waiting.child.kill('SIGINT');
        expect(await waiting.ended).toEqual({ code: 130, signal: null });
        expect(waiting.stderr).toMatch(/^bulkhead: Interrupted\.$/m);
      } finally {
        await registry.stop();
      }
    });

    it('the client closes its end, after everything was said', async () => {
      const running = run(ECHO, '--quiet');
      running.child.stdin.end('hello\n');
      expect(await running.ended).toEqual({ code: 0, signal: null });
      expect(running.stdout).toBe('up\nhello\n');
      expect(running.stderr).toBe('');
      expect(await left()).toEqual(baseline);
    });

    it('the client has closed its end before the server is up, which answers all the same', async () => {
      const running = run('setTimeout(() => process.stdin.pipe(process.stdout), 4000)', '--quiet');
      running.child.stdin.end('hello\n');
      expect(await running.ended).toEqual({ code: 0, signal: null });
      expect(running.stdout).toBe('hello\n');
      expect(await left()).toEqual(baseline);
    });

    it('the client closes its end and the server ignores it', async () => {
      const running = run(DEAF, '--profile', allowed);
      await running.says(/^up$/m);
      running.child.stdin.end();
      expect(await running.ended).toEqual({ code: 0, signal: null });
      expect(running.stderr).toMatch(/^bulkhead: the client is gone, and the server did not end/m);
      expect(await left()).toEqual(baseline);
    });

    it.each([
      ['a server that listens', ECHO, 0],
      ['a server that is deaf', DEAF, 0],
      ['a server that is deaf, to which it had much to say', DEAF, 5_000_000],
    ])('the client is killed that holds the pipe to %s', async (_, script, said) => {
      const args = JSON.stringify([CLI, 'run', '--profile', allowed, node, '-e', script]);
      const program = `
        const child = require('child_process').spawn(process.execPath, ${args}, { stdio: ['pipe', 'pipe', 'ignore'] });
        child.stdout.once('data', () => {
          child.stdin.write(Buffer.alloc(${said}));
          setTimeout(() => console.log('connected'), ${said} / 5000);
        });`;
      const client = new Running(
        spawn(process.execPath, ['-e', program], { env: { ...process.env, ...bench.env }, cwd: bench.directory }),
      );
      started.push(client);
      await client.says(/connected/);
      expect((await left()).length).toBeGreaterThan(baseline.length);
      // It is over with the client, and not before.
      await delay(2000);
      expect((await left()).length).toBeGreaterThan(baseline.length);
      client.child.kill('SIGKILL');
      // Nobody collects: the command itself sees that its client is gone.
      await eventually(left).toEqual(baseline);
    });

    it('the server crashes: exit code 1, its own code and what it printed are said', async () => {
      const running = run('console.log("last words"); throw new Error("no more")', '--profile', allowed);
      expect(await running.ended).toEqual({ code: 1, signal: null });
      expect(running.stdout).toBe('last words\n');
      expect(running.stderr).toMatch(/Error: no more/);
      expect(running.stderr).toMatch(/^bulkhead: the server ended with code 1$/m);
      expect(await left()).toEqual(baseline);
    });

    it('somebody kills the server: exit code 1, and the signal is in its code', async () => {
      const running = run(ECHO, '--name', 'life-victim');
      await running.says(/^up$/m);
      await session.docker.getContainer('life-victim').kill();
      expect(await running.ended).toEqual({ code: 1, signal: null });
      expect(running.stderr).toMatch(/ended with code 137$/m);
      expect(await left()).toEqual(baseline);
    });
  });

  describe('ends, and nothing is left, although nobody reads what its server says, when', () => {
    // A shell's pipe, which both ends of hold to: nobody reads, and nobody goes away.
    const flood =
      'const more = () => { while (process.stdout.write("x".repeat(65536))); process.stdout.once("drain", more); }; more()';
    const piped = (script: string): Running => {
      const command = [process.execPath, CLI, 'run', '--profile', allowed, node, '-e', script]
        .map((part) => `'${part}'`)
        .join(' ');
      const shell = ['-c', `exec 3<&0; { ${command} <&3 & echo $! >&2; wait $!; echo "code $?" >&2; } | sleep 100`];
      const running = new Running(
        spawn('/bin/sh', shell, { env: { ...process.env, ...bench.env }, cwd: bench.directory, detached: true }),
      );
      started.push(running);
      return running;
    };
    const stuck = async (running: Running): Promise<number> => {
      await running.says(/\(sealed\)[\s\S]*65532/, 'stderr');
      await delay(3000);
      return Number(/^\d+$/m.exec(running.stderr)?.[0]);
    };
    const end = (running: Running): void => {
      if (running.child.pid !== undefined) process.kill(-running.child.pid, 'SIGKILL');
    };

    it('the person says so', async () => {
      const running = piped(flood);
      process.kill(await stuck(running), 'SIGINT');
      await running.says(/^code 130$/m, 'stderr');
      end(running);
      expect(await left()).toEqual(baseline);
    });

    it('the client closes its end', async () => {
      const running = piped(`process.stdin.resume(); ${flood}`);
      await stuck(running);
      running.child.stdin.end();
      await running.says(/^code 0$/m, 'stderr');
      end(running);
      expect(await left()).toEqual(baseline);
    });
  });

  describe('killed with SIGKILL', () => {
    it.each([1, 3, 5])('in the middle of the start (%i things are made): gc removes all of it', async (count) => {
      await writeFile(path.join(bench.directory, 'secret'), 'hidden', { mode: 0o600 });
      const running = run(DEAF, '--profile', allowed, '--secret', 'KEY=file:secret');
      await made(count);
      running.child.kill('SIGKILL');
      await running.ended;
      await collected();
    });

    it.each([
      ['nothing is allowed', 'none'],
      ['hosts are allowed', ''],
      ['everything is allowed', 'network'],
    ])('with a deaf server, while %s: gc removes all of it', async (_, profile) => {
      const running = run(DEAF, '--profile', profile === '' ? allowed : profile);
      await running.says(/^up$/m);
      running.child.kill('SIGKILL');
      await running.ended;
      expect((await left()).length).toBeGreaterThan(baseline.length);
      await collected();
    });

    it.each([1, 4, 6])(
      'in the middle of the start of what would stay (%i things are made): gc, once it has failed',
      async (count) => {
        const args = ['run', '--name', 'life-failed', ...HTTP, '--detach', '--profile', allowed, node, '-e', DEAF];
        const running = new Running(bench.start(args));
        started.push(running);
        await made(count);
        running.child.kill('SIGKILL');
        await running.ended;
        // Quicker than the look at it: then it stays, as it should.
        if ((await row('life-failed'))?.state === 'running') await bench.run(['rm', '--force', 'life-failed']);
        await collected();
      },
    );

    it('leaves a server over stdio without input: it ends by itself, and the next run sweeps', async () => {
      const running = run(ECHO, '--profile', allowed, '--name', 'life-orphan');
      await running.says(/^up$/m);
      running.child.kill('SIGKILL');
      await running.ended;
      await eventually(async () => (await row('life-orphan'))?.state ?? 'exited').toBe('exited');
      const next = await bench.run(['run', node, '-e', ECHO], 'next\n');
      expect(next.stdout).toBe('up\nnext');
      expect(await left()).toEqual(baseline);
    });
  });

  describe('hands over what a server prints', () => {
    it.each([
      ['50 MB, also to a slow reader', 50 * 1024 * 1024],
      ['garbage', 256 * 1024],
    ])('%s', async (_, length) => {
      // Every byte value, and no pattern that fits the frames of the engine's stream.
      const script = `
        let state = 1;
        const chunk = () => Buffer.from(Array.from({ length: 65536 }, () => (state = (state * 48271) % 2147483647) & 255));
        const hash = require('crypto').createHash('sha256');
        const some = [chunk(), chunk(), chunk()];
        (async () => {
          for (let left = ${length}, i = 0; left > 0; left -= 65536, i += 1) {
            hash.update(some[i % 3]);
            if (!process.stdout.write(some[i % 3])) await require('events').once(process.stdout, 'drain');
          }
          process.stdout.end(() => console.error('sha256 ' + hash.digest('hex')));
        })();`;
      const running = run(script);
      running.child.stdout.pause();
      await running.says(/\(isolated\)/, 'stderr');
      running.child.stdout.resume();
      expect(await running.ended).toEqual({ code: 0, signal: null });
      expect(running.bytes.length).toBe(length);
      expect(running.stderr).toContain(`sha256 ${createHash('sha256').update(running.bytes).digest('hex')}`);
      expect(await left()).toEqual(baseline);
    });

    it('but not to a client that is gone', async () => {
      const running = run('setInterval(() => process.stdout.write("x".repeat(65536)), 1)');
      await running.says(/^x/);
      running.child.stdout.destroy();
      expect((await running.ended).code).toBe(0);
      expect(await left()).toEqual(baseline);
    });
  });

  describe('is shown by', () => {
    it('ps, with what was allowed and refused so far', async () => {
      const before = await row(OTHER);
      expect(await ask('/first')).toEqual([200, 'refused']);
      await eventually(async () => {
        const { allowed: yes = 0, denied: no = 0 } = (await row(OTHER)) ?? {};
        return yes > (before?.allowed ?? 0) && no > (before?.denied ?? 0);
      }).toBe(true);
      expect(before).toMatchObject({ state: 'running', url, attached: false, transport: 'streamable-http', optOuts: [] });
      const { stdout, exitCode } = await bench.run(['ps']);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^NAME +STATE +MAY REACH +TRANSPORT +ADDRESS +ALLOWED +DENIED$/m);
      expect(stdout).toMatch(
        new RegExp(`^${OTHER} +running +.*allowed\\.test.* +streamable-http +${url} +[1-9]\\d* +[1-9]`, 'm'),
      );
    });

    it("ps, as its client's own while it is attached, with its opt-outs", async () => {
      const running = run(ECHO, '--name', 'life-mine', '--exec-tmp');
      await running.says(/^up$/m);
      expect(await row('life-mine')).toMatchObject({
        state: 'running',
        attached: true,
        transport: 'stdio',
        optOuts: ['exec-tmp'],
      });
      expect((await bench.run(['ps'])).stdout).toMatch(/^life-mine +running +.* +stdio +its client +0 +0$/m);
      const { exitCode, stderr } = await bench.run(['logs', 'life-mine']);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/is not kept[\s\S]*bulkhead logs life-mine --decisions/)]);
      running.child.stdin.end();
      await running.ended;
    });

    it('logs: what the server wrote, without what would steer a terminal', async () => {
      await ask('/logged');
      await eventually(async () => (await bench.run(['logs', OTHER])).stdout).toContain('asked for /logged');
      const { stdout } = await bench.run(['logs', OTHER, '--tail', '1']);
      expect(stdout).toMatch(/^asked for \/logged .+31m$/);
      expect(stdout).not.toContain('\u001b');
    });

    it('logs --decisions: what was allowed and refused, for people and as JSON', async () => {
      await ask('/decided');
      const { stdout, exitCode } = await bench.run(['logs', OTHER, '--decisions']);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^\S+ {2}allowed +\S+ +allowed\.test:80 at 203\.0\.113\.10 {2}\(/m);
      expect(stdout).toMatch(/^\S+ {2}denied +\S+ +blocked\.test:\d+ {2}\(/m);
      const { stdout: lines } = await bench.run(['logs', OTHER, '--decisions', '--json']);
      const decisions = lines.split('\n').map((line) => JSON.parse(line) as { type: string; decision?: string; host?: string });
      for (const { type } of decisions) expect(['decision', 'suppressed', 'problem']).toContain(type);
      expect(decisions.filter(({ decision }) => decision === 'allowed').map(({ host }) => host)).toContain('allowed.test');
      expect(decisions.filter(({ host }) => host === 'blocked.test').map(({ decision }) => decision)).not.toContain('allowed');
    });

    it.each([
      ['what is written', [], /asked for \/followed/],
      ['what is decided', ['--decisions'], /denied +\S+ +blocked\.test/],
    ])('logs --follow: %s, as it happens, until Ctrl-C', async (_, options, line) => {
      const follower = new Running(bench.start(['logs', OTHER, '--follow', '--tail', '0', ...options]));
      started.push(follower);
      // It is not known when the command has begun to listen, so there is something to hear until it does.
      await eventually(async () => {
        await ask('/followed');
        return follower.stdout;
      }).toMatch(line);
      follower.child.kill('SIGINT');
      expect(await follower.ended).toEqual({ code: 0, signal: null });
      expect(follower.stderr).toBe('');
    });
  });

  describe('is shown', () => {
    it('until whoever reads it has seen enough', async () => {
      const follower = new Running(bench.start(['logs', OTHER, '--follow', '--tail', '0']));
      started.push(follower);
      await eventually(async () => {
        await ask('/enough');
        return follower.stdout;
      }).toMatch(/asked for/);
      follower.child.stdout.destroy();
      // What closed is noticed when something is written.
      await eventually(async () => {
        await ask('/more');
        return follower.child.exitCode;
      }).toBe(0);
    });

    it('by ps also when a stranger has given it labels of ours', async () => {
      const odd = { [LABEL.name]: 'life-odd', [LABEL.role]: 'server', [LABEL.profile]: 'none', [LABEL.transport]: '\u001b[31m' };
      const container = await session.docker.createContainer({
        name: 'life-odd',
        Image: node,
        Labels: { ...odd, [LABEL.session]: 'feed00000002' },
      });
      expect(await row('life-odd')).toMatchObject({ state: 'created', profile: 'none' });
      expect((await bench.run(['ps'])).stdout).toMatch(/^life-odd +created +\S+ +\\u001b\[31m +- /m);
      await container.remove();
    });
  });

  describe('is ended by', () => {
    it('stop, which keeps its logs, and then rm', async () => {
      await detach('life-stopped', 'console.log("before the end"); setInterval(() => {}, 1e6)', '--profile', allowed);
      const refused = await bench.run(['rm', 'life-stopped']);
      expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringMatching(/is running[\s\S]*--force/)]);
      expect((await row('life-stopped'))?.state).toBe('running');
      expect((await bench.run(['stop', '--grace', '0', 'life-stopped'])).exitCode).toBe(0);
      expect((await row('life-stopped'))?.state).toBe('exited');
      expect((await bench.run(['logs', 'life-stopped'])).stdout).toBe('before the end');
      expect((await bench.run(['stop', 'life-stopped'])).exitCode).toBe(0);
      expect((await bench.run(['rm', 'life-stopped'])).exitCode).toBe(0);
      expect(await left()).toEqual(baseline);
    });

    it('rm --force, while it runs; a name that nobody has is an error', async () => {
      await detach('life-forced', DEAF);
      expect((await bench.run(['rm', '--force', 'life-forced'])).exitCode).toBe(0);
      expect(await left()).toEqual(baseline);
      for (const command of ['rm', 'stop', 'logs']) {
        const { exitCode, stderr } = await bench.run([command, 'life-forced']);
        expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/no compartment named life-forced[\s\S]*life-other/)]);
      }
    });

    it('gc, once its server has ended, and not before', async () => {
      await detach('life-ended', 'setTimeout(() => {}, 3000)', '--profile', allowed);
      await detach('life-running', DEAF, '--profile', allowed);
      await eventually(async () => (await row('life-ended'))?.state).toBe('exited');
      const { stdout, exitCode } = await bench.run(['gc']);
      expect([exitCode, stdout]).toEqual([0, 'Removed life-ended.']);
      expect((await ps()).map(({ name, state }) => `${name} ${state}`)).toEqual([`${OTHER} running`, 'life-running running']);
      expect((await bench.run(['rm', '--force', 'life-running'])).exitCode).toBe(0);
      expect((await bench.run(['gc'])).stdout).toBe('Nothing was left.');
      expect(await left()).toEqual(baseline);
    });
  });

  describe('is collected by gc', () => {
    it.each([
      ['of before a restart of this machine', hostname()],
      ['of another machine', 'elsewhere'],
    ])('when its server has ended and its command cannot be looked at: %s', async (_, host) => {
      const labels = {
        [LABEL.session]: 'feed00000001',
        [LABEL.name]: 'life-before',
        [LABEL.role]: 'server',
        [LABEL.owner]: `${host}/another-boot/1/2`,
      };
      await session.docker.createVolume({ Name: 'bulkhead-feed00000001-out', Labels: labels });
      const container = await session.docker.createContainer({
        name: 'life-before',
        Image: node,
        Cmd: ['-e', 'setTimeout(() => {}, 4000)'],
        Labels: labels,
        HostConfig: { NetworkMode: 'none' },
      });
      await container.start();
      expect((await bench.run(['gc'])).stdout).toBe('Nothing was left.');
      await container.wait();
      expect((await bench.run(['gc'])).stdout).toBe('Removed life-before.');
      expect(await left()).toEqual(baseline);
    });

    it('its image, which two first runs made at once', async () => {
      const image = 'bulkhead-test/twice:1';
      const nameless = async (): Promise<number> => (await session.docker.listImages({ filters: { dangling: ['true'] } })).length;
      const before = await nameless();
      for (const words of ['first', 'second']) {
        const file = { path: 'readme', source: Buffer.from(words), mode: 0o444 };
        await loadImage(session.docker, image, [[file]], { Labels: { [LABEL.role]: 'gateway' } });
      }
      expect(await nameless()).toBe(before + 1);
      expect((await bench.run(['gc'])).stdout).toBe('Removed 1 image without a name.');
      expect(await nameless()).toBe(before);
      await session.docker.getImage(image).remove();
    });
  });

  describe('has lost', () => {
    it.each(['gateway', 'relay'] as const)('its %s: ps says so, and shows no way in or out', async (role) => {
      await detach('life-lost', DEAF, '--profile', allowed);
      expect(await row('life-lost')).toMatchObject({ state: 'running', url: expect.stringContaining('127.0.0.1') });
      await session.docker.getContainer(`life-lost-${role}`).kill();
      await eventually(async () => row('life-lost')).toMatchObject({ state: 'running', lost: [role] });
      expect(await row('life-lost')).not.toHaveProperty('url');
      expect((await bench.run(['ps'])).stdout).toMatch(
        new RegExp(`^life-lost +running, no ${role} +nothing any more +streamable-http +- `, 'm'),
      );
      expect((await bench.run(['rm', '--force', 'life-lost'])).exitCode).toBe(0);
      expect(await left()).toEqual(baseline);
    });
  });

  describe('is not started, and nothing is left, when', () => {
    it('another one has its name', async () => {
      const { exitCode, stderr } = await bench.run(['run', '--name', OTHER, '--profile', allowed, node, '-e', ECHO]);
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringMatching(/named life-other[^\n]* already[\s\S]*bulkhead rm life-other$/),
      ]);
      expect(await left()).toEqual(baseline);
    });

    it.each(['-x', '../a', 'x'.repeat(64), ''])('its name is "%s"', async (name) => {
      const { exitCode, stderr } = await bench.run(['run', `--name=${name}`, node, '-e', ECHO]);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/is no name for a compartment[\s\S]*2 to 63/)]);
      expect(await left()).toEqual(baseline);
    });

    it('what is to be run is no name of an image', async () => {
      for (const image of ['two words', '../containers/json?all=1', '\u001b[31m']) {
        const { exitCode, stderr } = await bench.run(['run', image]);
        expect([exitCode, stderr]).toEqual([
          2,
          expect.stringMatching(/^bulkhead: "[^\n]+" is no name of an image\.\n +Give NAME/),
        ]);
      }
    });

    it('its server ends at once, and nobody would be there to see it', async () => {
      const dying = 'console.log("last \\x1b[31mwords"); process.exit(3)';
      const args = ['run', ...HTTP, '--detach', '--profile', allowed, node, '-e', dying];
      const { exitCode, stdout, stderr } = await bench.run(args);
      expect([exitCode, stdout, stderr]).toEqual([
        4,
        '',
        expect.stringMatching(/ended with code 3 [^\n]*last \\u001b\[31mwords/),
      ]);
      expect(await left()).toEqual(baseline);
    });

    it('nobody would be attached to it', async () => {
      const { exitCode, stderr } = await bench.run(['run', '--detach', node, '-e', ECHO]);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/--detach[\s\S]*streamable-http/)]);
    });

    it('its image lacks the program', async () => {
      const image = 'bulkhead-test/no-program:1';
      if (!(await hasImage(session.docker, image))) {
        const file = { path: 'readme', source: Buffer.from('nothing to run'), mode: 0o444 };
        await loadImage(session.docker, image, [[file]], { Entrypoint: ['/nowhere/program'] });
      }
      for (const transport of [[], HTTP, [...HTTP, '--detach']]) {
        const { exitCode, stderr } = await bench.run(['run', '--profile', allowed, ...transport, image]);
        expect([exitCode, stderr]).toEqual([4, expect.stringContaining('/nowhere/program')]);
        expect(await left()).toEqual(baseline);
      }
    });

    it('its port is taken', async () => {
      const taken = ['--detach', '--port', new URL(url).port];
      const { exitCode, stderr } = await bench.run(['run', ...HTTP, ...taken, node, '-e', ECHO]);
      expect([exitCode, stderr]).toEqual([4, expect.stringMatching(/port|address already in use/i)]);
      expect(await left()).toEqual(baseline);
    });
  });

  describe('with --verify', () => {
    const verify = ['--verify', '--fail-on', 'medium', ...LAB_INTERNET.flatMap((canary) => ['--internet', canary])];

    beforeAll(() => LAB_INTERNET.forEach(assertLabCanary));

    it('goes on when its server can do what the profile allows, and nothing else', async () => {
      const running = run(ECHO, '--profile', allowed, ...verify);
      running.child.stdin.end('after the audit\n');
      expect(await running.ended, running.stderr).toEqual({ code: 0, signal: null });
      expect(running.stdout).toBe('up\nafter the audit\n');
      expect(running.stderr).toMatch(/NET enforced/);
      expect(running.stderr).not.toMatch(/stopped:/);
      expect(await left()).toEqual(baseline);
    });

    it('stops a server that was given more than that', async () => {
      const running = run(ECHO, '--profile', allowed, '--user', '0', '--writable-root', ...verify);
      expect(await running.ended, running.stderr).toEqual({ code: 1, signal: null });
      expect(running.stderr).toMatch(/HARD-\d+/);
      expect(running.stderr).toMatch(/^bulkhead: stopped:/m);
      expect(await left()).toEqual(baseline);
    });
  });
});
