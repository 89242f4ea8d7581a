import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CiMachine } from '../support/ci-machine.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly language: string;
  readonly files: string;
  readonly pass_filenames?: boolean;
}

let root: string;
let machine: CiMachine;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bulkhead-pre-commit-'));
  machine = await CiMachine.open(root, {});
});
afterEach(async () => rm(root, { recursive: true, force: true }));

async function stage(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(machine.project, name)), { recursive: true });
    await writeFile(path.join(machine.project, name), text);
  }
  await machine.git(machine.project, 'add', '--all');
}

const INVALID = '{"network": {"outbound": {"allow_hosts": []}}}';
const WAIVERS = 'waivers: [{id: HARD-4, target: a, subject: b, reason: c, owner: d, expires: 2099-01-01}]\n';
const PROFILE_HOOK = 'bulkhead-profile';
const CONFIG_HOOK = 'bulkhead-config';
type Outcome = 'passed' | 'failed' | 'not asked';
/** What is staged, and what becomes of the hook for profiles and of the one for configurations. */
const CASES: readonly [string, Readonly<Record<string, string>>, Outcome, Outcome][] = [
  ['nothing of ours', { 'README.md': 'x' }, 'not asked', 'not asked'],
  ['a good profile', { 'profiles/new.json': '{}' }, 'passed', 'passed'],
  ['an invalid profile', { 'profiles/new.json': INVALID }, 'failed', 'passed'],
  ['the profile that the configuration names, made invalid', { 'profiles/memory.json': INVALID }, 'failed', 'failed'],
  ['a file called like an option', { '--all/profiles/new.json': '{}' }, 'passed', 'passed'],
  ['a good configuration', { 'bulkhead.yaml': 'gates: {failOn: high}\n' }, 'not asked', 'passed'],
  ['an unknown key', { 'bulkhead.yaml': 'gate: {}\n' }, 'not asked', 'failed'],
  ['a configuration that leads out', { 'bulkhead.yaml': 'outputs: [json=../x.json]\n' }, 'not asked', 'failed'],
  ['a configuration without its waivers', { 'bulkhead.yaml': 'waiversFile: w.yaml\n' }, 'not asked', 'failed'],
  [
    'invalid waivers',
    { 'bulkhead.yaml': 'waiversFile: bulkhead.waivers.yaml\n', 'bulkhead.waivers.yaml': WAIVERS },
    'not asked',
    'failed',
  ],
];

describe('the hooks, as pre-commit calls them', () => {
  /** https://pre-commit.com: files that changed and match are arguments behind `entry`; without one it is not called. */
  async function runHook(id: string): Promise<Outcome> {
    const hooks = parse(await readFile(path.join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as readonly Hook[];
    const hook = hooks.find((each) => each.id === id);
    if (hook === undefined) throw new Error(`There is no hook ${id}.`);
    expect(hook.language).toBe('system');
    const staged = (await machine.git(machine.project, 'diff', '--staged', '--name-only', '-z')).split('\0');
    const files = staged.filter((file) => new RegExp(hook.files).test(file));
    if (files.length === 0) return 'not asked';
    const [command = '', ...words] = hook.entry.split(' ');
    const { exitCode, stderr } = await execa(command, [...words, ...(hook.pass_filenames === false ? [] : files)], {
      cwd: machine.project,
      extendEnv: false,
      env: machine.env,
      reject: false,
    });
    if (exitCode === 0) return 'passed';
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/is not (a )?valid|leads out|there is no file/) as string]);
    return 'failed';
  }

  it.each(CASES)('%s', async (_, files, profile, config) => {
    await stage(files);
    expect([await runHook(PROFILE_HOOK), await runHook(CONFIG_HOOK)]).toEqual([profile, config]);
  });

  it('are what the sample asks for', async () => {
    const sample = parse(await readFile(path.join(machine.project, '.pre-commit-config.yaml'), 'utf8')) as {
      readonly repos: readonly [{ readonly rev: string; readonly hooks: readonly { readonly id: string }[] }];
    };
    expect(sample.repos[0].hooks.map(({ id }) => id)).toEqual([PROFILE_HOOK, CONFIG_HOOK]);
    expect(sample.repos[0].rev).toMatch(/^v\d+\.\d+\.\d+$/);
  });
});

const { exitCode: there } = await execa('pre-commit', ['--version'], { reject: false });
const NO_PRE_COMMIT = there !== 0;

describe.skipIf(NO_PRE_COMMIT)(NO_PRE_COMMIT ? 'pre-commit itself, skipped: it is not on PATH' : 'pre-commit itself', () => {
  it.each(CASES)('%s', async (_, files, profile, config) => {
    const sample = path.join(machine.project, '.pre-commit-config.yaml');
    const text = await readFile(sample, 'utf8');
    await writeFile(sample, text.replace(/repo: \S+/, `repo: ${machine.repository}`));
    await machine.git(machine.project, 'add', '--all');
    await machine.git(machine.project, '-c', 'user.name=test', '-c', 'user.email=t@example.test', 'commit', '-qm', 'here');
    await stage(files);
    const { stdout } = await execa('pre-commit', ['run', '--color=never'], {
      cwd: machine.project,
      extendEnv: false,
      env: { ...machine.env, PRE_COMMIT_HOME: path.join(root, 'pre-commit') },
      reject: false,
    });
    const shown = { passed: 'Passed', failed: 'Failed', 'not asked': 'Skipped' };
    expect(stdout).toMatch(new RegExp(`^bulkhead profile validate\\.+(\\(no files to check\\))?${shown[profile]}`, 'm'));
    expect(stdout).toMatch(new RegExp(`^bulkhead config validate\\.+(\\(no files to check\\))?${shown[config]}`, 'm'));
  });
});
