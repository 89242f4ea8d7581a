import { execa } from 'execa';
import { execFileSync, spawn } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { FORMATS } from '../../src/reporters/registry.ts';
import { saveBundle } from '../../src/store/bundle-file.ts';
import { aBundle } from '../support/bundle.ts';
import { aConfiguration, aMount, aTarget } from '../support/observations.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const ROOT = process.getuid?.() === 0;

let directory: string;
let whole: string;
const file = (name: string): string => path.join(directory, name);
const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-output-'));
  await saveBundle(file('bundle.json'), bundleOf(3, 30));
  whole = (await bulkhead('report', 'bundle.json', '--format', 'json')).stdout;
  expect(JSON.parse(whole)).toMatchObject({ summary: { targets: 3 } });
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

/** Servers with mounts that nobody declares, a failure each, and of which nothing else is known. */
function bundleOf(servers: number, mounts: number) {
  const configuration = aConfiguration({
    mounts: Array.from({ length: mounts }, (_, index) => aMount({ source: `/srv/${index}`, target: `/data/${index}` })),
  });
  const bundle = aBundle(
    ...Array.from({ length: servers }, (_, index) => ({
      target: aTarget({ id: `${index}`.padStart(64, '0'), name: `server-${index}` }),
      declaration: { profile: {}, source: 'flag' as const, location: 'p.json', remarks: [] },
      observations: { configuration: { state: 'observed' as const, facts: configuration } },
    })),
  );
  return { ...bundle, options: { ...bundle.options, timeoutMs: 1, checks: ['FS-001'] } };
}

async function command(...line: readonly string[]) {
  const [program = '', ...args] = line;
  const run = await execa(program, args, { reject: false, extendEnv: false, env, cwd: directory, maxBuffer: 1e9 });
  expect(run.stderr).not.toMatch(/ {4}at /);
  return { exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr };
}

const bulkhead = async (...args: readonly string[]) => command(process.execPath, CLI, ...args);
const shell = async (script: string) => command('bash', '-o', 'pipefail', '-c', script, process.execPath, CLI);
const report = async (place: string) =>
  bulkhead('report', 'bundle.json', '--format', `junit=${place}`, '--format', 'json', '--format', 'sarif=kept');

describe('a report that cannot be written', () => {
  it.each([
    ['a directory', () => '.', /EISDIR/],
    ['in no directory', () => 'none/junit.xml', /ENOENT/],
    ['below a file', () => 'bundle.json/junit.xml', /ENOTDIR/],
    ['a pipe that nobody reads', () => 'pipe', /nobody reads from that pipe/],
    ['a full disk', () => '/dev/full', /ENOSPC/],
    ['a link that goes in a circle', () => 'circle', /ELOOP/],
  ])('is said, ends with 4, and spoils no other: %s', async (_, place, words) => {
    await rm(file('pipe'), { force: true });
    execFileSync('mkfifo', [file('pipe')]);
    await rm(file('circle'), { force: true });
    await symlink('circle', file('circle'));
    await rm(file('kept'), { force: true });
    const { exitCode, stdout, stderr } = await report(place());
    expect(stderr).toMatch(/^bulkhead: The report could not be written: /);
    expect(stderr).toMatch(words);
    expect(exitCode).toBe(4);
    expect(stdout).toBe(whole);
    expect(await readFile(file('kept'), 'utf8')).toMatch(/\}\n$/);
  });

  it.skipIf(!ROOT)('is said: a place where others may write', async () => {
    await mkdir(file('foreign'), { recursive: true });
    await chmod(directory, 0o755);
    await chmod(file('bundle.json'), 0o644);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, CLI];
    const { exitCode, stdout, stderr } = await command(
      ...nobody,
      'report',
      'bundle.json',
      '--format=json',
      '--format=junit=foreign/junit.xml',
    );
    expect(stderr).toMatch(/could not be written: EACCES/);
    expect([exitCode, stdout]).toEqual([4, whole]);
  });

  it('is taken back where the room ends in the middle of it, and what stood before an addition stays', async () => {
    await writeFile(file('summary'), 'said before\n');
    const limited = (format: string, place: string) =>
      shell(
        `trap '' XFSZ; ulimit -f 4; GITHUB_STEP_SUMMARY=${file('summary')} "$0" "$1" report bundle.json --format ${format}=${place}`,
      );
    for (const [format, place, left] of [
      ['json', file('half.json'), ''],
      ['github-summary', file('summary'), 'said before\n'],
    ] as const) {
      const { exitCode, stderr } = await limited(format, place);
      expect(stderr).toMatch(/could not be written: EFBIG/);
      expect(exitCode).toBe(4);
      expect(await readFile(place, 'utf8')).toBe(left);
    }
  });

  it('keeps a baseline from being written to what is no file', async () => {
    await rm(file('pipe'), { force: true });
    execFileSync('mkfifo', [file('pipe')]);
    const { exitCode, stderr } = await bulkhead('evaluate', 'bundle.json', '--baseline', 'pipe', '--update-baseline');
    expect(stderr).toMatch(/The baseline could not be written: pipe is no regular file/);
    expect(exitCode).toBe(4);
    expect((await lstat(file('pipe'))).isFIFO()).toBe(true);
  });
});

