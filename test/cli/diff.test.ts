import { execa } from 'execa';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.ts';
import { reportOf } from '../../src/engine/report.ts';
import { openHistory } from '../../src/history/history.ts';
import type { ObservationBundle } from '../../src/model/bundle.ts';
import type { Drift } from '../../src/model/drift.ts';
import { aBundle } from '../support/bundle.ts';
import { aDeclaration, aPair, aTarget, connected, timeout, type Result } from '../support/observations.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

/** `github` and one canary, with evidence for one check. */
function bundleOf(result: Result, controls: readonly Result[] = [connected()]): ObservationBundle {
  const bundle = aBundle({
    target: aTarget({ name: 'github\u001b[2J' }),
    declaration: aDeclaration(),
    observations: { egress: { state: 'observed', facts: { attempts: [aPair({ target: result, controls })] } } },
  });
  return { ...bundle, options: { ...bundle.options, checks: ['NET-004'] } };
}

describe('bulkhead diff', () => {
  let directory: string;

  async function bulkhead(...args: readonly string[]) {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    const run = await execa(process.execPath, [CLI, ...args], { reject: false, extendEnv: false, env, cwd: directory });
    expect(run.stderr).not.toMatch(/ {4}at /);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    return { exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr };
  }

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-diff-'));
    const write = (name: string, text: string) => writeFile(path.join(directory, name), text);
    await write('held.json', JSON.stringify(bundleOf(timeout())));
    await write('reached.json', JSON.stringify(bundleOf(connected())));
    await write('undecided.json', JSON.stringify(bundleOf(timeout(), [timeout()])));
    await write('other.json', '{"schemaVersion": 1}');
    await write('text.json', 'no JSON');
    await bulkhead('report', 'held.json', '--format', 'json=held-report.json');
    const report = JSON.parse(await readFile(path.join(directory, 'held-report.json'), 'utf8')) as {
      observations: { outcomes: unknown }[];
      targets: { declaration: { profile: unknown } }[];
    };
    const broken = structuredClone(report);
    for (const each of broken.observations) each.outcomes = { egress: { state: 'observed', facts: { attempts: [{}] } } };
    await write('broken.json', JSON.stringify(broken));
    const odd = structuredClone(report);
    for (const each of odd.targets) each.declaration.profile = { network: 1 };
    await write('odd.json', JSON.stringify(odd));
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it.each<readonly [string, readonly string[], number, RegExp]>([
    ['nothing changed', ['held.json', 'held.json'], 0, /nothing opened/],
    ['something opened', ['held.json', 'reached.json'], 1, /now reaches 203\.0\.113\.10:443\/tcp directly \(it was held\)/],
    ['a report is a run as well', ['held-report.json', 'reached.json'], 1, /now reaches 203\.0\.113\.10:443\/tcp/],
    ['below the gate', ['held.json', 'reached.json', '--fail-on', 'critical'], 0, /1 opened \(1 high\)/],
    ['something closed', ['reached.json', 'held.json'], 0, /no longer reaches/],
    ['nobody could look', ['reached.json', 'undecided.json'], 3, /could not be decided now/],
    ['nobody could look, below the gate', ['reached.json', 'undecided.json', '--fail-on', 'never'], 0, /cannot be compared/],
    ['neither run could look', ['undecided.json', 'undecided.json'], 3, /undecided in both runs/],
    [
      'quiet',
      ['held.json', 'reached.json', '--quiet'],
      1,
      /^✗ 1 opened \(1 high\)\nexit 1: 1 thing opened at or above medium\.$/,
    ],
    ['markdown', ['held.json', 'reached.json', '--format', 'markdown'], 1, /^<!-- bulkhead diff -->\n## ✗/],
  ])('%s', async (_, args, code, words) => {
    const { exitCode, stdout, stderr } = await bulkhead('diff', ...args);
    expect(stderr).toBe('');
    expect(stdout).toMatch(words);
    expect(exitCode).toBe(code);
  });

  it('compares runs of the history, and a run with a file', async () => {
    const history = openHistory(path.join(directory, 'history.db'), { create: true });
    for (const [index, result] of [timeout(), connected()].entries()) {
      const bundle = { ...bundleOf(result), session: `session${index}` };
      const options = { failOn: 'never', allowEmpty: true } as const;
      await history.record({ bundle, report: reportOf(bundle, CHECKS, options), options, trigger: { kind: 'manual', text: '' } });
    }
    history.close();
    const file = ['--file', 'history.db'];
    for (const names of [
      ['run:previous', 'run:latest'],
      ['run:1', 'run:2'],
      ['held.json', 'run:session1'],
      ['run:1', 'reached.json'],
    ]) {
      const { exitCode, stdout } = await bulkhead('diff', ...names, ...file);
      expect(stdout, names.join(' ')).toMatch(/now reaches 203\.0\.113\.10:443\/tcp directly/);
      expect(exitCode).toBe(1);
    }
    expect(await bulkhead('diff', 'run:1', 'run:3', ...file)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/There is no run 3/),
    });
    expect(await bulkhead('diff', 'run:1', 'run:2')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/There is no history/),
    });
  });

  it('writes JSON with its exit code', async () => {
    const { stdout } = await bulkhead('diff', 'held.json', 'reached.json', '--format', 'json');
    const drift = JSON.parse(stdout) as Drift;
    expect(drift).toMatchObject({
      driftVersion: 1,
      before: { source: 'held.json' },
      after: { source: 'reached.json' },
      worst: 'high',
      changes: [{ kind: 'opened', check: 'NET-004', target: 'github\u001b[2J' }],
      exit: { code: 1 },
    });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['a file that is not there', ['held.json', 'none.json'], /There is no file none\.json/],
    ['a directory', ['held.json', '.'], /is a directory/],
    ['what never ends', ['/dev/zero', 'held.json'], /not a regular file/],
    ['no JSON', ['text.json', 'held.json'], /text\.json is not JSON/],
    ['something else', ['other.json', 'held.json'], /other\.json is not a bundle/],
    ['a report with observations of another form', ['broken.json', 'held.json'], /valid observations/],
    ['a report with a profile that is none', ['odd.json', 'held.json'], /odd\.json, profile of/],
    ['a format of audits alone', ['held.json', 'held.json', '--format', 'sarif'], /one of console, json, markdown/],
    ['a gate that is none', ['held.json', 'held.json', '--fail-on', 'severe'], /one of info, low/],
    ['one run alone', ['held.json'], /missing required argument/],
  ])('refuses %s', async (_, args, words) => {
    const { exitCode, stdout, stderr } = await bulkhead('diff', ...args);
    expect(stderr).toMatch(words);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});
