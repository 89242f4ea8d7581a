import { execa } from 'execa';
import type { CronJob } from 'kubernetes-types/batch/v1.d.ts';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { findProgram } from '../../lab/run.ts';
import { ensureServerImage } from '../../samples/servers/images.ts';
import type { Drift } from '../../src/model/drift.ts';
import type { HistoryRun } from '../../src/model/history.ts';
import type { Report } from '../../src/model/report.ts';
import { assertLabCanary, LAB_INTERNET } from '../support/audit.ts';
import { findCompose } from '../support/compose.ts';
import { readWorkflow, runSteps, type StepResult } from '../support/github-runner.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { eventually, Running } from '../support/running.ts';
import { importScheduledImage } from '../support/scheduled-image.ts';
import { readCronTable, readScheduled, readUnit, SCHEDULED, settingOf } from '../support/scheduled.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CLI = path.join(ROOT, 'dist/cli.js');
/** Of the image, and of whom the test runs the unit as. */
const USER = 65532;
const FOREIGN = ENGINE === 'podman' ? 'the samples are written for docker: ' : '';
const COMPOSE = NO_LAB ? ({ reason: 'no lab' } as const) : await findCompose();
const NO_COMPOSE =
  'reason' in COMPOSE ? `${COMPOSE.reason}: ` : findProgram('docker') === undefined ? 'there is no docker command: ' : '';

const bulkhead = async (...args: readonly string[]) => execa(process.execPath, [CLI, ...args], { reject: false });
/** What DynamicUser, SupplementaryGroups and CapabilityBoundingSet of the units come to. */
const unprivileged = (group: number): readonly string[] => [
  'setpriv',
  `--reuid=${USER}`,
  `--regid=${USER}`,
  `--groups=${group}`,
  '--no-new-privs',
  '--bounding-set=-all',
  '--inh-caps=-all',
];
const [SETPRIV = '', ...FLAGS] = unprivileged(USER);
const READABLE = (await execa(SETPRIV, [...FLAGS, process.execPath, CLI, '--version'], { reject: false })).exitCode === 0;
const UNREADABLE = READABLE ? '' : 'skipped, for this checkout is closed to other users: ';

