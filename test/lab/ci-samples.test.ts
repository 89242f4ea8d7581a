import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Log } from 'sarif';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { findProgram } from '../../lab/run.ts';
import { ensureServerImage } from '../../samples/servers/images.ts';
import type { Counts } from '../../src/model/report.ts';
import { assertLabCanary, LAB_INTERNET } from '../support/audit.ts';
import { CiMachine } from '../support/ci-machine.ts';
import { findCompose } from '../support/compose.ts';
import { junitProblems } from '../support/formats/junit.ts';
import { sarifProblems } from '../support/formats/sarif.ts';
import { commandsOf, readWorkflow, runSteps, type Runner, type StepResult } from '../support/github-runner.ts';
import { readJenkinsfile } from '../support/jenkinsfile.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMPOSE = NO_LAB ? ({ reason: 'no lab' } as const) : await findCompose();
const NO_DOCKER = findProgram('docker') === undefined ? 'there is no docker command' : undefined;
const FOREIGN = ENGINE === 'podman' ? 'the samples are written for docker' : undefined;
const REASON = 'reason' in COMPOSE ? COMPOSE.reason : (NO_DOCKER ?? FOREIGN);

/** What the sample's server becomes: as it stands, on a network that its profile does not declare, not to be judged. */
const STATES = ['tight', 'leaky', 'blind'] as const;
type State = (typeof STATES)[number];
/** Exit code and verdict of each. */
const ENDS = { tight: [0, 'clean'], leaky: [1, 'violation'], blind: [3, 'inconclusive'] } as const;

