import { execa } from 'execa';
import { on, once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertLabCanary, LAB_INTERNET } from '../support/audit.ts';
import { Fixtures } from '../support/fixtures.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

describe.skipIf(NO_LAB)(`${LAB_NAME}: an audit that is ended from outside`, () => {
  let session: LabSession;
  let fixtures: Fixtures;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    for (const name of ['end-a', 'end-b', 'end-c']) await fixtures.run({ name, network: name === 'end-a' ? 'bridge' : 'none' });
    // Makes the image, so that what follows is the audit and not its preparation.
    expect((await start()).exitCode).toBe(1);
  });
  afterAll(async () => fixtures?.remove());

  function start(...more: readonly string[]) {
    for (const canary of LAB_INTERNET) assertLabCanary(canary);
    const args = [
      'audit',
      'end-a',
      'end-b',
      'end-c',
      '--profile',
      'none',
      '--host',
      session.lab.dockerHost,
      '--timeout',
      '1000',
      ...LAB_INTERNET.flatMap((canary) => ['--internet', canary]),
      ...more,
    ];
    return execa(process.execPath, [CLI, ...args], {
      reject: false,
      extendEnv: false,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    });
  }

  async function leftovers(): Promise<readonly string[]> {
    const filters = { label: ['dev.bulkhead.session'] };
    const containers = await session.docker.listContainers({ all: true, filters });
    const networks = await session.docker.listNetworks({ filters });
    const { Volumes } = await session.docker.listVolumes();
    return [...containers.map(({ Id }) => Id), ...networks.map(({ Name }) => Name), ...(Volumes ?? []).map(({ Name }) => Name)];
  }

  it('by Ctrl-C, at any of five moments: exit 130, nothing left, and what was finished is printed', async () => {
    for (const ms of [0, 200, 500, 1000, 1800]) {
      const run = start('--format', 'json');
      await once(run.stderr, 'data');
      await delay(ms);
      run.kill('SIGINT');
      const { exitCode, stdout } = await run;
      expect([130, 1], `${ms} ms after the first word`).toContain(exitCode);
      if (stdout !== '' && exitCode === 130) expect((JSON.parse(stdout) as { interrupted: boolean }).interrupted).toBe(true);
      expect(await leftovers(), `${ms} ms after the first word`).toEqual([]);
    }
  });

  it('by SIGKILL at ten random moments: the next run removes what it left', async () => {
    for (let round = 0; round < 10; round += 1) {
      const run = start('--quiet');
      await delay(200 + Math.random() * 3000);
      run.kill('SIGKILL');
      await run;
    }
    const { exitCode, stdout } = await start('--format', 'json');
    expect(exitCode).toBe(1);
    expect((JSON.parse(stdout) as { notes: readonly string[] }).notes.join()).not.toMatch(/could not be removed/);
    expect(await leftovers()).toEqual([]);
  });

  it('by the end of the engine: exit 4, and what was finished is printed', async () => {
    // A relay before the real socket plays the engine that goes away; the lab's own is needed by others.
    const relays = new Set<net.Socket>();
    const socket = path.join(session.lab.sharedDir, 'relay.sock');
    const server = net
      .createServer((client) => {
        const upstream = net.connect(session.lab.socketPath);
        for (const end of [client, upstream]) {
          relays.add(end);
          end.on('error', () => undefined);
        }
        client.pipe(upstream);
        upstream.pipe(client);
      })
      .listen(socket);
    const args = [
      'audit',
      'end-a',
      '--profile',
      'none',
      '--host',
      `unix://${socket}`,
      '--format',
      'json',
      ...LAB_INTERNET.flatMap((canary) => ['--internet', canary]),
    ];
    const run = execa(process.execPath, [CLI, ...args], {
      reject: false,
      extendEnv: false,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    });
    for await (const [chunk] of on(run.stderr, 'data')) if (String(chunk).includes('making')) break;
    server.close();
    for (const end of relays) end.destroy();
    const { exitCode, stdout } = await run;
    expect(exitCode).toBe(4);
    const report = JSON.parse(stdout) as { findings: readonly { status: string; check: string }[]; exit: { reason: string } };
    expect(report.findings.filter(({ status, check }) => status === 'pass' && check.startsWith('NET-004'))).toEqual([]);
    expect(report.exit.reason).toMatch(/engine/);
    await start('--quiet');
    expect(await leftovers()).toEqual([]);
  });

  it('saves a bundle that judges to the same report, without the engine', async () => {
    const file = path.join(session.lab.sharedDir, 'saved.bundle.json');
    const first = await start('--save', file, '--format', 'json');
    const second = await execa(process.execPath, [CLI, 'evaluate', file, '--format', 'json'], { reject: false });
    expect(second.exitCode).toBe(first.exitCode);
    expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout));
  });

  it('prints with --dry-run what it would attempt, and attempts nothing', async () => {
    const before = (await session.lab.connectionLog()).length;
    const { stdout, exitCode } = await start('--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/internet +tcp +canary\.test:443 direct IPv4, control: bridge/);
    expect((await session.lab.connectionLog()).length).toBe(before);
    expect(await leftovers()).toEqual([]);
  });
});
