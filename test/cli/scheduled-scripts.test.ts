import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../lab/run.ts';
import { SCHEDULED } from '../support/scheduled.ts';

const NO_FLOCK = findProgram('flock') === undefined;

/**
 * Stands in for bulkhead: writes what it was asked into `log`, reports where it was told to, and ends as `codes` says. An
 * audit waits while there is a file `hold`, and tells of a signal.
 */
const STAND_IN = `#!/bin/sh
echo "$*" >>"$BULKHEAD_DIRECTORY/log"
[ -n "$CRASH" ] && exit "$AUDIT"
for word; do case $word in *=*) echo new >"\${word#*=}" ;; esac; done
case $1 in
  audit)
    trap 'echo stopped >>"$BULKHEAD_DIRECTORY/log"; exit 130' TERM
    while [ -e "$BULKHEAD_DIRECTORY/hold" ]; do sleep 0.05; done
    exit "$AUDIT" ;;
  history) printf '%b' "$RUNS"; exit "$HISTORY" ;;
  diff) exit "$DIFF" ;;
esac
`;

describe.skipIf(NO_FLOCK)(`${NO_FLOCK ? 'skipped: there is no flock: ' : ''}samples/scheduled/scan.sh`, () => {
  let directory: string;
  let state: string;
  const scan = path.join(SCHEDULED, 'scan.sh');
  const TWO = '{ "session": "b" }\n{ "session": "a" }\n';

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-scan-'));
    state = path.join(directory, 'state');
    await mkdir(state);
    await writeFile(path.join(directory, 'bulkhead'), STAND_IN);
    await chmod(path.join(directory, 'bulkhead'), 0o755);
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const envOf = (env: Readonly<Record<string, string>>): Record<string, string> => ({
    PATH: `${directory}:/usr/bin:/bin`,
    BULKHEAD_DIRECTORY: directory,
    BULKHEAD_CONFIG: '/nonexistent/bulkhead.yaml',
    STATE_DIRECTORY: state,
    AUDIT: '0',
    CRASH: '',
    HISTORY: '0',
    DIFF: '0',
    RUNS: TWO,
    ...env,
  });
  const run = async (env: Readonly<Record<string, string>> = {}) =>
    execa(scan, { extendEnv: false, env: envOf(env), reject: false });
  const asked = async (): Promise<readonly string[]> =>
    (await readFile(path.join(directory, 'log'), 'utf8')).split('\n').map((line) => line.split(' ')[0] ?? '');

  it.each([
    ['0', 0],
    ['1', 1],
    ['3', 3],
  ])('an audit that ends with %s is a result: what changed is said, and the code is the same', async (AUDIT, exitCode) => {
    expect((await run({ AUDIT })).exitCode).toBe(exitCode);
    expect(await asked()).toEqual(['audit', 'history', 'diff', '']);
    expect(await readFile(path.join(state, 'changes.md'), 'utf8')).toBe('new\n');
  });

  it.each([
    ['2', 2],
    ['4', 4],
    ['130', 130],
  ])('an audit that ends with %s is none: no report of an earlier one stays for its own', async (AUDIT, exitCode) => {
    for (const name of ['bundle.json', 'changes.md', 'changes.json', 'history.db'])
      await writeFile(path.join(state, name), 'old');
    expect((await run({ AUDIT })).exitCode).toBe(exitCode);
    expect(await asked()).toEqual(['audit', '']);
    // The stand-in wrote the two reports itself.
    expect((await readdir(state)).toSorted()).toEqual(['history.db', 'report.html', 'report.json', 'scan.lock']);
  });

  it.each(['0', '1', '3'])('%s without a report is no result', async (AUDIT) => {
    expect((await run({ AUDIT, CRASH: 'yes' })).exitCode).toBe(4);
    expect(await asked()).toEqual(['audit', '']);
  });

  it('a history that cannot be read is an error, whatever the audit said', async () => {
    expect((await run({ AUDIT: '1', HISTORY: '4' })).exitCode).toBe(4);
  });

  it('the first run is compared with none', async () => {
    expect((await run({ RUNS: '{ "session": "a" }\n' })).exitCode).toBe(0);
    expect(await asked()).toEqual(['audit', 'history', '']);
  });

  it('changes that could not be told are an error, whatever the audit said', async () => {
    expect((await run({ AUDIT: '1', DIFF: '2' })).exitCode).toBe(4);
  });

  it('a second one at the same time does not take place, and says so', async () => {
    await writeFile(path.join(directory, 'hold'), '');
    const first = run();
    await expect.poll(asked, { timeout: 20_000 }).toEqual(['audit', '']);
    const second = await run();
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toMatch(/another scan is under way, this one did not take place/);
    await rm(path.join(directory, 'hold'));
    expect((await first).exitCode).toBe(0);
    expect(await asked()).toEqual(['audit', 'history', 'diff', '']);
    expect((await run()).exitCode).toBe(0);
  });

  it('hands a signal on, and waits until the audit has cleaned up', async () => {
    await writeFile(path.join(directory, 'hold'), '');
    const child = spawn(scan, { env: envOf({}), stdio: 'ignore' });
    const ended = once(child, 'exit');
    await expect.poll(asked, { timeout: 20_000 }).toEqual(['audit', '']);
    child.kill('SIGTERM');
    expect(await ended).toEqual([130, null]);
    expect(await asked()).toEqual(['audit', 'stopped', '']);
  });
});

describe('samples/scheduled/tell.sh', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-tell-'));
    await writeFile(path.join(directory, 'changes.md'), '# weather reaches what was held\n');
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  /** What somebody was told of a unit that ended so. */
  async function told(result: string, status: string): Promise<string> {
    const file = path.join(directory, 'told');
    await execa(path.join(SCHEDULED, 'tell.sh'), ['bulkhead-scan'], {
      extendEnv: false,
      env: {
        PATH: '/usr/bin:/bin',
        STATE_DIRECTORY: directory,
        MONITOR_SERVICE_RESULT: result,
        MONITOR_EXIT_STATUS: status,
        BULKHEAD_TELL: `cat >"${file}"`,
      },
    });
    return readFile(file, 'utf8').catch(() => '');
  }

  it('is silent about a clean scan', async () => {
    expect(await told('success', '0')).toBe('');
  });

  it.each([
    ['1', /^bulkhead-scan on \S+ found a violation\./],
    ['3', /could not decide everything, which is no pass\./],
  ])('says of %s what it was, and what changed', async (status, what) => {
    const text = await told('success', status);
    expect(text).toMatch(what);
    expect(text).toMatch(/journalctl --unit bulkhead-scan\n\n# weather reaches what was held\n$/);
  });

  it.each([
    ['exit-code', '4'],
    ['exit-code', '75'],
    ['timeout', 'TERM'],
  ])('says of %s %s that there is no whole result, and nothing of changes', async (result, status) => {
    const text = await told(result, status);
    expect(text).toMatch(new RegExp(`ended without a whole result: ${result}, ${status}\\.`));
    expect(text).not.toMatch(/weather/);
  });
});