describe.skipIf(NO_LAB || REASON !== undefined)(`${REASON ?? LAB_NAME}: samples/ci, as it stands`, () => {
  let session: LabSession;
  let directory: string;
  const machines = new Map<State, CiMachine>();

  beforeAll(async () => {
    session = await openLab();
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-ci-'));
    await mkdir(path.join(directory, 'docker/cli-plugins'), { recursive: true });
    const program =
      'path' in COMPOSE && COMPOSE.path !== '' ? path.join(COMPOSE.path, 'docker-compose') : findProgram('docker-compose');
    if (program !== undefined) await symlink(program, path.join(directory, 'docker/cli-plugins/docker-compose'));
    const env = {
      DOCKER_HOST: session.lab.dockerHost,
      DOCKER_CONFIG: path.join(directory, 'docker'),
      MEMORY_IMAGE: await ensureServerImage(session.docker, 'memory'),
    };
    for (const state of STATES) {
      await mkdir(path.join(directory, state));
      // Nothing listens at the last address: no control succeeds, and nothing can be called held back.
      const internet = state === 'blind' ? ['203.0.113.99:443'] : LAB_INTERNET;
      machines.set(
        state,
        await CiMachine.open(path.join(directory, state), env, {
          'bulkhead.yaml': (text) => withCanaries(text, internet),
          'compose.yaml': (text) => (state === 'leaky' ? text.replace('network_mode: none', 'network_mode: bridge') : text),
        }),
      );
    }
  });
  afterEach(async () => {
    // The samples stop their servers themselves, whatever became of the audit.
    const left = await session.docker.listContainers({ all: true, filters: { name: ['^/memory$'] } });
    for (const { Id } of left) await session.docker.getContainer(Id).remove({ force: true });
    expect(left).toEqual([]);
  });
  afterAll(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  const machineOf = (state: State): CiMachine => {
    const machine = machines.get(state);
    if (machine === undefined) throw new Error(`There is no machine for ${state}.`);
    return machine;
  };

  /** The reports of a run are what the places that show them take, and say what was found. */
  async function checkReports(state: State, file: (name: string) => string, names: readonly string[]): Promise<void> {
    const failures = { tight: /failures="0"/, leaky: /failures="[1-9]/, blind: /failures="0" errors="[1-9]/ }[state];
    for (const name of names) {
      const text = await readFile(file(name), 'utf8');
      if (name === 'junit.xml') {
        expect(await junitProblems(text)).toEqual([]);
        expect(text).toMatch(failures);
      } else if (name === 'bulkhead.sarif') {
        const log = JSON.parse(text) as Log;
        expect(sarifProblems(log)).toEqual([]);
        expect(log.runs[0]?.results?.length === 0).toBe(state !== 'leaky');
      } else if (name === 'report.html') expect(text).toMatch(/^<!doctype html>/i);
      else if (name === 'bundle.json') expect(JSON.parse(text)).toMatchObject({ targets: [{ target: { name: 'memory' } }] });
      else throw new Error(`Nobody looks at ${name}.`);
    }
  }

  describe('the GitHub workflow', () => {
    async function runWorkflow(state: State): Promise<ReadonlyMap<string, StepResult>> {
      const { project, env } = machineOf(state);
      const runner: Runner = { workspace: project, env, actions: { 'your-organisation/bulkhead': ROOT } };
      const { jobs } = readWorkflow(path.join(project, '.github/workflows/mcp-audit.yml'));
      const results = await runSteps(runner, jobs['audit']?.steps ?? []);
      return new Map(results.map((result) => [result.step.name ?? result.step.uses ?? '', result]));
    }

    it.each(STATES)('%s: verdict, outputs, annotations, summary, and everything is uploaded', async (state) => {
      const [exitCode, verdict] = ENDS[state];
      const results = await runWorkflow(state);
      const audit = results.get('Audit');
      expect(audit?.exitCode, audit?.log).toBe(exitCode);
      expect(audit?.outcome).toBe(exitCode === 0 ? 'success' : 'failure');
      expect(audit?.outputs).toMatchObject({ 'exit-code': String(exitCode), verdict });
      const counts = JSON.parse(audit?.outputs['counts'] ?? '') as Counts;
      expect([counts.fail > 0, counts.inconclusive > 0]).toEqual([state === 'leaky', state === 'blind']);

      const commands = commandsOf(audit?.log ?? '');
      expect(commands.at(-1)).toMatch(new RegExp(`^::notice title=bulkhead::exit ${exitCode}: `));
      for (const command of commands)
        expect(command).toMatch(/^::(error|warning|notice) (file=profiles\/memory\.json,line=\d+,)?title=/);
      expect(commands.some((command) => command.startsWith('::error file=profiles/memory.json,line='))).toBe(state === 'leaky');
      expect(audit?.log).toMatch(/::stop-commands::(\S+)\n[^]*BULKHEAD[^]*memory[^]*\n::\1::\n/);
      expect(audit?.summary).toMatch(/memory/);

      expect(results.get('Code scanning')).toMatchObject({
        outcome: 'success',
        with: { sarif_file: 'bulkhead-report/bulkhead.sarif' },
      });
      const uploaded = (results.get('Reports')?.with['path'] ?? '').trim().split('\n');
      expect(uploaded.map((file) => path.basename(file))).toEqual(['report.html', 'junit.xml', 'bundle.json']);
      const names = [...uploaded, 'bulkhead-report/bulkhead.sarif'].map((file) => path.basename(file));
      await checkReports(state, (name) => path.join(machineOf(state).project, 'bulkhead-report', name), names);
      expect(results.get('Not decided')?.outcome).toBe(state === 'blind' ? 'success' : 'skipped');
      expect(results.get('Stop the servers')?.outcome).toBe('success');
    });
  });

  describe('the GitLab job, by gitlab-ci-local', () => {
    it('ends with the code of the audit, and its reports are there all the same', async () => {
      const machine = machineOf('leaky');
      await machine.git(machine.project, 'remote', 'add', 'origin', 'git@gitlab.test:group/project.git');
      const options = ['--force-shell-executor', '--no-shell-isolation', `--variable=BULKHEAD_REPOSITORY=${machine.repository}`];
      const run = await execa('gitlab-ci-local', ['mcp-audit', ...options], {
        cwd: machine.project,
        preferLocal: true,
        localDir: ROOT,
        extendEnv: false,
        env: machine.env,
        all: true,
        reject: false,
        timeout: 120_000,
      });
      expect(run.all).toMatch(/json schema validated/);
      expect(run.exitCode, run.all).toBe(1);
      expect(run.all).toMatch(/mcp-audit.*FAIL 1/);
      expect(await machine.npmCalls()).toMatch(/--prefix \.bulkhead ci .*\n--prefix \.bulkhead run build\n/);

      const { artifacts } = parse(await readFile(path.join(machine.project, '.gitlab-ci.yml'), 'utf8'))['mcp-audit'] as {
        readonly artifacts: { readonly paths: readonly string[]; readonly reports: Readonly<Record<string, string>> };
      };
      const inProject = (name: string): string => path.join(machine.project, name);
      for (const file of [...artifacts.paths, ...Object.values(artifacts.reports)])
        expect(existsSync(inProject(file)), file).toBe(true);
      await checkReports('leaky', (name) => inProject(`reports/${name}`), [
        'junit.xml',
        'bulkhead.sarif',
        'report.html',
        'bundle.json',
      ]);
      const issues = JSON.parse(await readFile(inProject(artifacts.reports['codequality'] ?? ''), 'utf8')) as readonly object[];
      expect(issues).not.toEqual([]);
      for (const issue of issues) {
        expect(issue).toMatchObject({
          description: expect.stringMatching(/memory/) as string,
          fingerprint: expect.stringMatching(/./) as string,
          severity: expect.stringMatching(/^(info|minor|major|critical|blocker)$/) as string,
          location: { path: 'profiles/memory.json' },
        });
      }
    });
  });

  /** Jenkins itself is not there: which plugins are installed, and what its steps do with a result, is not tested here. */
  describe('the sh steps of the Jenkinsfile', () => {
    it('give the pipeline the code of the audit, and reports', async () => {
      const machine = machineOf('blind');
      const { shells } = readJenkinsfile(await readFile(path.join(machine.project, 'Jenkinsfile'), 'utf8'));
      const codes: (number | undefined)[] = [];
      for (const { script, returnStatus } of shells) {
        // What the step `sh` calls, on an agent with Linux.
        const { exitCode, all } = await execa('sh', ['-xec', script], {
          cwd: machine.project,
          extendEnv: false,
          env: { ...machine.env, BULKHEAD_REPOSITORY: machine.repository, BULKHEAD_VERSION: 'v0.1.0' },
          all: true,
          reject: false,
        });
        if (returnStatus) codes.push(exitCode);
        else expect(exitCode, all).toBe(0);
      }
      expect(codes).toEqual([3]);
      const inReports = (name: string): string => path.join(machine.project, 'reports', name);
      await checkReports('blind', inReports, ['junit.xml', 'bulkhead.sarif', 'report.html', 'bundle.json']);
    });
  });
});

/** The sample's configuration with destinations of the lab: nothing else is ever dialled. */
function withCanaries(text: string, internet: readonly string[]): string {
  for (const canary of internet) assertLabCanary(canary);
  const config = parse(text) as { readonly canaries: { readonly internet: readonly string[] } };
  expect(config.canaries.internet.length).toBeGreaterThan(0);
  return stringify({ ...config, canaries: { internet } });
}
