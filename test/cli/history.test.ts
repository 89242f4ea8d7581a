import { execa } from 'execa';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.ts';
import { reportOf, type ReportOptions } from '../../src/engine/report.ts';
import { openHistory } from '../../src/history/history.ts';
import type { HistoryRecord, HistoryRun } from '../../src/model/history.ts';
import type { Trend } from '../../src/model/trend.ts';
import { aBundle } from '../support/bundle.ts';
import { aRun, at } from '../support/history.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

let directory: string;
let env: NodeJS.ProcessEnv;

/** Whatever is written to standard error, it is no warning of Node.js and no stack. */
async function bulkhead(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, ...args], {
    reject: false,
    extendEnv: false,
    env: { ...env, ...more },
    cwd: directory,
  });
  expect(stderr).not.toMatch(/ {4}at |Warning/);
  return { exitCode, stdout, stderr };
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-history-cli-'));
  env = { PATH: process.env['PATH'], HOME: directory };
});
afterAll(async () => rm(directory, { recursive: true }));

describe('bulkhead history', () => {
  const session = (minute: number) => `abc${minute}5d7e9f0a1`;

  beforeAll(async () => {
    const options: ReportOptions = {
      failOn: 'medium',
      allowEmpty: false,
      accepted: {
        waivers: [
          {
            id: 'NET-004',
            target: 'weather',
            subject: '*',
            reason: 'known',
            owner: 'team',
            expires: '2027-01-31',
            inconclusive: true,
          },
        ],
        attestations: [],
        now: new Date('2026-11-20T09:00:00Z'),
      },
    };
    const history = openHistory(path.join(directory, 'kept.db'), { create: true });
    for (const minute of [0, 1, 2]) {
      const bundle = { ...aBundle(weather(minute)), ...at(minute * 1440, session(minute)) };
      const gathered = { ...bundle, options: { ...bundle.options, checks: CHECKS.map(({ meta }) => meta.id) } };
      await history.record({
        bundle: gathered,
        report: reportOf(gathered, CHECKS, options),
        options,
        trigger: minute === 2 ? { kind: 'schedule', text: 'every \u001b[2Jnight' } : { kind: 'manual', text: '' },
      });
    }
    history.close();
  });

  const weather = (minute: number) => ({
    target: {
      id: '1'.padStart(64, '0'),
      name: minute === 0 ? 'first' : 'weather',
      image: { reference: 'registry.example/mcp/weather:1', id: 'sha256:0' },
      platform: 'none' as const,
      discoveredBy: 'named on the command line',
      transport: 'stdio' as const,
      state: 'running',
      startedAt: '2026-01-01T00:00:00.000Z',
    },
    declaration: { profile: { network: { outbound: {} } }, source: 'flag' as const, location: 'profile.json', remarks: [] },
    observations: {},
  });
  const kept = ['--file', 'kept.db'];

  it('writes the trend as a page or as figures, narrowed, and never over a database', async () => {
    const { exitCode, stdout, stderr } = await bulkhead(['history', 'trend', 'trend.html', ...kept]);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const page = path.join(directory, 'trend.html');
    expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>[^]*Trend of 2 MCP servers[^]*<\/html>\n$/);
    expect((await stat(page)).mode & 0o777).toBe(0o600);
    const figures = async (...args: readonly string[]) =>
      JSON.parse((await bulkhead(['history', 'trend', '--format', 'json', ...kept, ...args])).stdout) as Trend;
    expect(await figures()).toMatchObject({ trendVersion: 1, summary: { runs: 3, targets: 2, open: 0 } });
    expect(await figures('--since', '2026-11-21', '--target', 'weather')).toMatchObject({
      since: '2026-11-21T00:00:00.000Z',
      target: 'weather',
      targets: [
        {
          name: 'weather',
          looks: [
            { run: 2, mark: 'undecided' },
            { run: 3, mark: 'undecided' },
          ],
        },
      ],
    });
    expect(await bulkhead(['history', 'trend', 'kept.db', ...kept])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/is a database, and is not written over/) as string,
    });
    expect(await bulkhead(['history', 'trend', '--format', 'pdf', ...kept])).toMatchObject({ exitCode: 2 });
    expect(await bulkhead(['history', 'trend', '--file', 'absent.db'])).toMatchObject({ exitCode: 2 });
  });

  it('lists the runs, newest first, and nothing steers a terminal', async () => {
    const { exitCode, stdout, stderr } = await bulkhead(['history', ...kept]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    // One of them is waived where the server is the one of the waiver.
    const undecided = CHECKS.length;
    const other = `${undecided - 1}`;
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['RUN', 'STARTED (UTC)', 'SESSION', 'FAILED', 'UNDECIDED', 'WAIVED', 'EXIT', 'TRIGGER', 'SERVERS'],
      ['3', '2026-11-22 00:00', 'abc25d7e9f0a…', '0', other, '1', '3', String.raw`schedule: every \u001b[2Jnight`, 'weather'],
      ['2', '2026-11-21 00:00', 'abc15d7e9f0a…', '0', other, '1', '3', 'manual', 'weather'],
      ['1', '2026-11-20 00:00', 'abc05d7e9f0a…', '0', `${undecided}`, '0', '3', 'manual', 'first'],
    ]);
  });

  it('lists what is asked for, for programs too', async () => {
    const ids = async (...args: readonly string[]) => {
      const { stdout } = await bulkhead(['history', ...kept, '--json', ...args]);
      return (JSON.parse(stdout) as readonly HistoryRun[]).map(({ id }) => id);
    };
    expect(await ids()).toEqual([3, 2, 1]);
    expect(await ids('--limit', '1')).toEqual([3]);
    expect(await ids('--target', 'weather')).toEqual([3, 2]);
    expect(await ids('--since', '2026-11-21')).toEqual([3, 2]);
    expect(await ids('--since', '2026-11-21T00:01')).toEqual([3]);
    expect((await bulkhead(['history', ...kept, '--target', 'nobody'])).stdout).toContain('No such run');
  });

  it('finds its file as everything else finds it', async () => {
    const list = async (more: NodeJS.ProcessEnv, ...args: readonly string[]) =>
      (await bulkhead(['history', ...args], more)).exitCode;
    expect(await list({})).toBe(2);
    expect(await list({ BULKHEAD_HISTORY: 'kept.db' })).toBe(0);
    expect(await list({ BULKHEAD_HISTORY: 'none.db' }, ...kept)).toBe(0);
    await writeFile(path.join(directory, 'named.yaml'), 'history: { file: kept.db }\n');
    expect(await list({}, '--config', 'named.yaml')).toBe(0);
    expect(await list({ BULKHEAD_CONFIG: 'named.yaml' })).toBe(0);
    expect(await list({ BULKHEAD_CONFIG: 'named.yaml' }, '--no-config')).toBe(2);
  });

  it.each(['latest', '3', 'abc2'])('shows a run by %s', async (name) => {
    const { exitCode, stdout, stderr } = await bulkhead(['history', 'show', name, ...kept, '--format', 'json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      session: session(2),
      exit: { code: 3 },
      waivers: [{ id: 'NET-004', owner: 'team' }],
    });
  });

  it('shows the run before, in several formats', async () => {
    const formats = ['--format', 'json=before.json', '--format', 'junit=before.xml', '--format', 'console'];
    const { exitCode, stdout } = await bulkhead(['history', 'show', 'previous', ...kept, ...formats]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('weather');
    expect(JSON.parse(await readFile(path.join(directory, 'before.json'), 'utf8'))).toMatchObject({ session: session(1) });
    expect(await readFile(path.join(directory, 'before.xml'), 'utf8')).toMatch(/<\/testsuites>\n$/);
  });

  it('says when it judges otherwise than whoever recorded', async () => {
    const history = openHistory(path.join(directory, 'changed.db'), { create: true });
    const run = aRun();
    await history.record({ ...run, report: { ...run.report, exit: { code: 1, reason: 'as it was' } } });
    history.close();
    const { exitCode, stderr } = await bulkhead(['history', 'show', '1', '--file', 'changed.db', '--quiet']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/with 0 failed and exit code 1; this version judges .* otherwise: 0 failed, exit code 3/);
  });

  it('exports everything, a run a line or as one list, and the bundles', async () => {
    const lines = await bulkhead(['history', 'export', ...kept]);
    expect({ exitCode: lines.exitCode, stderr: lines.stderr }).toEqual({ exitCode: 0, stderr: '' });
    const runs = lines.stdout.split('\n').map((line) => JSON.parse(line) as HistoryRecord);
    expect(runs.map(({ id, findings }) => [id, findings.length])).toEqual([1, 2, 3].map((id) => [id, CHECKS.length]));

    const args = ['--format', 'json', '--since', '2026-11-21', '--bundles', 'bundles', 'export.json'];
    expect((await bulkhead(['history', 'export', ...kept, ...args])).exitCode).toBe(0);
    expect(JSON.parse(await readFile(path.join(directory, 'export.json'), 'utf8'))).toEqual(runs.slice(1));
    expect((await stat(path.join(directory, 'export.json'))).mode & 0o777).toBe(0o600);
    const names = runs.slice(1).map(({ bundle }) => `${bundle}.json`);
    expect((await readdir(path.join(directory, 'bundles'))).toSorted()).toEqual(names.toSorted());
    const report = await bulkhead(['report', path.join('bundles', names[0] ?? ''), '--format', 'json']);
    expect(JSON.parse(report.stdout)).toMatchObject({ session: session(1) });
  });

  it('finds no damage where there is none, and names it where there is', async () => {
    expect(await bulkhead(['history', 'check', ...kept])).toEqual({
      exitCode: 0,
      stdout: 'kept.db: 3 runs, no damage',
      stderr: '',
    });
    const bytes = await readFile(path.join(directory, 'kept.db'));
    // Inside the first packed bundle, which SQLite does not look into.
    const offset = bytes.indexOf(Buffer.from([0x1f, 0x8b, 0x08])) + 40;
    bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
    await writeFile(path.join(directory, 'bad.db'), bytes);
    const check = await bulkhead(['history', 'check', '--file', 'bad.db']);
    expect(check.exitCode).toBe(4);
    expect(check.stdout).toMatch(/content [0-9a-f]{64}/);
    const saved = await bulkhead(['history', 'export', '--file', 'bad.db', '--bundles', 'saved', 'saved.jsonl']);
    expect(saved.exitCode).toBe(4);
    expect(saved.stderr).toMatch(/the bundle of run \d: .*damaged/);
    expect((await readFile(path.join(directory, 'saved.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(3);
    expect(await readdir(path.join(directory, 'saved'))).toHaveLength(2);
    expect(Buffer.compare(bytes, await readFile(path.join(directory, 'bad.db')))).toBe(0);
  });

  it.each<readonly [readonly string[], number, RegExp]>([
    [['show', '99', ...kept], 2, /no run 99/],
    [['show', 'zzz', ...kept], 2, /no run zzz/],
    [['show', '', ...kept], 2, /no run/],
    [['show', 'abc', ...kept], 2, /Several sessions start with abc/],
    [['show', 'latest', ...kept, '--format', 'pdf'], 2, /one of console/],
    [['prune', ...kept], 2, /--keep N, --older-than 90d/],
    [['prune', ...kept, '--older-than', 'long'], 2, /12h or 90d/],
    [['--since', '2026-02-30', ...kept], 2, /2026-11-20 or 90d/],
    [['--limit', '0', ...kept], 2, /whole number/],
    [['export', ...kept, '--format', 'xml'], 2, /jsonl/],
    [['export', ...kept, 'kept.db'], 2, /kept\.db is a database, and is not written over/],
    [['export', ...kept, path.join('none', 'x')], 4, /could not be written/],
    [['--file', 'none.db'], 2, /audit --record/],
    [['--file', '.'], 4, /could not be opened/],
    [['--file', 'named.yaml'], 4, /is no history/],
  ])('%j is refused', async (args, code, words) => {
    const { exitCode, stderr, stdout } = await bulkhead(['history', ...args]);
    expect(stderr).toMatch(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
  });

  it('says which Node.js it needs where there is no SQLite, and everything else works', async () => {
    const without = { NODE_OPTIONS: '--no-experimental-sqlite' };
    const list = await bulkhead(['history', ...kept], without);
    expect(list.exitCode).toBe(4);
    expect(list.stderr).toMatch(/Node\.js 22\.13 or newer/);
    expect((await bulkhead(['checks', 'NET-004'], without)).exitCode).toBe(0);
    expect((await bulkhead(['history', '--help'], without)).exitCode).toBe(0);
  });

  it('deletes what is not to be kept', async () => {
    const { exitCode, stdout } = await bulkhead(['history', 'prune', ...kept, '--keep', '1']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '2 runs deleted, 2 bundles and baselines with them' });
    expect((await bulkhead(['history', 'prune', ...kept, '--keep', '1', '--older-than', '5000w'])).stdout).toMatch(/^0 runs/);
    expect((await bulkhead(['history', ...kept])).stdout.split('\n')).toHaveLength(2);
  });
});

describe('bulkhead audit --record', () => {
  let engine: http.Server;
  let host: string;

  beforeAll(async () => {
    const socket = path.join(directory, 'engine.sock');
    // An engine without a container: enough for an audit that has nobody to look at.
    engine = http.createServer((request, response) => {
      const name = /^(?:\/v[\d.]+)?\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
      const answers: Readonly<Record<string, unknown>> = {
        version: { Version: '28.5.2', ApiVersion: '1.51', Os: 'linux', Arch: 'amd64', KernelVersion: '6.12' },
        info: { SecurityOptions: [] },
        containers: [],
        networks: [],
        volumes: { Volumes: [] },
      };
      // Nothing can be started, and so nothing is.
      if (request.method !== 'GET') response.statusCode = 500;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[name] ?? {}));
    });
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    host = `unix://${socket}`;
  });
  afterAll(() => engine.close());

  const audit = async (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    bulkhead(['audit', '--host', host, '--no-internet', ...args], more);
  const runsIn = async (file: string) => {
    const { stdout, exitCode } = await bulkhead(['history', '--file', file, '--json']);
    return exitCode === 0 ? (JSON.parse(stdout) as readonly HistoryRun[]) : [];
  };
  const DEFAULT = path.join('.local', 'state', 'bulkhead', 'history.db');

  it('keeps the run where it is told to', async () => {
    const first = await audit(['--record=./told.db']);
    expect(first.stderr).toMatch(/recorded as run 1 in \.\/told\.db/);
    expect(first.exitCode).toBe(3);
    await audit(['--quiet'], { BULKHEAD_HISTORY: 'told.db' });
    expect(await runsIn('told.db')).toMatchObject([
      { id: 2, exit: { code: 3 }, targets: [], trigger: { kind: 'manual', text: '' }, interrupted: false },
      { id: 1, engine: { version: '28.5.2' } },
    ]);
    expect(await runsIn(DEFAULT)).toEqual([]);
  });

  it('keeps it in the file of the user by default, and nowhere unless asked to', async () => {
    await audit([]);
    expect(await runsIn(DEFAULT)).toEqual([]);
    await audit(['--record']);
    expect(await runsIn(DEFAULT)).toHaveLength(1);
    await audit(['--no-record'], { BULKHEAD_HISTORY: DEFAULT });
    expect(await runsIn(DEFAULT)).toHaveLength(1);
    const state = path.join(directory, 'xdg');
    await audit(['--record'], { XDG_STATE_HOME: state });
    expect(await runsIn(path.join(state, 'bulkhead', 'history.db'))).toHaveLength(1);
  });

  it('keeps as many as the configuration says', async () => {
    await writeFile(path.join(directory, 'history.yaml'), 'history: { file: limited.db, keepRuns: 2 }\n');
    for (let run = 0; run < 3; run += 1) await audit(['--config', 'history.yaml']);
    expect((await runsIn('limited.db')).map(({ id }) => id)).toEqual([3, 2]);
    const { stderr } = await audit(['--config', 'history.yaml']);
    expect(stderr).toMatch(/1 older run was pruned/);
  });

  it('lets a configuration that nobody named limit no history but its own', async () => {
    const found = path.join(directory, 'bulkhead.yaml');
    await writeFile(found, 'history: { keepRuns: 1 }\n');
    try {
      for (let run = 0; run < 2; run += 1) expect((await audit(['--record=./other.db'])).stderr).toMatch(/nothing is pruned/);
      expect(await runsIn('other.db')).toHaveLength(2);
      await writeFile(found, 'history: { file: ../outside.db }\n');
      expect(await audit([])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/leads out of its directory/) as string,
      });
      await writeFile(found, 'history: { keepRuns: many }\n');
      expect(await audit([])).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/keepRuns.*whole number/) as string });
    } finally {
      await rm(found);
    }
  });

  it('writes its reports and ends with 4 where it cannot record', async () => {
    await writeFile(path.join(directory, 'text.db'), 'not a database');
    const { exitCode, stdout, stderr } = await audit(['--record', 'text.db', '--save', 'saved.json', '--format', 'json']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/text\.db is no history/);
    expect(JSON.parse(stdout)).toMatchObject({ exit: { code: 3 } });
    expect(await readFile(path.join(directory, 'saved.json'), 'utf8')).toMatch(/\}\n$/);
    expect(await readFile(path.join(directory, 'text.db'), 'utf8')).toBe('not a database');
    const without = await audit(['--record', '--format', 'json'], { NODE_OPTIONS: '--no-experimental-sqlite' });
    expect(without.exitCode).toBe(4);
    expect(JSON.parse(without.stdout)).toMatchObject({ exit: { code: 3 } });
  });

  it('takes no name of a server for a file', async () => {
    expect(await audit(['--record', 'github'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/a server's name stands before --record/) as string,
    });
    expect(await readdir(directory)).not.toContain('github');
  });
});
