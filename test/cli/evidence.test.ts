import { execa } from 'execa';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { gatheredChecks } from '../../src/checks/registry.ts';
import { reportOf } from '../../src/engine/report.ts';
import { openHistory } from '../../src/history/history.ts';
import type { EvidenceSummary } from '../../src/model/evidence.ts';
import { saveBundle } from '../../src/store/bundle-file.ts';
import { aSeenBundle, entriesOf, someKeys } from '../support/evidence.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const DOCS = path.resolve(import.meta.dirname, '../../docs/evidence.md');

let root: string;
let directory: string;
beforeAll(async () => (root = await mkdtemp(path.join(tmpdir(), 'bulkhead-evidence-'))));
afterAll(async () => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  directory = await mkdtemp(path.join(root, 'case-'));
  await someKeys(directory);
  await saveBundle(file('one.json'), aSeenBundle('2026-01-05T08:00:00.000Z', { github: 'fails' }));
  await saveBundle(file('two.json'), aSeenBundle('2026-01-06T08:00:00.000Z', { github: 'passes' }));
});

const file = (name: string): string => path.join(directory, name);
const KEY = ['--key', 'evidence.key.pem'] as const;
const OUT = ['--out', 'pack.tar.gz'] as const;
const PUBLIC = ['--public-key', 'evidence.pub.pem'] as const;

async function bulkhead(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, 'evidence', ...args], {
    reject: false,
    cwd: directory,
    extendEnv: false,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env },
  });
  expect(stderr).not.toMatch(/ {4}at /);
  return { exitCode, stdout, stderr };
}

async function summary(): Promise<EvidenceSummary> {
  const entries = await entriesOf(await readFile(file('pack.tar.gz')));
  return JSON.parse(entries.find(({ name }) => name === 'summary.json')?.content.toString() ?? '') as EvidenceSummary;
}

