import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBundle, saveBundle } from '../../../src/store/bundle-file.ts';
import type { ObservationBundle } from '../../../src/model/bundle.ts';
import { aFilesystem, aNamespace, aPair, aProcess, aTarget, anId } from '../../support/observations.ts';

const BUNDLE: ObservationBundle = {
  schemaVersion: 1,
  tool: { name: 'bulkhead', version: '0.1.0' },
  session: '0011aabbccdd',
  startedAt: '2026-11-20T09:30:00.000Z',
  finishedAt: '2026-11-20T09:30:04.000Z',
  engine: {
    product: 'Docker Engine',
    version: '28.5.2',
    apiVersion: '1.51',
    os: 'linux',
    architecture: 'amd64',
    kernel: '6.1',
    rootless: false,
    userNamespaces: false,
    endpoint: 'unix:///var/run/docker.sock',
  },
  options: { timeoutMs: 2000, internet: [], management: [], private: [], checks: ['NET-004'] },
  targets: [
    {
      target: aTarget({ id: anId('a'), name: 'one' }),
      declaration: { profile: { read: ['/data'] }, source: 'flag', location: 'p.json', remarks: [] },
      observations: {
        namespace: { state: 'observed', facts: aNamespace() },
        process: { state: 'observed', facts: aProcess() },
        filesystem: { state: 'observed', facts: aFilesystem() },
        egress: { state: 'observed', facts: { attempts: [aPair()] } },
        dns: { state: 'unavailable', reason: 'paused' },
        udp: { state: 'errored', error: { code: 'x', message: 'y' } },
      },
    },
  ],
  notes: [],
  interrupted: false,
};

describe('a bundle on disk', () => {
  let directory: string;
  const file = (name: string): string => path.join(directory, name);
  beforeAll(async () => (directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-bundle-'))));
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it('comes back as it went, readable by its owner alone, without a rest beside it', async () => {
    await saveBundle(file('good.json'), BUNDLE);
    expect(await loadBundle(file('good.json'))).toEqual(BUNDLE);
    expect((await stat(file('good.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['good.json']);
  });

  it('is not half written where it cannot be written', async () => {
    await expect(saveBundle(path.join(directory, 'none', 'x.json'), BUNDLE)).rejects.toMatchObject({ code: 'output-failed' });
  });

  /** The bundle with one text in it replaced by another, wherever it stands. */
  const tampered = (text: string, other: string): string => {
    const whole = JSON.stringify(BUNDLE);
    expect(whole).toContain(text);
    return whole.replaceAll(text, other);
  };
  it.each<readonly [string, string, string]>([
    ['not JSON', '{', 'bundle-invalid'],
    ['another version', JSON.stringify({ ...BUNDLE, schemaVersion: 2 }), 'bundle-invalid'],
    ['null', 'null', 'bundle-invalid'],
    ['a field too many', JSON.stringify({ ...BUNDLE, verdict: 'pass' }), 'bundle-invalid'],
    ['an outcome that does not exist', tampered('"outcome":"timeout"', '"outcome":"blocked"'), 'bundle-invalid'],
    ['an id that is a path', tampered(anId('a'), '../../etc'), 'bundle-invalid'],
    ['a profile that is none', tampered('{"read":["/data"]}', '{"read":["../data"]}'), 'profile-invalid'],
  ])('is refused: %s', async (_, text, code) => {
    await writeFile(file('bad.json'), text);
    await expect(loadBundle(file('bad.json'))).rejects.toMatchObject({ code });
  });

  it('says what to do when it is not there', async () => {
    await expect(loadBundle(file('nowhere.json'))).rejects.toMatchObject({
      code: 'bundle-unreadable',
      hint: expect.stringContaining('--save'),
    });
  });
});
