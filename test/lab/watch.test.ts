import { execa } from 'execa';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DriftEvent, Event } from '../../src/model/event.ts';
import { assertLabCanary, LAB_INTERNET } from '../support/audit.ts';
import { Fixtures } from '../support/fixtures.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
/** Podman connects no container that has no network at all. */
const CLOSED = ENGINE === 'podman' ? 'watch-inner' : 'none';
/** The promise of the command, with room for a machine that does other things too. Milliseconds. */
const SOON = { timeout: 60_000, interval: 100 };

describe.skipIf(NO_LAB)(`${LAB_NAME}: a watch`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let directory: string;
  let running: Watching | undefined;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    await fixtures.network('watch-open');
    await fixtures.network('watch-inner', { Internal: true });
    // Makes the image, so that what follows is the watch and not its preparation.
    await fixtures.run({ name: 'watch-other', network: CLOSED });
  });
  afterAll(async () => fixtures?.remove());
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-watch-'));
  });
  afterEach(async () => {
    await running?.end('SIGKILL');
    running = undefined;
    await rm(directory, { recursive: true, force: true });
  });

  interface Watching {
    readonly events: Event[];
    readonly log: () => string;
    readonly end: (signal: NodeJS.Signals) => Promise<number | undefined>;
  }

  /** Starts a watch of these servers and waits until it has scanned once. */
  async function watching(names: readonly string[], ...more: readonly string[]): Promise<Watching> {
    for (const canary of LAB_INTERNET) assertLabCanary(canary);
    const args = [
      'watch',
      ...names,
      '--profile',
      'none',
      '--host',
      session.lab.dockerHost,
      '--timeout',
      '1000',
      '--json',
      '--record',
      path.join(directory, 'history.db'),
      ...LAB_INTERNET.flatMap((canary) => ['--internet', canary]),
      ...more,
    ];
    const child = execa(process.execPath, [CLI, ...args], {
      reject: false,
      buffer: false,
      extendEnv: false,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
      cwd: directory,
    });
    let log = '';
    let rest = '';
    const events: Event[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.map((line) => JSON.parse(line) as Event));
    });
    const watch: Watching = {
      events,
      log: () => log,
      end: async (signal) => {
        child.kill(signal);
        return (await child).exitCode;
      },
    };
    running = watch;
    await expect.poll(() => log, SOON).toMatch(/targets: /);
    return watch;
  }

  const drifts = ({ events }: Watching): readonly DriftEvent[] => events.filter((event) => event.type === 'drift');
  const texts = (watch: Watching): string =>
    drifts(watch)
      .flatMap(({ data }) => data.changes.map(({ kind, text }) => `${kind}: ${text}`))
      .join('\n');

  /** What a person does by hand: a server without a network is put on an open one. */
  async function open(id: string): Promise<void> {
    if (CLOSED === 'none') await session.docker.getNetwork('none').disconnect({ Container: id });
    await session.docker.getNetwork('watch-open').connect({ Container: id });
  }

  it('tells what a server reaches that was connected to an open bridge, and when it is closed again', async () => {
    const id = await fixtures.run({
      name: 'watch-clean',
      network: CLOSED,
      user: '65532:65532',
      host: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true },
    });
    const watch = await watching(['watch-clean']);
    expect(watch.events).toEqual([]);
    const before = Date.now();
    await open(id);
    await expect.poll(() => texts(watch), SOON).toMatch(/^opened: .*203\.0\.113\.10:80/m);
    const openedAfter = Date.now() - before;
    const opened = drifts(watch)[0];
    expect(opened?.data.severity).toMatch(/high|critical/);
    expect(opened?.data.changes.every(({ target = 'watch-clean' }) => target === 'watch-clean')).toBe(true);
    expect(texts(watch)).toMatch(/^networks: .*watch-open/m);

    const seen = watch.events.length;
    const again = Date.now();
    await session.docker.getNetwork('watch-open').disconnect({ Container: id });
    await expect
      .poll(
        () =>
          drifts({ ...watch, events: watch.events.slice(seen) })
            .flatMap(({ data }) => data.changes)
            .map(({ kind, text }) => `${kind}: ${text}`)
            .join('\n'),
        SOON,
      )
      .toMatch(/^closed: .*203\.0\.113\.10:80/m);
    process.stderr.write(`watch: opened was told after ${openedAfter} ms, closed after ${Date.now() - again} ms\n`);
    expect(watch.events.filter(({ type }) => type !== 'drift')).toEqual([]);
  });

  it('tells of a server that came and of one that went, and leaves the others alone', async () => {
    await writeFile(
      path.join(directory, 'watch.yaml'),
      JSON.stringify({
        telling: {
          commands: [{ argv: ['tee', '-a', path.join(directory, 'told')], minSeverity: 'info' }],
          metrics: { listen: '127.0.0.1:0', textfile: 'bulkhead.prom' },
        },
      }),
    );
    const watch = await watching([], '--all', '--config', 'watch.yaml');
    const id = await fixtures.run({ name: 'watch-comes', network: CLOSED });
    await expect.poll(() => texts(watch), SOON).toMatch(/^target-appeared: .*watch-comes/m);
    await session.docker.getContainer(id).remove({ force: true });
    await expect.poll(() => texts(watch), SOON).toMatch(/^target-vanished: .*watch-comes/m);
    expect(
      drifts(watch)
        .flatMap(({ data }) => data.changes)
        .filter(({ target }) => target === 'watch-other'),
    ).toEqual([]);
    const told = () => readFile(path.join(directory, 'told'), 'utf8');
    await expect.poll(told, SOON).toMatch(/"target-vanished"/);
    expect(await told()).toMatch(/"target-appeared".*watch-comes/);
    const url = /metrics at (\S+)/.exec(watch.log())?.[1] ?? '';
    const metrics = await (await fetch(url)).text();
    expect(metrics).toMatch(/^bulkhead_drift_changes_total\{kind="target-vanished"\} [1-9]/m);
    expect(await readFile(path.join(directory, 'bulkhead.prom'), 'utf8')).toContain('bulkhead_findings');
    expect((await fetch(url.replace('/metrics', '/readyz'))).status).toBe(200);
  });

  it('ends at SIGTERM in the middle of a scan with 0 and leaves nothing on the engine; the next one knows what was', async () => {
    const first = await watching(['watch-other']);
    await session.docker.getContainer('watch-other').restart({ t: 0 });
    await expect.poll(first.log, SOON).toMatch(/event: .*container watch-other/);
    expect(await first.end('SIGTERM')).toBe(0);
    const filters = { label: ['dev.bulkhead.session'] };
    expect(await session.docker.listContainers({ all: true, filters })).toEqual([]);
    expect(await session.docker.listNetworks({ filters })).toEqual([]);

    await open((await session.docker.getContainer('watch-other').inspect()).Id);
    const second = await watching(['watch-other']);
    await expect.poll(() => texts(second), SOON).toMatch(/^opened: .*203\.0\.113\.10:80/m);
  });

  it('refuses to run programs for a configuration that nobody named', async () => {
    await writeFile(path.join(directory, 'bulkhead.yaml'), `telling:\n  commands:\n    - argv: [touch, ${directory}/ran]\n`);
    const { exitCode, stderr } = await execa(
      process.execPath,
      [CLI, 'watch', '--host', session.lab.dockerHost, '--no-internet'],
      {
        reject: false,
        extendEnv: false,
        env: { PATH: process.env['PATH'], HOME: directory },
        cwd: directory,
      },
    );
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/wants to run programs/);
  });
});