describe('bulkhead evidence', () => {
  it('packs bundles, and verifies what it packed', async () => {
    const packed = await bulkhead(['one.json', 'two.json', ...KEY, ...OUT]);
    expect(packed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(packed.stdout).toMatch(
      /^pack\.tar\.gz: 2 runs, 8 files\n {2}manifest: SHA-256 [0-9a-f]{64}\n {2}key: {6}[0-9a-f]{64}$/,
    );
    expect((await stat(file('pack.tar.gz'))).mode & 0o777).toBe(0o600);
    const verified = await bulkhead(['verify', 'pack.tar.gz', ...PUBLIC]);
    expect(verified).toMatchObject({ exitCode: 0, stderr: '' });
    expect(verified.stdout).toMatch(/^pack\.tar\.gz: valid\n/);
    expect(verified.stdout).toContain(/SHA-256 (\w+)/.exec(packed.stdout)?.[1]);
  });

  it('judges with the configuration, its waivers and attestations', async () => {
    await writeFile(
      file('bulkhead.yaml'),
      [
        'gates: {failOn: high}',
        'waivers:',
        '  - {id: HARD-004, target: github, subject: "*", reason: vendor, owner: platform-team, expires: 2099-12-31}',
        'attestations:',
        '  - {statement: Pulled by digest., owner: registry-team, expires: 2099-12-31, checks: [HARD-001]}',
      ].join('\n'),
    );
    const { exitCode, stderr } = await bulkhead(['one.json', ...KEY, ...OUT]);
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^bulkhead: configuration .*bulkhead\.yaml$/)]);
    expect(await summary()).toMatchObject({
      failures: [{ state: 'accepted', waived: { owner: 'platform-team' } }],
      waivers: [{ owner: 'platform-team', expired: false, runs: 1 }],
      attestations: [{ owner: 'registry-team', expired: false }],
      runs: [{ exit: { code: 0 } }],
    });
    expect((await bulkhead(['one.json', ...KEY, ...OUT, '--no-config'])).stderr).toBe('');
    expect(await summary()).toMatchObject({ failures: [{ state: 'open' }], waivers: [], runs: [{ exit: { code: 1 } }] });
  });

  it('packs the runs of the history, each as it was judged when it was recorded', async () => {
    const waiver = {
      id: 'HARD-004',
      target: 'github',
      subject: '*',
      reason: 'vendor',
      owner: 'platform-team',
      expires: '2026-01-31',
    };
    const history = openHistory(file('history.db'), { create: true });
    for (const [minute, gate] of [
      [0, 'high'],
      [1, 'never'],
    ] as const) {
      const bundle = { ...aSeenBundle(`2026-01-05T08:0${minute}:00.000Z`, { github: 'fails' }), session: `session${minute}` };
      const accepted = { waivers: minute === 0 ? [waiver] : [], attestations: [], now: new Date(bundle.finishedAt) };
      const options = { failOn: gate, allowEmpty: false, accepted };
      const report = reportOf(bundle, gatheredChecks(bundle), options);
      await history.record({ bundle, report, options, trigger: { kind: 'event', text: 'network open: connect' } });
    }
    history.close();
    const packed = await bulkhead(['--since', '2026-01-05', '--file', 'history.db', ...KEY, ...OUT]);
    expect(packed).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await bulkhead(['verify', 'pack.tar.gz', ...PUBLIC])).exitCode).toBe(0);
    expect(await summary()).toMatchObject({
      runs: [
        { source: 'run 1 of the history', trigger: 'event: network open: connect', exit: { code: 0 } },
        { source: 'run 2 of the history', exit: { code: 0 } },
      ],
      waivers: [{ owner: 'platform-team', runs: 1 }],
    });
    const before = await bulkhead(['--since', '2026-01-06', '--file', 'history.db', ...KEY, ...OUT]);
    expect(before).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/no run/) as string });
    expect((await bulkhead([...KEY, ...OUT])).stderr).toMatch(/There is no history/);
  });

  it('names what is not in the pack, and ends with 3 when something could not be read', async () => {
    await writeFile(file('bad.json'), '{"na\u001b[2Jme"');
    const result = await bulkhead(['one.json', 'two.json', 'bad.json', 'none.json', '--since', '2026-01-06', ...KEY, ...OUT]);
    expect(result.exitCode).toBe(3);
    expect(result.stderr.split('\n')).toEqual([
      expect.stringMatching(/^bulkhead: bad\.json is not in the pack, could not be read: bad\.json is not JSON/),
      expect.stringMatching(/^bulkhead: none\.json is not in the pack, could not be read/),
      'bulkhead: one.json is not in the pack, outside the period: it started at 2026-01-05T08:00:00.000Z',
    ]);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(result.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect((await bulkhead(['one.json', 'two.json', '--since', '2026-01-06', ...KEY, ...OUT])).exitCode).toBe(0);
  });

  it('warns of a key that others may read, and takes one that is encrypted', async ({ skip }) => {
    await chmod(file('evidence.key.pem'), 0o644);
    expect((await bulkhead(['one.json', ...KEY, ...OUT])).stderr).toMatch(/evidence\.key\.pem may be read by others/);
    await needs('openssl', skip);
    const encrypt = [
      'pkcs8',
      '-topk8',
      '-v2',
      'aes-256-cbc',
      '-in',
      'evidence.key.pem',
      '-out',
      'secret.pem',
      '-passout',
      'pass:hunter2',
    ];
    await execa('openssl', encrypt, { cwd: directory });
    const args = ['one.json', '--key', 'secret.pem', ...OUT];
    const wrong = await bulkhead(args, { BULKHEAD_KEY_PASSPHRASE: 'hunter3' });
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/could not be decrypted/) });
    expect(wrong.stderr).not.toContain('hunter');
    expect((await bulkhead(args, { BULKHEAD_KEY_PASSPHRASE: 'hunter2' })).exitCode).toBe(0);
    expect((await bulkhead(['verify', 'pack.tar.gz', ...PUBLIC])).exitCode).toBe(0);
  });

  it('chains packs', async () => {
    expect((await bulkhead(['one.json', ...KEY, '--out', 'first.tar.gz'])).exitCode).toBe(0);
    expect((await bulkhead(['two.json', ...KEY, ...OUT, '--previous', 'first.tar.gz'])).exitCode).toBe(0);
    const chained = await bulkhead(['verify', 'pack.tar.gz', ...PUBLIC, '--previous', 'first.tar.gz', '--json']);
    expect([chained.exitCode, JSON.parse(chained.stdout)]).toEqual([
      0,
      expect.objectContaining({ valid: true, manifest: expect.objectContaining({ previous: expect.any(String), files: 5 }) }),
    ]);
    await bulkhead(['one.json', ...KEY, '--out', 'other.tar.gz']);
    for (const [pack, previous, words] of [
      ['pack.tar.gz', 'other.tar.gz', /and the pack names/],
      ['first.tar.gz', 'other.tar.gz', /names no pack before it/],
    ] as const) {
      const broken = await bulkhead(['verify', pack, ...PUBLIC, '--previous', previous]);
      expect(broken).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(words) });
    }
    await someKeys(directory, 'newer');
    const renewed = await bulkhead(['two.json', '--key', 'newer.key.pem', '--out', 'new.tar.gz', '--previous', 'first.tar.gz']);
    expect(renewed).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/another key, [0-9a-f]{64}: its signature was not/),
    });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['no key', ['one.json', ...OUT], /--key is missing[\s\S]*openssl genpkey/],
    ['no output', ['one.json', ...KEY], /--out is missing/],
    ['neither runs nor a history', [...KEY, ...OUT], /There is no history/],
    [
      'no run in the period',
      ['one.json', '--since', '2026-06-01', ...KEY, ...OUT],
      /no run in the period.*one\.json[\s\S]*--allow-empty/,
    ],
    ['a day that is none', ['one.json', '--since', '2026-02-30', ...KEY, ...OUT], /--since does not take "2026-02-30"/],
    ['a public key to sign with', ['one.json', '--key', 'evidence.pub.pem', ...OUT], /only a private one signs/],
    ['a key that is not there', ['one.json', '--key', 'none.pem', ...OUT], /none\.pem could not be read/],
    ['an output that is read', ['one.json', ...KEY, '--out', './one.json'], /would replace .*one\.json/],
    ['an output that is the key', ['one.json', ...KEY, '--out', 'evidence.key.pem'], /would replace/],
    ['a pack before that is none', ['one.json', ...KEY, ...OUT, '--previous', 'two.json'], /two\.json is no evidence pack/],
    ['waivers that are not there', ['one.json', ...KEY, ...OUT, '--waivers', 'none.yaml'], /none\.yaml/],
    ['verify: no key', ['verify', 'one.json'], /--public-key/],
    ['verify: a private key', ['verify', 'one.json', '--public-key', 'evidence.key.pem'], /only the signer should have/],
    ['verify: no file', ['verify', 'none.tar.gz', ...PUBLIC], /none\.tar\.gz could not be read/],
  ])('is refused, and nothing is written: %s', async (_, args, words) => {
    const before = await readdir(directory);
    const result = await bulkhead(args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(words) });
    expect(await readdir(directory)).toEqual(before);
  });

  it('a pack that cannot be written ends with 4', async () => {
    for (const out of ['none/pack.tar.gz', '/dev/full/pack.tar.gz']) {
      expect(await bulkhead(['one.json', ...KEY, '--out', out])).toMatchObject({
        exitCode: 4,
        stderr: expect.stringMatching(/could not be written/),
      });
    }
  });

  it('a pack that is not valid ends with 1, and says what differs', async () => {
    await bulkhead(['one.json', ...KEY, ...OUT]);
    const archive = await readFile(file('pack.tar.gz'));
    await writeFile(file('cut.tar.gz'), archive.subarray(0, -100));
    const cut = await bulkhead(['verify', 'cut.tar.gz', ...PUBLIC]);
    expect(cut).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^cut\.tar\.gz: NOT valid\n {2}The archive is cut off/),
    });
    await someKeys(directory, 'other');
    const other = await bulkhead(['verify', 'pack.tar.gz', '--public-key', 'other.pub.pem', '--json']);
    expect(other.exitCode).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({ valid: false, problems: [{ code: 'signature' }] });
    expect(JSON.parse(other.stdout)).not.toHaveProperty('manifest');
  });
});

