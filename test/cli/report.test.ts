import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.ts';
import { FORMATS } from '../../src/reporters/registry.ts';
import { aBundle } from '../support/bundle.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

describe('bulkhead report', () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;

  async function bulkhead(...args: readonly string[]) {
    const run = await execa(process.execPath, [CLI, ...args], { reject: false, extendEnv: false, env, cwd: directory });
    expect(run.stderr).not.toMatch(/ {4}at /);
    return { exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr };
  }

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-report-'));
    // A home that is not there is as good as one that may not be written.
    env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    await writeFile(path.join(directory, 'profile.json'), '{\n  "network": {\n    "outbound": {}\n  }\n}\n');
    const targets = Array.from({ length: 40 }, (_, index) => ({
      target: {
        id: index.toString(16).padStart(64, '0'),
        name: `server-${index}`,
        image: { reference: 'registry.example/mcp/server:1', id: 'sha256:0' },
        platform: 'none' as const,
        discoveredBy: 'named on the command line',
        transport: 'stdio' as const,
        state: 'running',
        startedAt: '2026-01-01T00:00:00.000Z',
      },
      declaration: { profile: { network: { outbound: {} } }, source: 'flag' as const, location: 'profile.json', remarks: [] },
      observations: {},
    }));
    const bundle = aBundle(...targets);
    const options = { ...bundle.options, checks: CHECKS.map(({ meta }) => meta.id) };
    await writeFile(path.join(directory, 'bundle.json'), JSON.stringify({ ...bundle, options }));
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it('renders every format, gates nothing, and says of nothing that was not looked at that it holds', async () => {
    const files = FORMATS.map((format) => `${format}=out-${format}`);
    const result = await bulkhead('report', 'bundle.json', ...files.flatMap((file) => ['--format', file]));
    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    for (const format of FORMATS) {
      const text = await readFile(path.join(directory, `out-${format}`), 'utf8');
      expect(text).toMatch(/[^\n]\n$/);
    }
    const junit = await readFile(path.join(directory, 'out-junit'), 'utf8');
    expect(junit).toContain(`errors="${40 * CHECKS.length}"`);
    expect(await readFile(path.join(directory, 'out-gitlab'), 'utf8')).toContain('"path": "profile.json"');
    expect((await bulkhead('evaluate', 'bundle.json', '--quiet')).exitCode).toBe(3);
  });

  it('finds the line of the profile that declares', async () => {
    const { stdout } = await bulkhead('report', 'bundle.json', '--format', 'github');
    expect(stdout).toMatch(/^::warning file=profile\.json,line=3,title=/m);
  });

  it('finds it also where a configuration names the profile, by its whole path', async () => {
    const bundle = await readFile(path.join(directory, 'bundle.json'), 'utf8');
    const location = JSON.stringify(path.join(directory, 'profile.json'));
    const configured = bundle.replaceAll('"flag","location":"profile.json"', `"configuration","location":${location}`);
    expect(configured).not.toBe(bundle);
    await writeFile(path.join(directory, 'configured.json'), configured);
    const { stdout } = await bulkhead('report', 'configured.json', '--format', 'github');
    expect(stdout).toMatch(/^::warning file=profile\.json,line=3,title=/m);
  });

  it('writes to standard output, whole, when a file cannot be written, and ends with 4', async () => {
    const whole = await bulkhead('report', 'bundle.json', '--format', 'json');
    expect(whole.exitCode).toBe(0);
    for (const bad of ['/dev/full', path.join(directory, 'none', 'x.xml'), directory]) {
      const result = await bulkhead(
        'report',
        'bundle.json',
        '--format',
        `junit=${bad}`,
        '--format',
        'json',
        '--format',
        'sarif=kept',
      );
      expect(result.exitCode).toBe(4);
      expect(result.stdout).toBe(whole.stdout);
      expect(result.stderr).toMatch(/could not be written/);
      expect(await readFile(path.join(directory, 'kept'), 'utf8')).toMatch(/\}\n$/);
      await rm(path.join(directory, 'kept'));
    }
  });

  it('writes its files when standard output is full, and ends with 4', async () => {
    const full = await open('/dev/full', 'w');
    const code = await new Promise((resolve) => {
      const child = spawn(process.execPath, [CLI, 'report', 'bundle.json', '--format', 'json', '--format', 'junit=beside.xml'], {
        cwd: directory,
        env,
        stdio: ['ignore', full.fd, 'ignore'],
      });
      child.once('exit', resolve);
    });
    await full.close();
    expect(code).toBe(4);
    expect(await readFile(path.join(directory, 'beside.xml'), 'utf8')).toMatch(/<\/testsuites>\n$/);
  });

  it('takes a reader that has seen enough for no error', async () => {
    const child = spawn(process.execPath, [CLI, 'report', 'bundle.json', '--format', 'json'], {
      cwd: directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });

  it('keeps what a step has already said in its summary', async () => {
    const summary = path.join(directory, 'step-summary');
    await writeFile(summary, 'said before\n');
    env = { ...env, GITHUB_STEP_SUMMARY: summary };
    await bulkhead('report', 'bundle.json', '--format', `github-summary=${summary}`);
    expect(await readFile(summary, 'utf8')).toMatch(/^said before\n<!-- bulkhead -->/);
  });

  it('reads nothing outside the working directory, and waits for no pipe', async () => {
    await execa('mkfifo', [path.join(directory, 'pipe')]);
    const bundle = JSON.parse(await readFile(path.join(directory, 'bundle.json'), 'utf8')) as {
      readonly targets: readonly { declaration: { location: string } }[];
    };
    for (const [index, location] of ['pipe', '/etc/passwd', '../../etc/passwd', '.', '\u0000', '/dev/zero'].entries()) {
      const target = bundle.targets[index];
      if (target !== undefined) target.declaration.location = location;
    }
    await writeFile(path.join(directory, 'hostile.json'), JSON.stringify(bundle));
    const { exitCode, stdout } = await bulkhead('report', 'hostile.json', '--format', 'gitlab');
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('passwd');
    expect(
      new Set((JSON.parse(stdout) as readonly { location: { path: string } }[]).map(({ location }) => location.path)),
    ).toEqual(new Set(['pipe', 'profile.json', ...[1, 2, 3, 4, 5].map((index) => `containers/server-${index}`)]));
  });

  it.each<readonly [readonly string[], RegExp]>([
    [['--format', 'xml'], /junit/],
    [['--format', 'junit', '--format', 'sarif'], /standard output/],
    [['--format', 'junit='], /FORMAT=FILE/],
    [['--fail-on', 'high'], /unknown option/],
  ])('%j is refused', async (args, words) => {
    const result = await bulkhead('report', 'bundle.json', ...args);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(words);
  });

  it('compare offers no format that it does not have', async () => {
    const result = await bulkhead('compare', '--host', 'unix:///nonexistent.sock', '--format', 'junit', 'image');
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/console, json/);
  });
});
