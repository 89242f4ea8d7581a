import { execa } from 'execa';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bulkhead-config-'));
  directory = path.join(root, 'repository');
  await mkdir(path.join(directory, '.git'), { recursive: true });
  await mkdir(path.join(directory, 'deep'));
});
afterEach(async () => rm(root, { recursive: true, force: true }));

const write = async (name: string, text: string): Promise<void> => writeFile(path.join(directory, name), text);

async function validate(args: readonly string[] = [], { cwd = directory, env = {} } = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, 'config', 'validate', ...args], {
    reject: false,
    cwd,
    extendEnv: false,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', DOCKER_HOST: 'unix:///nonexistent/none.sock', ...env },
  });
  return { exitCode, stdout, stderr };
}

const WAIVER = '{id: HARD-004, target: a, subject: b, reason: c, owner: d, expires: 2099-01-01}';

describe('bulkhead config validate', () => {
  it('reads the configuration that an audit would use, with all that it names, and needs no engine', async () => {
    await write('p.json', '{}');
    await write('w.yaml', `waivers: [${WAIVER}]\n`);
    await write('bulkhead.yaml', 'profiles: [{target: a, profile: p.json}]\nwaiversFile: w.yaml\ngates: {failOn: high}\n');
    const { exitCode, stdout } = await validate([], { cwd: path.join(directory, 'deep') });
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/bulkhead\.yaml: valid \(gate high, profiles 1, waivers 1\)$/)]);
  });

  it.each([
    ['an unknown key', 'gate: {}\n', /line 1, gate: is an unknown key/],
    ['a profile that is not there', 'profiles: [{target: a, profile: none.json}]\n', /none\.json/],
    ['an invalid profile', 'profiles: [{target: a, profile: bad.json}]\n', /bad\.json/],
    ['a baseline that is not there', 'gates: {baseline: b.json}\n', /b\.json/],
    ['waivers that are not there', 'waiversFile: w.yaml\n', /w\.yaml/],
    ['a canary that is none', 'canaries: {internet: [canary]}\n', /canaries\.internet.*"canary"/],
    ['a management API that is none', 'management: [":80"]\n', /management/],
    ['a format that is none', 'outputs: [yaml=x]\n', /outputs.*"yaml=x"/],
    ['a path that leads out', 'outputs: [json=../x.json]\n', /leads out of its directory/],
  ])('refuses %s', async (_, text, words) => {
    await write('bad.json', '[]');
    await write('bulkhead.yaml', text);
    const { exitCode, stdout, stderr } = await validate();
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
  });

  it('takes files by name, and trusts the paths of those', async () => {
    await write('one.yaml', 'outputs: [json=../x.json]\n');
    await write('two.json', '{"gate": {}}');
    expect((await validate(['one.yaml'])).exitCode).toBe(0);
    const both = await validate(['one.yaml', 'two.json']);
    expect(both.exitCode).toBe(2);
    expect(both.stdout).toMatch(/one\.yaml: valid/);
    expect(both.stderr).toMatch(/two\.json is not valid/);
  });

  it('looks where BULKHEAD_CONFIG says, and is not led astray by other variables', async () => {
    await write('one.yaml', 'gates: {failOn: low}\n');
    const env = {
      BULKHEAD_CONFIG: 'one.yaml',
      BULKHEAD_FAIL_ON: 'much',
      BULKHEAD_WAIVERS: 'none.yaml',
      BULKHEAD_BASELINE: 'none',
    };
    expect(await validate([], { env })).toMatchObject({
      exitCode: 0,
      stdout: 'one.yaml: valid (gate low, profiles 0, waivers 0)',
    });
  });

  it('calls nothing valid where there is nothing to read', async () => {
    await symlink('nowhere', path.join(directory, 'deep/bulkhead.yaml'));
    for (const [args, cwd] of [
      [[], directory],
      [['none.yaml'], directory],
      [[], path.join(directory, 'deep')],
    ] as const) {
      const { exitCode, stdout } = await validate(args, { cwd });
      expect([exitCode, stdout]).toEqual([2, '']);
    }
  });

  it('writes nothing that a name could steer a terminal with', async () => {
    await write('a\u001b[2J.yaml', '');
    const { exitCode, stdout, stderr } = await validate(['a\u001b[2J.yaml']);
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain('\u001b');
  });
});
