import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CiMachine } from '../support/ci-machine.ts';
import { commandsOf, readAction, runAction, runSteps, type Runner } from '../support/github-runner.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const INPUTS = Object.keys(readAction(ROOT).inputs ?? {});

let root: string;
let machine: CiMachine;
let runner: Runner;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bulkhead-action-'));
  // No engine answers there: nothing is ever dialled.
  machine = await CiMachine.open(root, { DOCKER_HOST: `unix://${root}/none.sock` });
  runner = { workspace: machine.project, env: machine.env, actions: {} };
});
afterEach(async () => rm(root, { recursive: true, force: true }));

describe('action.yml, its steps run as they stand', () => {
  it('builds its own checkout, and says what went wrong where no engine answers', async () => {
    const { outcome, exitCode, outputs, log } = await runAction(runner, ROOT, {});
    expect([outcome, exitCode]).toEqual(['failure', 4]);
    expect(await machine.npmCalls()).toBe('ci --no-audit --no-fund\nrun build\n');
    expect(log).toMatch(/No container engine answers/);
    expect(commandsOf(log)).toEqual(['::error title=bulkhead::The audit ended with 4 before there was a report: see the log.']);
    expect(outputs).toEqual({
      'exit-code': '4',
      verdict: 'engine',
      counts: '',
      html: '',
      json: '',
      junit: '',
      sarif: '',
      bundle: '',
    });
  });

  it.each([
    ['an option that is none', { 'fail-on': 'much' }],
    ['no boolean', { 'no-internet': 'perhaps' }],
    ['a configuration that is not there', { config: 'none.yaml' }],
    ['a second format for standard output', { formats: 'json' }],
    ['an option among the targets, which is a name there', { targets: '--all', args: '--only\nnothing' }],
  ])('ends with 2 for %s', async (_, inputs) => {
    const { exitCode, outputs } = await runAction(runner, ROOT, inputs);
    expect(exitCode).toBe(2);
    expect(outputs).toMatchObject({ 'exit-code': '2', verdict: 'usage', sarif: '' });
  });

  it('ends with 4, and not as after a violation, where its directory cannot be made', async () => {
    await writeFile(path.join(machine.project, 'taken'), '');
    const { exitCode, outputs, log } = await runAction(runner, ROOT, { 'report-directory': 'taken' });
    expect([exitCode, outputs['verdict']]).toEqual([4, 'engine']);
    expect(commandsOf(log)).toEqual([expect.stringMatching(/^::error title=bulkhead::EEXIST/)]);
  });

  it('passes no report of an earlier run off as its own', async () => {
    await mkdir(path.join(machine.project, 'bulkhead-report'));
    await writeFile(path.join(machine.project, 'bulkhead-report/bulkhead.sarif'), '{}');
    const { outputs } = await runAction(runner, ROOT, {});
    expect(outputs['sarif']).toBe('');
    expect(await readdir(path.join(machine.project, 'bulkhead-report'))).toEqual([]);
  });
});

it('hands a cancellation on to the audit, and says that it was interrupted', async () => {
  const socket = path.join(root, 'silent.sock');
  const server = net.createServer().listen(socket);
  await once(server, 'listening');
  const output = path.join(root, 'output');
  // The runner interrupts the step's own process, and asks again when that took too long.
  const child = spawn('bash', ['-c', readAction(ROOT).runs.steps.at(-1)?.run ?? ''], {
    cwd: machine.project,
    env: {
      ...machine.env,
      DOCKER_HOST: `unix://${socket}`,
      GITHUB_ACTION_PATH: ROOT,
      GITHUB_OUTPUT: output,
      INPUT_REPORT_DIRECTORY: 'reports',
      INPUT_NO_INTERNET: 'true',
    },
    stdio: 'ignore',
  });
  await once(server, 'connection');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  const [code] = (await once(child, 'close')) as [number | null];
  server.close();
  expect(code).toBe(130);
  expect(await readFile(output, 'utf8')).toBe('exit-code=130\nverdict=interrupted\n');
});

describe('what an input holds', () => {
  const ATTACKS = [
    '; touch pwned',
    '$(touch pwned)',
    '`touch pwned`',
    '"; touch pwned; "',
    "'; touch pwned; '",
    'x\ntouch pwned\n',
  ];
  const everywhere = (value: string) => Object.fromEntries(INPUTS.map((name) => [name, value]));
  const pwned = async (): Promise<boolean> =>
    (await readdir(root, { recursive: true })).some((file) => /(^|\/)pwned$/.test(file));

  it.each(ATTACKS)('%j would run here if it were spliced into a script', async (attack) => {
    const scripts = ['true ${{ inputs.targets }}', 'true "${{ inputs.targets }}"', "true '${{ inputs.targets }}'"];
    const steps = scripts.map((run) => ({ run, shell: 'bash', if: 'always()' }));
    await runSteps(runner, steps, { targets: attack });
    expect(await pwned()).toBe(true);
  });

  it.each(ATTACKS)('%j in all of them is never run', async (attack) => {
    const { exitCode, log } = await runAction(runner, ROOT, everywhere(attack));
    expect([2, 4], log).toContain(exitCode);
    expect(await pwned()).toBe(false);
  });

  it.each(INPUTS)('%s: is never run, is no output, and nothing that the runner obeys', async (input) => {
    const forged = '$(touch pwned)\n::error::forged\n::set-output name=verdict::clean\nverdict=clean';
    for (const attack of ['$(touch pwned)', forged]) {
      const { exitCode, outputs, log } = await runAction(runner, ROOT, { [input]: attack });
      expect([2, 4], log).toContain(exitCode);
      expect(outputs['exit-code']).toBe(String(exitCode));
      expect(outputs['verdict']).toMatch(/^(usage|engine)$/);
      expect(commandsOf(log)).toEqual([expect.stringMatching(/^::error title=bulkhead::(The|EEXIST)/)]);
    }
    expect(await pwned()).toBe(false);
  });
});