describe('docs/evidence.md', () => {
  /** The lines for a shell under a heading. */
  async function linesOf(heading: string): Promise<string> {
    const section = (await readFile(DOCS, 'utf8')).split(/^## /m).find((text) => text.startsWith(heading));
    const block = /```sh\n([\s\S]*?)```/.exec(section ?? '')?.[1];
    expect(block).toBeDefined();
    return block ?? '';
  }
  const shell = (script: string, cwd = directory) => execa('bash', ['-e', '-c', script], { cwd, reject: false });

  it('its lines make keys that are taken', async ({ skip }) => {
    await needs('openssl', skip);
    await rm(file('evidence.key.pem'));
    expect((await shell(await linesOf('Keys'))).exitCode).toBe(0);
    expect(await bulkhead(['one.json', ...KEY, ...OUT])).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await bulkhead(['verify', 'pack.tar.gz', ...PUBLIC])).exitCode).toBe(0);
    const id = await shell('openssl pkey -pubin -in evidence.pub.pem -outform DER | sha256sum');
    expect((await bulkhead(['verify', 'pack.tar.gz', ...PUBLIC])).stdout).toContain(id.stdout.slice(0, 64));
  });

  it('its lines verify a pack without Bulkhead, and refuse one that was changed', async ({ skip }) => {
    await needs('openssl', skip);
    const lines = await linesOf('Verifying');
    await bulkhead(['one.json', 'two.json', ...KEY, '--out', 'evidence.tar.gz', '--junit']);
    const good = await shell(lines);
    expect([good.exitCode, good.stderr]).toEqual([0, '']);
    expect((await readFile(file('sums'), 'utf8')).trim().split('\n')).toHaveLength(10);

    await shell('tar -xzf evidence.tar.gz -C "$(mkdir changed && echo changed)"');
    const changes = {
      content: 'echo >> summary.md',
      manifest: 'sed -i s/bulkhead/bulkhede/ manifest.json',
      missing: 'rm summary.md',
      extra: 'touch extra',
      link: 'ln -s /etc/passwd extra',
    };
    for (const [name, change] of Object.entries(changes)) {
      await mkdir(file(name));
      const packed = 'tar -czf evidence.tar.gz --transform "s,^\\./,," -C tree $(cd tree && ls -A)';
      const script = `cp -r ../changed tree && cp ../evidence.pub.pem . && (cd tree && ${change}) && ${packed} && ${lines}`;
      expect([name, (await shell(script, file(name))).exitCode]).not.toEqual([name, 0]);
    }
    await mkdir(file('same'));
    const script = `cp ../evidence.tar.gz ../evidence.pub.pem . && ${lines}`;
    expect((await shell(script, file('same'))).exitCode).toBe(0);
  });
});

async function needs(program: string, skip: TestContext['skip']): Promise<void> {
  const { exitCode } = await execa(program, ['version'], { reject: false });
  skip(exitCode !== 0, `there is no ${program}`);
}
