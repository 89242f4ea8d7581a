import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { saveBundle } from '../../src/store/bundle-file.ts';
import { aBundle } from '../support/bundle.ts';
import { aProcess, aTarget, anId } from '../support/observations.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

let root: string;
let directory: string;
beforeAll(async () => (root = await mkdtemp(path.join(tmpdir(), 'bulkhead-gates-'))));
afterAll(async () => rm(root, { recursive: true, force: true }));

/** Servers that fail HARD-004 (medium, and decided) and, where nobody looked, leave it undecided. */
beforeEach(async () => {
  directory = await mkdtemp(path.join(root, 'case-'));
  await saveBundle(file('two.json'), bundleOf({ one: 'fails', two: 'fails' }));
  await saveBundle(file('one.json'), bundleOf({ one: 'fails' }));
  await saveBundle(file('fixed.json'), bundleOf({ one: 'passes' }));
  await saveBundle(file('blind.json'), bundleOf({ one: 'unseen' }));
  await saveBundle(file('empty.json'), bundleOf({}));
});

function bundleOf(servers: Readonly<Record<string, 'fails' | 'passes' | 'unseen'>>) {
  const targets = Object.entries(servers).map(([name, state]) => ({
    target: aTarget({ id: anId(name === 'one' ? 'a' : 'b'), name }),
    declaration: { profile: {}, source: 'flag' as const, location: 'p.json', remarks: [] },
    observations: {
      process:
        state === 'unseen'
          ? ({ state: 'unavailable', reason: 'paused' } as const)
          : ({ state: 'observed', facts: aProcess({ noNewPrivileges: state === 'passes' }) } as const),
    },
  }));
  const bundle = aBundle(...targets);
  return { ...bundle, options: { ...bundle.options, timeoutMs: 1, checks: ['HARD-004'] } };
}

const file = (name: string): string => path.join(directory, name);

async function evaluate(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, 'evaluate', ...args], {
    reject: false,
    cwd: directory,
    extendEnv: false,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  return { exitCode, stdout, stderr };
}

async function reportOf(...args: readonly string[]): Promise<Report> {
  return JSON.parse((await evaluate([...args, '--format', 'json'])).stdout) as Report;
}

const WAIVER =
  'waivers:\n  - {id: HARD-004, target: one, subject: "*", reason: vendor, owner: platform-team, expires: 2099-12-31}\n';

describe('waivers', () => {
  it('take a failure from the gate and hide nothing', async () => {
    await writeFile(file('w.yaml'), WAIVER);
    expect((await evaluate(['one.json'])).exitCode).toBe(1);
    const { exitCode, stdout } = await evaluate(['one.json', '--waivers', 'w.yaml']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Waived \(1\)[\s\S]*waived until 2099-12-31: vendor/);
    expect(stdout).toMatch(/HARD cosmetic/);
    expect(stdout).not.toMatch(/What is declared is what is enforced/);
    expect((await evaluate(['two.json', '--waivers', 'w.yaml'])).exitCode).toBe(1);
    const report = await reportOf('one.json', '--waivers', 'w.yaml');
    expect(report.findings[0]).toMatchObject({ status: 'fail', waived: { owner: 'platform-team' } });
    expect(report.waivers?.[0]).toMatchObject({ state: 'applied', findings: 1 });
  });

  it('are told in full on request', async () => {
    await writeFile(file('w.yaml'), WAIVER);
    const { stdout } = await evaluate(['one.json', '--waivers', 'w.yaml', '--show-waived']);
    expect(stdout).toMatch(/Waivers \(1\)[\s\S]*platform-team, until 2099-12-31\): applied, 1 finding/);
    expect(stdout).toMatch(/fix: /);
  });

  it('that ended, or cover nothing, are reported', async () => {
    await writeFile(file('w.yaml'), WAIVER.replace('2099-12-31', '2020-12-31'));
    const ended = await evaluate(['one.json', '--waivers', 'w.yaml']);
    expect(ended.exitCode).toBe(1);
    expect(ended.stdout).toMatch(/ended on 2020-12-31/);
    await writeFile(file('w.yaml'), WAIVER);
    expect((await evaluate(['fixed.json', '--waivers', 'w.yaml'])).stdout).toMatch(/covers nothing/);
  });

  it('leave undecided what nobody saw, unless they say so', async () => {
    await writeFile(file('w.yaml'), WAIVER);
    expect((await evaluate(['blind.json', '--waivers', 'w.yaml'])).exitCode).toBe(3);
  });
});

