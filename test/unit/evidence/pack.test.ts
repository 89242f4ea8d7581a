import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { verify } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleFiles, hashOf } from '../../../src/evidence/run.ts';
import { verifyPack } from '../../../src/evidence/verify.ts';
import type { EvidenceManifest, EvidenceSummary } from '../../../src/model/evidence.ts';
import type { Report } from '../../../src/model/report.ts';
import { aSeenBundle, entriesOf, NOW, packRuns, runOf, someKeys } from '../../support/evidence.ts';

let root: string;
let directory: string;
let keys: Awaited<ReturnType<typeof someKeys>>;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bulkhead-pack-'));
  keys = await someKeys(root);
});
afterAll(async () => rm(root, { recursive: true, force: true }));
beforeEach(async () => (directory = await mkdtemp(path.join(root, 'case-'))));

const out = () => path.join(directory, 'pack.tar.gz');
const monday = runOf(aSeenBundle('2026-11-16T08:00:00.000Z', { one: 'fails', two: 'fails' }), { source: 'monday.json' });
const tuesday = runOf(aSeenBundle('2026-11-17T08:00:00.000Z', { one: 'passes', two: 'unseen' }), {
  source: 'tuesday.json',
  trigger: 'schedule',
  recordedAt: '2026-11-17T08:00:09.000Z',
});
const broken = runOf(aSeenBundle('2026-11-18T08:00:00.000Z', { one: 'unseen' }, { interrupted: true }), {
  source: 'broken.json',
});

async function contents(): Promise<ReadonlyMap<string, Buffer>> {
  return new Map((await entriesOf(await readFile(out()))).map(({ name, content }) => [name, content]));
}

async function summary(): Promise<EvidenceSummary> {
  return JSON.parse((await contents()).get('summary.json')?.toString() ?? '') as EvidenceSummary;
}