describe.skipIf(NO_LAB || FOREIGN !== '')(`${FOREIGN}${LAB_NAME}: samples/scheduled, as they stand`, () => {
  let session: LabSession;
  let directory: string;
  let group: number;
  const at = (...names: readonly string[]): string => path.join(directory, ...names);

  beforeAll(async () => {
    session = await openLab();
    group = (await stat(session.lab.socketPath)).gid;
    directory = await mkdtemp(path.join(session.lab.sharedDir, 'scheduled-'));
    await chmod(directory, 0o755);
    // Where README.md installs to, with this directory for a root.
    for (const name of ['usr/local/bin', 'etc/bulkhead', 'project', 'actions/restore', 'actions/save'])
      await mkdir(at(name), { recursive: true });
    for (const name of ['unit', 'cron', 'container', 'watch']) {
      await mkdir(at(name), { mode: 0o700 });
      if (name !== 'cron') await chown(at(name), USER, USER);
    }
    await writeFile(
      at('usr/local/bin/bulkhead'),
      `#!/bin/sh
exec ${process.execPath} ${CLI} "$@"
`,
      { mode: 0o755 },
    );
    await copyFile(path.join(SCHEDULED, 'scan.sh'), at('usr/local/bin/bulkhead-scan'));
    await copyFile(path.join(SCHEDULED, 'tell.sh'), at('usr/local/bin/bulkhead-tell'));
    await writeFile(at('etc/bulkhead/bulkhead.yaml'), withCanaries(readScheduled('bulkhead.yaml')));
    await startServer('scheduled-kept', 'none');
    await startServer('scheduled-lost', 'none');
  });
  afterAll(async () => {
    for (const name of ['scheduled-kept', 'scheduled-lost']) await removeContainer(name);
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  async function removeContainer(name: string): Promise<void> {
    for (const { Id } of await session.docker.listContainers({ all: true, filters: { name: [`^/${name}$`] } }))
      await session.docker.getContainer(Id).remove({ force: true });
  }

  /** A server that keeps to `profile: none` on no network, and on no other. */
  async function startServer(name: string, network: string): Promise<void> {
    await removeContainer(name);
    const container = await session.docker.createContainer({
      name,
      Image: await ensureServerImage(session.docker, 'memory'),
      OpenStdin: true,
      User: '65534:65534',
      HostConfig: {
        NetworkMode: network,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
      },
    });
    await container.start();
  }

  const envOf = (state: string): Readonly<Record<string, string>> => ({
    PATH: `${at('usr/local/bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    DOCKER_HOST: session.lab.dockerHost,
    BULKHEAD_CONFIG: at('etc/bulkhead/bulkhead.yaml'),
    STATE_DIRECTORY: at(state),
  });

  interface Ended {
    readonly code: number | undefined;
    readonly output: string;
  }
  const run = async (argv: readonly string[], env: Readonly<Record<string, string>>, cwd = directory): Promise<Ended> => {
    const [program = '', ...args] = argv;
    const { exitCode, all } = await execa(program, args, { cwd, extendEnv: false, env, all: true, reject: false });
    return { code: exitCode, output: all };
  };

  /** The words of `ExecStart=`, with this test's root before the program. */
  function execStart(unit: string): readonly string[] {
    const words = settingOf(readUnit(readScheduled(`systemd/${unit}`)), 'Service.ExecStart').match(/"[^"]*"|\S+/g) ?? [];
    const [program = '', ...args] = words.map((word) => word.replaceAll('"', ''));
    return [path.join(directory, program), ...args];
  }

  /** What a unit's `Environment=` sets, with this test's directories for those of systemd. */
  function environmentOf(unit: string, state: string): Readonly<Record<string, string>> {
    const lines = readUnit(readScheduled(`systemd/${unit}`)).flatMap(([key, value]) =>
      key === 'Service.Environment' ? [value] : [],
    );
    const set = lines.map((line) => /^(\w+)=(.*)$/.exec(line.replace('%S/bulkhead', at(state)).replace('%E', at('etc'))) ?? []);
    return { ...envOf(state), ...Object.fromEntries(set.map(([, name = '', value = '']) => [name, value])) };
  }

  async function byUnit(): Promise<Ended> {
    expect(settingOf(readUnit(readScheduled('systemd/bulkhead-scan.service')), 'Service.PrivateNetwork')).toBe('yes');
    return run(
      ['unshare', '--net', ...unprivileged(group), ...execStart('bulkhead-scan.service')],
      environmentOf('bulkhead-scan.service', 'unit'),
    );
  }

  async function byCron(): Promise<Ended> {
    const { env, entries } = readCronTable(readScheduled('crontab'));
    const given = { ...envOf('cron'), HOME: '/root', LOGNAME: 'root', SHELL: env['SHELL'] ?? '' };
    return run([given.SHELL, '-c', entries[0]?.command ?? ''], given, '/');
  }

  async function byCompose(): Promise<Ended> {
    await cp(SCHEDULED, at('compose'), { recursive: true });
    await copyFile(at('etc/bulkhead/bulkhead.yaml'), at('compose/bulkhead.yaml'));
    await symlink(at('container'), at('compose/state'));
    await mkdir(at('docker/cli-plugins'), { recursive: true });
    const program =
      'path' in COMPOSE && COMPOSE.path !== '' ? path.join(COMPOSE.path, 'docker-compose') : findProgram('docker-compose');
    if (program !== undefined) await symlink(program, at('docker/cli-plugins/docker-compose'));
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      DOCKER_CONFIG: at('docker'),
      DOCKER_HOST: session.lab.dockerHost,
      DOCKER_SOCKET: session.lab.socketPath,
      DOCKER_GID: String(group),
    };
    const checked = await run(
      ['docker', 'compose', '--profile', 'scan', '--profile', 'watch', 'config', '--quiet'],
      env,
      at('compose'),
    );
    expect(checked).toEqual({ code: 0, output: '' });
    return run(['docker', 'compose', 'run', '--rm', '--no-TTY', 'scan'], env, at('compose'));
  }

  /** The container of the manifest's pod, as far as the engine of a node would make it so. */
  async function byKubernetes(): Promise<Ended> {
    const documents = parseAllDocuments(readScheduled('kubernetes.yaml')).map((each) => each.toJS() as { readonly kind: string });
    const job = documents.find(({ kind }) => kind === 'CronJob') as CronJob;
    const { volumes = [], containers, securityContext } = job.spec?.jobTemplate.spec?.template.spec ?? { containers: [] };
    const [scan] = containers;
    const places = { engine: session.lab.socketPath, configuration: at('etc/bulkhead'), state: at('container') };
    expect(volumes.map(({ name }) => name).toSorted()).toEqual(Object.keys(places).toSorted());
    const container = await session.docker.createContainer({
      Image: scan?.image ?? '',
      ...(scan?.command === undefined ? {} : { Entrypoint: [...scan.command] }),
      Cmd: [...(scan?.args ?? [])],
      Env: (scan?.env ?? []).map(({ name, value }) => `${name}=${value}`),
      User: `${securityContext?.runAsUser}:${securityContext?.runAsGroup}`,
      HostConfig: {
        NetworkMode: 'none',
        GroupAdd: [String(group)],
        ReadonlyRootfs: scan?.securityContext?.readOnlyRootFilesystem === true,
        CapDrop: [...(scan?.securityContext?.capabilities?.drop ?? [])],
        SecurityOpt: ['no-new-privileges:true'],
        Binds: (scan?.volumeMounts ?? []).map(
          ({ name, mountPath, readOnly }) => `${places[name as keyof typeof places]}:${mountPath}${readOnly ? ':ro' : ''}`,
        ),
      },
    });
    try {
      await container.start();
      const { StatusCode } = (await container.wait()) as { readonly StatusCode: number };
      return { code: StatusCode, output: (await container.logs({ stdout: true, stderr: true })).toString('utf8') };
    } finally {
      await container.remove({ force: true });
    }
  }

  /** The workflow, with a cache in which there is the first history of the unit. */
  async function byGitHub(): Promise<ReadonlyMap<string, StepResult>> {
    const [restore, save] = [at('actions/restore'), at('actions/save')];
    const copy = (words: string): string =>
      stringify({
        inputs: { path: {}, key: {}, 'restore-keys': {} },
        runs: { using: 'composite', steps: [{ shell: 'bash', env: { FILE: '${{ inputs.path }}' }, run: words }] },
      });
    await writeFile(path.join(restore, 'action.yml'), copy(`cp "${at('cached.db')}" "$FILE"`));
    await writeFile(path.join(save, 'action.yml'), copy(`cp "$FILE" "${at('saved.db')}"`));
    await copyFile(at('etc/bulkhead/bulkhead.yaml'), at('project/bulkhead.yaml'));
    const { PATH = '', DOCKER_HOST = '' } = envOf('');
    const workflow = readWorkflow(path.join(SCHEDULED, '.github/workflows/mcp-scan.yml'));
    const results = await runSteps(
      {
        workspace: at('project'),
        env: { PATH, DOCKER_HOST, HOME: directory },
        actions: { 'actions/cache/restore': restore, 'actions/cache/save': save },
      },
      workflow.jobs['scan']?.steps ?? [],
    );
    return new Map(results.map((result) => [result.step.name ?? result.step.uses ?? '', result]));
  }

  const runsIn = async (file: string): Promise<readonly HistoryRun[]> =>
    JSON.parse((await bulkhead('history', '--json', '--file', file)).stdout) as readonly HistoryRun[];

  /** What README.md says there is after a scan, and what it says. */
  async function checkResults(state: string, codes: readonly number[]): Promise<void> {
    const runs = await runsIn(path.join(state, 'history.db'));
    expect(runs.map(({ exit }) => exit.code)).toEqual(codes);
    const report = JSON.parse(await readFile(path.join(state, 'report.json'), 'utf8')) as Report;
    expect(report.session).toBe(runs[0]?.session);
    expect(report.targets.map(({ name }) => name)).toEqual(['scheduled-kept', 'scheduled-lost']);
    const failed = report.findings.filter(({ status }) => status === 'fail').map(({ target }) => target);
    expect(new Set(failed)).toEqual(new Set(codes[0] === 1 ? ['scheduled-lost'] : []));
    expect(await readFile(path.join(state, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    expect(JSON.parse(await readFile(path.join(state, 'bundle.json'), 'utf8'))).toMatchObject({ session: report.session });
    expect((await stat(path.join(state, 'history.db'))).mode & 0o077).toBe(0);
  }

  describe('while both servers keep to their profile', () => {
    it.skipIf(!READABLE)(`${UNREADABLE}the unit ends with 0, and nobody is told`, async () => {
      const { code, output } = await byUnit();
      expect(code, output).toBe(0);
      await checkResults(at('unit'), [0]);
      await copyFile(at('unit/history.db'), at('cached.db'));
      expect(await tell('success', 0)).toBe('');
    });

    it('cron has nothing to mail', async () => {
      expect(await byCron()).toEqual({ code: 0, output: '' });
      await checkResults(at('cron'), [0]);
    });

    it.skipIf(NO_COMPOSE !== '')(`${NO_COMPOSE}the container of the compose file ends with 0`, async () => {
      await importScheduledImage(session.docker, 'bulkhead-scheduled:0.1.0');
      const { code, output } = await byCompose();
      expect(code, output).toBe(0);
      await checkResults(at('container'), [0]);
    });
  });

  describe('when one of them has lost its seal', () => {
    beforeAll(async () => {
      await startServer('scheduled-lost', 'bridge');
    });

    it('cron mails the report; a scan beside it does not take place', async () => {
      const env = envOf('cron');
      const first = byCron();
      // It holds the lock before it takes the last scan's reports away.
      await eventually(() => existsSync(at('cron/report.json'))).toBe(false);
      expect((await run([at('usr/local/bin/bulkhead-scan')], env)).code).toBe(75);
      const { code, output } = await first;
      expect(code, output).toBe(0);
      expect(output).toMatch(/HOST-001 {2}scheduled-lost[^]*\n\nbulkhead-scan ended with 1$/);
      await checkResults(at('cron'), [1, 0]);
    });

    it.skipIf(!READABLE)(`${UNREADABLE}the unit ends with 1, which is a result, and somebody is told`, async () => {
      const { code, output } = await byUnit();
      expect(code, output).toBe(1);
      await checkResults(at('unit'), [1, 0]);
      const successes = settingOf(readUnit(readScheduled('systemd/bulkhead-scan.service')), 'Service.SuccessExitStatus');
      expect(successes.split(' ')).toContain(String(code));
      expect(await tell('success', 1)).toMatch(/^bulkhead-scan on .* found a violation\./);
    });

    it.skipIf(!READABLE)(`${UNREADABLE}what changed is said and told`, async () => {
      const drift = JSON.parse(await readFile(at('unit/changes.json'), 'utf8')) as Drift;
      const opened = drift.changes.filter(({ kind }) => kind === 'opened').map(({ target }) => target);
      expect(new Set(opened)).toEqual(new Set(['scheduled-lost']));
      expect(await readFile(at('unit/changes.md'), 'utf8')).toMatch(/scheduled-lost/);
      expect(await tell('success', 1)).toMatch(/scheduled-lost/);
    });

    it.skipIf(NO_COMPOSE !== '')(
      `${NO_COMPOSE}the container of the manifest ends with 1 and goes on with the history`,
      async () => {
        const { code, output } = await byKubernetes();
        expect(code, output).toBe(1);
        await checkResults(at('container'), [1, 0]);
      },
    );

    it.skipIf(!READABLE)(`${UNREADABLE}the workflow fails, and history and reports are kept`, async () => {
      const results = await byGitHub();
      expect(results.get('Scan')?.exitCode, results.get('Scan')?.log).toBe(1);
      await checkResults(at('project/bulkhead-state'), [1, 0]);
      expect((await runsIn(at('saved.db'))).map(({ exit }) => exit.code)).toEqual([1, 0]);
      for (const name of ['What changed', 'Keep the history', 'Reports'])
        expect(results.get(name)?.outcome, name).toBe('success');
      expect(results.get('What changed')?.summary).toMatch(/scheduled-lost/);
    });

    it.skipIf(!READABLE)(`${UNREADABLE}the watch records a scan when it starts, and ends well`, async () => {
      const [program = '', ...args] = [...unprivileged(group), ...execStart('bulkhead-watch.service')];
      const history = at('watch/history.db');
      const env = environmentOf('bulkhead-watch.service', 'watch');
      expect(env).toMatchObject({ BULKHEAD_HISTORY: history, BULKHEAD_CONFIG: at('etc/bulkhead/bulkhead.yaml') });
      const running = new Running(spawn(program, args, { cwd: at('watch'), env }));
      await eventually(async () => (await runsIn(history).catch(() => [])).length).toBe(1);
      running.child.kill('SIGTERM');
      const { code } = await running.ended;
      expect(code, running.stderr).toBe(0);
    });
  });

  it('leaves nothing on the engine', async () => {
    const left = await session.docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
    expect(left).toEqual([]);
  });

  /** What bulkhead-tell@.service says of a scan of the unit that ended so. */
  async function tell(result: string, status: number): Promise<string> {
    const [program = ''] = execStart('bulkhead-tell@.service');
    const { output } = await run([program, 'bulkhead-scan'], {
      ...envOf('unit'),
      MONITOR_SERVICE_RESULT: result,
      MONITOR_EXIT_STATUS: String(status),
      BULKHEAD_TELL: 'cat',
    });
    return output;
  }
});

/** The sample's configuration with destinations of the lab: nothing else is ever dialled. */
function withCanaries(text: string): string {
  for (const canary of LAB_INTERNET) assertLabCanary(canary);
  const config = parse(text) as { readonly canaries: { readonly internet: readonly string[] } };
  expect(config.canaries.internet.length).toBeGreaterThan(0);
  return stringify({ ...config, canaries: { internet: LAB_INTERNET } });
}