describe('a waiver that covers nothing, or has ended', () => {
  it('fails the run on request, and says so', async () => {
    await writeFile(file('w.yaml'), WAIVER);
    const flags = ['--waivers', 'w.yaml', '--fail-on-unused-waiver'];
    expect((await evaluate(['one.json', ...flags])).exitCode).toBe(0);
    const unused = await evaluate(['fixed.json', ...flags]);
    expect(unused.exitCode).toBe(1);
    expect(unused.stdout).toMatch(/exit 1 \(a gate failed\): 1 waiver covers nothing \(--fail-on-unused-waiver\)\./);
    // Nobody could look: that it covers nothing is not known.
    expect((await evaluate(['blind.json', ...flags])).exitCode).toBe(3);
    await writeFile(file('w.yaml'), WAIVER.replace('2099-12-31', '2020-12-31'));
    expect((await evaluate(['fixed.json', '--waivers', 'w.yaml'])).exitCode).toBe(0);
    expect((await evaluate(['fixed.json', ...flags])).exitCode).toBe(1);
  });

  it('may be a gate of the configuration', async () => {
    await writeFile(file('bulkhead.yaml'), `gates: {failOnUnusedWaiver: true}\n${WAIVER}`);
    expect((await evaluate(['fixed.json'])).exitCode).toBe(1);
    expect((await evaluate(['fixed.json', '--no-config'])).exitCode).toBe(0);
  });
});

describe('coverage', () => {
  const ACCEPTED = WAIVER.replace('reason: vendor', 'reason: vendor, inconclusive: true');

  it('that is too low leaves a run inconclusive, whatever is accepted', async () => {
    await writeFile(file('w.yaml'), ACCEPTED);
    await saveBundle(file('half.json'), bundleOf({ one: 'unseen', two: 'passes' }));
    const half = ['half.json', '--waivers', 'w.yaml'];
    const accepted = await evaluate(half);
    expect(accepted.exitCode).toBe(0);
    expect(accepted.stdout).toContain('1 of 2 findings decided (50 %)');
    expect((await evaluate([...half, '--min-coverage', '50'])).exitCode).toBe(0);
    const low = await evaluate([...half, '--min-coverage', '50.1']);
    expect(low.exitCode).toBe(3);
    expect(low.stdout.replace(/\s+/g, ' ')).toContain('1 of 2 findings were decided: 50 %, and --min-coverage asks for 50.1 %.');
    expect((await reportOf(...half)).summary.coverage).toEqual({ decided: 1, applicable: 2, percent: 50 });
  });

  it('may be asked for by the configuration, and yields to the flag', async () => {
    await writeFile(file('bulkhead.yaml'), `gates: {minCoverage: 90}\n${ACCEPTED}`);
    await saveBundle(file('half.json'), bundleOf({ one: 'unseen', two: 'passes' }));
    expect((await evaluate(['half.json'])).exitCode).toBe(3);
    expect((await evaluate(['half.json', '--min-coverage', '20'])).exitCode).toBe(0);
    expect((await evaluate(['half.json', '--min-coverage', 'most'])).exitCode).toBe(2);
    await writeFile(file('bulkhead.yaml'), 'gates: {minCoverage: 101}\n');
    const wrong = await evaluate(['half.json']);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toMatch(/line 1, gates\.minCoverage: 101 is not valid here/);
  });
});

describe('a baseline', () => {
  it('fails on what is new alone', async () => {
    const baseline = ['--baseline', 'b.json'];
    const written = await evaluate(['one.json', ...baseline, '--update-baseline']);
    expect(written.exitCode).toBe(0);
    expect(written.stderr).toMatch(/b\.json was written: 1 entr/);
    const same = await evaluate(['one.json', ...baseline]);
    expect(same.exitCode).toBe(0);
    expect(same.stdout).toMatch(/exit 0 \(nothing new at or above the gate\):[\s\S]*as\s+in\s+the\s+baseline/);
    const two = await evaluate(['two.json', ...baseline]);
    expect(two.exitCode).toBe(1);
    expect(two.stdout).toMatch(/Since the baseline[\s\S]*0 new · 1 incomparable · 0 resolved · 1 unchanged/);
    expect((await reportOf('fixed.json', ...baseline)).baseline?.counts).toEqual({
      new: 0,
      resolved: 1,
      unchanged: 0,
      incomparable: 0,
    });
    expect((await evaluate(['blind.json', ...baseline])).exitCode).toBe(3);
    await evaluate(['fixed.json', ...baseline, '--update-baseline']);
    expect((await evaluate(['one.json', ...baseline])).exitCode).toBe(1);
  });

  it('is the same bytes again, and one entry a line', async () => {
    await evaluate(['two.json', '--baseline', 'b.json', '--update-baseline']);
    const first = await readFile(file('b.json'), 'utf8');
    await evaluate(['two.json', '--baseline', 'b.json', '--update-baseline']);
    expect(await readFile(file('b.json'), 'utf8')).toBe(first);
    expect(first.split('\n').filter((line) => line.includes('"fingerprint"'))).toHaveLength(2);
    expect(Object.keys(JSON.parse(first) as object)).toEqual(['baselineVersion', 'checks', 'entries', 'targets', 'tool']);
  });

  it('may be an earlier report', async () => {
    await evaluate(['one.json', '--format', 'json=r.json']);
    expect((await evaluate(['one.json', '--baseline', 'r.json'])).exitCode).toBe(0);
  });

  it('is written on request alone, of a run that is one, to a file that is named', async () => {
    await evaluate(['one.json', '--baseline', 'b.json', '--update-baseline']);
    const before = await readFile(file('b.json'), 'utf8');
    await evaluate(['two.json', '--baseline', 'b.json']);
    const empty = await evaluate(['empty.json', '--baseline', 'b.json', '--update-baseline']);
    expect(empty.exitCode).toBe(3);
    expect(empty.stderr).toMatch(/was not written/);
    expect(await readFile(file('b.json'), 'utf8')).toBe(before);
    expect((await evaluate(['one.json', '--update-baseline'])).exitCode).toBe(2);
  });

  it.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['is something else', '{"a": 1}'],
    ['has an entry of another form', '{"baselineVersion":1,"tool":"1","checks":[],"targets":[],"entries":[{"check":"x"}]}'],
  ])('that %s is refused', async (_, text) => {
    if (text !== undefined) await writeFile(file('b.json'), text);
    const { exitCode, stdout, stderr } = await evaluate(['one.json', '--baseline', 'b.json']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/b\.json/);
  });
});