describe('a pack', () => {
  it('holds the bundles as they are stored, their reports and a summary, and is valid', async () => {
    const result = await packRuns([monday, tuesday], { out: out(), key: keys.signing, junit: true });
    const files = await contents();
    const names = [...files.keys()];
    const bundle = await monday.bytes();
    const first = `runs/2026-11-16T080000.000Z-${hashOf(bundle).slice(0, 16)}`;
    expect(names).toEqual(names.toSorted());
    expect(names.slice(0, 6)).toEqual([
      'manifest.json',
      'manifest.sig',
      ...['bundle.json', 'junit.xml', 'report.html', 'report.json'].map((name) => `${first}/${name}`),
    ]);
    expect(names.slice(-2)).toEqual(['summary.json', 'summary.md']);
    expect(files.get(`${first}/bundle.json`)).toEqual(bundle);
    expect(files.get(`${first}/report.html`)?.toString()).toMatch(/^<!doctype html>/i);
    const report = JSON.parse(files.get(`${first}/report.json`)?.toString() ?? '') as Report;
    expect(report.findings.map(({ check, status }) => [check, status])).toEqual(['one', 'two'].map(() => ['HARD-004', 'fail']));

    const bytes = files.get('manifest.json') ?? Buffer.alloc(0);
    const manifest = JSON.parse(bytes.toString()) as EvidenceManifest;
    expect(manifest.files.map((file) => file.path)).toEqual(names.slice(2));
    for (const file of manifest.files) {
      const content = files.get(file.path) ?? Buffer.alloc(0);
      expect(file).toEqual({ path: file.path, bytes: content.length, sha256: hashOf(content) });
    }
    expect(manifest).toMatchObject({ createdAt: NOW.toISOString(), signature: { keyId: keys.signing.keyId } });
    expect(verify(null, bytes, keys.verifying.key, files.get('manifest.sig') ?? Buffer.alloc(0))).toBe(true);
    expect(result).toMatchObject({ runs: 2, files: manifest.files.length, manifest: hashOf(bytes), leftOut: [] });
    expect(await verifyPack(out(), keys.verifying)).toEqual({ problems: [], unlisted: 0, manifest, manifestHash: hashOf(bytes) });
  });

  it('has manifest and summary as their schemas say', async () => {
    await packRuns([monday, tuesday, broken, runOf('{}')], { out: out(), key: keys.signing });
    for (const [file, schema] of [
      ['manifest.json', 'evidence-manifest'],
      ['summary.json', 'evidence-summary'],
    ] as const) {
      const published: unknown = JSON.parse(
        await readFile(path.join(import.meta.dirname, `../../../schemas/${schema}.schema.json`), 'utf8'),
      );
      const validate = new Ajv2020({ strict: true }).compile(published as object);
      const value: unknown = JSON.parse((await contents()).get(file)?.toString() ?? '');
      expect(validate(value) ? [] : validate.errors).toEqual([]);
    }
  });

  it('is the same bytes from the same runs, in whatever order they come', async () => {
    await packRuns([monday, tuesday, broken], { out: out(), key: keys.signing });
    const once = await readFile(out());
    await packRuns([broken, tuesday, monday], { out: out(), key: keys.signing });
    expect((await readFile(out())).equals(once)).toBe(true);
    await packRuns([monday, tuesday, broken], { out: out(), key: keys.signing, now: new Date(NOW.getTime() + 1) });
    expect((await readFile(out())).equals(once)).toBe(false);
  });

  it('is readable by its owner alone, holds nothing of the machine, and leaves nothing beside it', async () => {
    await packRuns([monday], { out: out(), key: keys.signing });
    expect((await stat(out())).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['pack.tar.gz']);
    const tar = gunzipSync(await readFile(out()));
    const secret = (await readFile(keys.files.key, 'utf8')).split('\n')[1] ?? '';
    expect(secret.length).toBeGreaterThan(40);
    for (const text of [secret, Buffer.from(secret, 'base64').subarray(-32), root]) expect(tar.includes(text)).toBe(false);
  });

  it('says of each run what is known, and marks the one that broke off', async () => {
    await packRuns([monday, tuesday, broken], { out: out(), key: keys.signing });
    const { runs, failures, targets } = await summary();
    expect(runs.map(({ source, complete, exit }) => [source, complete, exit.code])).toEqual([
      ['monday.json', true, 1],
      ['tuesday.json', true, 3],
      ['broken.json', false, 130],
    ]);
    expect(runs[1]).toMatchObject({ trigger: 'schedule', recordedAt: '2026-11-17T08:00:09.000Z' });
    expect(runs[0]).not.toHaveProperty('trigger');
    expect(failures.map(({ target, state }) => [target, state])).toEqual([
      ['two', 'undecided'],
      ['one', 'fixed'],
    ]);
    expect(targets.map(({ name, areas }) => [name, areas[0]?.verdict])).toEqual([
      ['one', 'enforced'],
      ['two', 'unknown'],
    ]);
  });

  it('judges each run by its own day: a waiver counts for what it was good for then', async () => {
    const waiver = { id: 'HARD-004', target: '*', subject: '*', reason: 'vendor', owner: 'platform-team', expires: '2026-11-16' };
    const wednesday = runOf(aSeenBundle('2026-11-18T08:00:00.000Z', { one: 'fails' }), { source: 'wednesday.json' });
    await packRuns([monday, wednesday], {
      out: out(),
      key: keys.signing,
      judging: { failOn: 'medium', allowEmpty: false, accepted: { waivers: [waiver], attestations: [], now: NOW } },
    });
    const { runs, waivers, failures } = await summary();
    expect(runs.map(({ exit }) => exit.code)).toEqual([0, 1]);
    expect(waivers).toEqual([{ ...waiver, expired: true, runs: 1 }]);
    expect(failures.map(({ target, state }) => [target, state])).toEqual([
      ['one', 'open'],
      ['two', 'accepted'],
    ]);
  });

  it('drops nothing silently', async () => {
    const gone = {
      source: 'gone.json',
      bytes: async () =>
        (
          await bundleFiles([path.join(directory, 'gone.json')])
            [Symbol.asyncIterator]()
            .next()
        ).value.bytes(),
    };
    const outside = runOf(aSeenBundle('2026-10-31T23:59:59.999Z', { one: 'fails' }), { source: 'outside.json' });
    const later = runOf(aSeenBundle('2026-12-01T00:00:00.000Z', { one: 'fails' }), { source: 'later.json' });
    const timeless = runOf(aSeenBundle('yesterday', { one: 'fails' }), { source: 'timeless.json', trigger: 'by hand' });
    const result = await packRuns(
      [
        monday,
        gone,
        outside,
        later,
        timeless,
        runOf('{"schemaVersion": 99}', { source: 'new.json' }),
        { ...monday, source: 'again.json' },
      ],
      { out: out(), key: keys.signing, period: { since: '2026-11-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z' } },
    );
    expect(result.runs).toBe(1);
    const { leftOut, runs } = await summary();
    expect(runs.map(({ source }) => source)).toEqual(['monday.json']);
    expect(leftOut).toEqual(result.leftOut);
    expect(leftOut.map(({ source, why, sha256 }) => [source, why, sha256 !== undefined])).toEqual([
      ['again.json', 'duplicate', true],
      ['gone.json', 'unreadable', false],
      ['later.json', 'outside', true],
      ['new.json', 'unreadable', true],
      ['outside.json', 'outside', true],
      ['timeless.json', 'unreadable', true],
    ]);
    expect(leftOut.at(-1)).toMatchObject({
      trigger: 'by hand',
      detail: expect.stringMatching(/startedAt is no time: yesterday/),
    });
  });

  it('of a period without a run is an error, unless it is allowed', async () => {
    const request = { out: out(), key: keys.signing, period: { until: '2026-01-01T00:00:00.000Z' } };
    await expect(packRuns([monday], request)).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--allow-empty'),
    });
    expect(await readdir(directory)).toEqual([]);
    await packRuns([monday], { ...request, allowEmpty: true });
    expect(await verifyPack(out(), keys.verifying)).toMatchObject({ problems: [] });
    expect(await summary()).toMatchObject({ runs: [], leftOut: [{ why: 'outside' }], coverage: { asked: 0, decided: 0 } });
  });

  it('leaves what was there when it cannot be finished', async () => {
    await writeFile(out(), 'the old one');
    const stopped = new AbortController();
    const slow = { ...tuesday, bytes: () => (stopped.abort(), tuesday.bytes()) };
    const request = { out: out(), key: keys.signing };
    await expect(packRuns([monday, slow, broken], { ...request, signal: stopped.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });

    let reads = 0;
    const second = await broken.bytes();
    const changing = { ...monday, bytes: () => (++reads === 1 ? monday.bytes() : Promise.resolve(second)) };
    await expect(packRuns([tuesday, changing], request)).rejects.toMatchObject({ code: 'evidence-invalid', message: /changed/ });

    let asked = 0;
    const failing = { ...monday, bytes: () => (++asked === 1 ? monday.bytes() : Promise.reject(new TypeError('a fault'))) };
    await expect(packRuns([tuesday, failing], request)).rejects.toThrow(TypeError);

    expect(await readdir(directory)).toEqual(['pack.tar.gz']);
    expect(await readFile(out(), 'utf8')).toBe('the old one');
  });

  it('says that it cannot be written', async () => {
    await mkdir(path.join(directory, 'folder'));
    for (const file of ['none/pack.tar.gz', 'folder']) {
      await expect(packRuns([monday], { out: path.join(directory, file), key: keys.signing })).rejects.toMatchObject({
        code: 'output-failed',
      });
    }
    expect(await readdir(directory)).toEqual(['folder']);
  });

  it('holds one run at a time', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const notes = Array.from({ length: 1000 }, () => 'n'.repeat(2000));
    let held = 0;
    let most = 0;
    const released = new FinalizationRegistry<undefined>(() => (held -= 1));
    const runs = Array.from({ length: 12 }, (_, index) => ({
      source: `${index}.json`,
      bytes: async () => {
        collect();
        // Only then is it told what was released.
        await new Promise((resolve) => setTimeout(resolve, 1));
        const start = new Date(Date.UTC(2026, 10, 1, index)).toISOString();
        const bytes = Buffer.from(JSON.stringify(aSeenBundle(start, { one: 'passes' }, { notes })));
        released.register(bytes, undefined);
        held += 1;
        most = Math.max(most, held);
        return bytes;
      },
    }));
    await packRuns(runs, { out: out(), key: keys.signing });
    // Each is asked for twice: whoever keeps them holds 24.
    expect(most).toBeLessThanOrEqual(4);
  });

  it('is unpacked by tar, without a word', async ({ skip }) => {
    const there = await execa('tar', ['--version'], { reject: false });
    skip(there.exitCode !== 0, 'there is no tar');
    await packRuns([monday, tuesday], { out: out(), key: keys.signing });
    const { stdout, stderr } = await execa('tar', ['-xzvf', out(), '-C', directory]);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([...(await contents()).keys()]);
  });
});