describe('a report that is written', () => {
  it('through a link goes where the link leads, and link and mode stay', async () => {
    await mkdir(file('elsewhere'));
    await writeFile(file('elsewhere/report.json'), 'old', { mode: 0o600 });
    await symlink('elsewhere/report.json', file('link.json'));
    expect((await bulkhead('report', 'bundle.json', '--format', 'json=link.json')).exitCode).toBe(0);
    expect((await lstat(file('link.json'))).isSymbolicLink()).toBe(true);
    expect((await readFile(file('elsewhere/report.json'), 'utf8')).trimEnd()).toBe(whole);
    expect((await stat(file('elsewhere/report.json'))).mode & 0o777).toBe(0o600);
  });

  it('into a pipe that somebody reads arrives whole', async () => {
    execFileSync('mkfifo', [file('read')]);
    const reader = spawn('cat', [file('read')], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    reader.stdout.on('data', (data: Buffer) => (text += data.toString()));
    const closed = new Promise((resolve) => reader.once('close', resolve));
    expect((await bulkhead('report', 'bundle.json', '--format', 'json=read')).exitCode).toBe(0);
    await closed;
    expect(text.trimEnd()).toBe(whole);
  });

  it('goes to a process of the shell', async () => {
    // `cat` holds standard error until its end, so this waits for it.
    const { exitCode } = await shell('"$0" "$1" report bundle.json --format json=>(cat > substituted.json)');
    expect(exitCode).toBe(0);
    expect((await readFile(file('substituted.json'), 'utf8')).trimEnd()).toBe(whole);
  });
});

describe('formats', () => {
  it.each([
    ['jsn', 'json'],
    ['htlm=x', 'html'],
    ['sarrif', 'sarif'],
    ['github_summary=x', 'github-summary'],
  ])('%s is refused, and %s is offered', async (given, meant) => {
    const { exitCode, stdout, stderr } = await bulkhead('report', 'bundle.json', '--format', given);
    expect(stderr).toContain(`--format does not take "${given}"`);
    expect(stderr).toContain(`Did you mean ${meant}?`);
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it('offers nothing where nothing is near', async () => {
    const { stderr } = await bulkhead('report', 'bundle.json', '--format', 'spreadsheet');
    expect(stderr).not.toContain('Did you mean');
    expect(stderr).toContain('or FORMAT=FILE.');
  });

  it('do not share a file, however it is written', async () => {
    const { exitCode, stderr } = await bulkhead('report', 'bundle.json', '--format', 'json=one', '--format', 'junit=./x/../one');
    expect(stderr).toMatch(/Two formats cannot both go to .*one/);
    expect(exitCode).toBe(2);
    await expect(stat(file('one'))).rejects.toThrow(/ENOENT/);
  });
});

describe('25,000 results', () => {
  beforeAll(async () => saveBundle(file('huge.json'), bundleOf(25, 1000)));

  it('are written in every format', async () => {
    const { exitCode, stdout, stderr } = await bulkhead(
      'report',
      'huge.json',
      ...FORMATS.flatMap((format) => ['--format', `${format}=huge-${format}`]),
    );
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const huge = JSON.parse(await readFile(file('huge-json'), 'utf8')) as Report;
    expect(huge.findings.length).toBeGreaterThanOrEqual(25_000);
    for (const format of FORMATS) expect(await readFile(file(`huge-${format}`), 'utf8'), format).toMatch(/[^\n]\n$/);
    expect((await readFile(file('huge-junit'), 'utf8')).match(/<testcase /g)).toHaveLength(huge.findings.length + 1);
    const [run] = (JSON.parse(await readFile(file('huge-sarif'), 'utf8')) as Log).runs;
    expect(run?.results).toHaveLength(25_000);
    expect((await stat(file('huge-markdown'))).size).toBeLessThanOrEqual(65_536);
  });

  it('reach a reader whole, and one that wants a line alone is no error', async () => {
    const { stdout, stderr, exitCode } = await shell('"$0" "$1" report huge.json --format ocsf | wc -l');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(Number(stdout)).toBeGreaterThanOrEqual(25_000);
    const first = await shell('"$0" "$1" report huge.json --format json --format ocsf=beside.jsonl | head -1');
    expect(first).toEqual({ exitCode: 0, stderr: '', stdout: '{' });
    expect(await readFile(file('beside.jsonl'), 'utf8')).toMatch(/\}\n$/);
  });
});

describe('somebody without a home', () => {
  it.skipIf(!ROOT).each([
    ['doctor', 4, /No container engine answers/],
    ['audit', 4, /No container engine answers/],
    ['report', 0, /^$/],
  ] as const)('%s works as with one', async (name, code, words) => {
    await chmod(directory, 0o755);
    await chmod(file('bundle.json'), 0o644);
    const { exitCode, stdout, stderr } = await execa(
      'setpriv',
      // An id that no account has, and HOME not set: as containers that run under any id.
      [
        '--reuid=54321',
        '--regid=54321',
        '--clear-groups',
        process.execPath,
        CLI,
        name,
        ...(name === 'report' ? ['bundle.json', '--format', 'json'] : ['--host', `unix://${file('none.sock')}`]),
      ],
      { reject: false, extendEnv: false, env: { PATH: process.env['PATH'] }, cwd: directory },
    );
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/ {4}at /);
    expect(exitCode).toBe(code);
    if (name === 'report') expect(stdout).toBe(whole);
  });
});