describe('the configuration file', () => {
  it('gates, waives and writes, and standard error names it', async () => {
    await writeFile(file('bulkhead.yaml'), `gates: {minSeverity: info}\noutputs: [console, json=out.json]\n${WAIVER}`);
    const { exitCode, stderr } = await evaluate(['one.json']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('bulkhead: configuration ');
    expect((JSON.parse(await readFile(file('out.json'), 'utf8')) as Report).waivers).toHaveLength(1);
    expect((await evaluate(['one.json', '--no-config'])).exitCode).toBe(1);
  });

  it('yields to the environment, and that to flags', async () => {
    await writeFile(file('bulkhead.yaml'), 'gates: {failOn: medium}\n');
    expect((await evaluate(['one.json'])).exitCode).toBe(1);
    expect((await evaluate(['one.json'], { BULKHEAD_FAIL_ON: 'critical' })).exitCode).toBe(0);
    expect((await evaluate(['one.json', '--fail-on', 'medium'], { BULKHEAD_FAIL_ON: 'critical' })).exitCode).toBe(1);
    expect((await evaluate(['one.json'], { BULKHEAD_FAIL_ON: 'much' })).exitCode).toBe(2);
    await writeFile(file('bulkhead.yaml'), 'gates: {failOn: critical}\n');
    expect((await evaluate(['one.json'])).exitCode).toBe(0);
  });

  it('carries attestations, and no check believes them', async () => {
    await writeFile(
      file('bulkhead.yaml'),
      'attestations: [{statement: it is sealed, owner: me, expires: 2020-01-01, checks: [HARD-004]}]\n',
    );
    const { exitCode, stdout } = await evaluate(['one.json']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/Attested, not tested \(1\)[\s\S]*it is sealed \(me, ended on 2020-01-01; HARD-004\)/);
  });

  it('that came with a directory overwrites nothing outside it', async () => {
    await mkdir(file('repository'));
    await writeFile(file('victim.json'), 'mine');
    await writeFile(file('repository/bulkhead.yaml'), 'outputs: [json=../victim.json]\n');
    const { exitCode, stderr } = await execa(process.execPath, [CLI, 'evaluate', '../one.json'], {
      reject: false,
      cwd: file('repository'),
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/leads out of its directory/);
    expect(await readFile(file('victim.json'), 'utf8')).toBe('mine');
  });

  /** No engine listens there: what ends with 4 went past everything that is read before. */
  const withoutEngine = async (command: string, ...args: readonly string[]) =>
    execa(process.execPath, [CLI, command, '--host', `unix://${file('none.sock')}`, ...args], { reject: false, cwd: directory });

  it.each([
    ['audit', []],
    ['compare', ['image']],
    ['run', ['--verify', 'image']],
  ] as const)('that is invalid is never ignored by %s', async (command, args) => {
    await writeFile(file('bulkhead.yaml'), 'gate: {}\n');
    const { exitCode, stdout, stderr } = await withoutEngine(command, ...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/line 1, gate: is an unknown key\. Did you mean "gates"\?/);
    await expect(stat(file('none.sock'))).rejects.toThrow();
    expect((await withoutEngine(command, '--no-config', ...args)).exitCode).toBe(4);
  });

  it('is nothing to run without --verify', async () => {
    await writeFile(file('bulkhead.yaml'), 'gate: {}\n');
    expect((await withoutEngine('run', 'image')).exitCode).toBe(4);
  });

  it('says what compare measures an image against, unless a flag does', async () => {
    const rules = '[{target: image, profile: by-name.json}, {image: "registry.example/*", profile: by-image.json}]';
    await writeFile(file('bulkhead.yaml'), `profiles: ${rules}\n`);
    const configured = await withoutEngine('compare', 'registry.example/image');
    expect(configured.exitCode).toBe(2);
    expect(configured.stderr).toMatch(/by-image\.json/);
    expect((await withoutEngine('compare', 'image')).exitCode).toBe(4);
    expect((await withoutEngine('compare', '--profile', 'none', 'registry.example/image')).exitCode).toBe(4);
  });
});
