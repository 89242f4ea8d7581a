import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureNodeImage, ensureServerImage } from '../../samples/servers/images.ts';
import type { Comparison, PlatformComparison } from '../../src/model/comparison.ts';
import { LAB_INTERNET } from '../support/audit.ts';
import { CompartmentBench } from '../support/compartments.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { eventually, Running } from '../support/running.ts';

/** A busy machine starts six containers and looks at all of them. Milliseconds. */
const PATIENCE_MS = 240_000;
const SAMPLES = path.join(import.meta.dirname, '../../samples/platforms');

describe.skipIf(NO_LAB)(`${LAB_NAME}: compare`, () => {
  let session: LabSession;
  let bench: CompartmentBench;
  let directory: string;
  let everything: string;
  const internet = [...LAB_INTERNET, 'blocked.test:443'].flatMap((canary) => ['--internet', canary]);

  beforeAll(async () => {
    session = await openLab();
    bench = await CompartmentBench.open(session);
    directory = await mkdtemp(path.join(session.lab.sharedDir, 'compare-'));
    everything = await ensureServerImage(session.docker, 'everything');
    vi.stubEnv('HALF_WAY_PROXY_IMAGE', await ensureNodeImage(session.docker));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await bench?.close();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  const options = (launchers: string): readonly string[] => [
    'compare',
    '--launchers',
    launchers,
    ...internet,
    '--timeout',
    '2500',
  ];

  async function compare(
    launchers: string,
    more: readonly string[] = [],
  ): Promise<{ readonly exitCode: number; readonly comparison: Comparison; readonly text: string }> {
    const file = path.join(directory, 'comparison.json');
    const formats = ['--format', 'console', '--format', `json=${file}`];
    const { exitCode, stdout, stderr } = await bench.run(
      [...options(launchers), ...formats, ...more, everything, 'stdio'],
      '',
      PATIENCE_MS,
    );
    expect(stdout, stderr).toMatch(/^BULKHEAD compare/);
    return { exitCode, text: stdout, comparison: JSON.parse(await readFile(file, 'utf8')) as Comparison };
  }

  const of = ({ platforms }: Comparison, name: string): PlatformComparison => {
    const found = platforms.find(({ platform }) => platform === name);
    if (found === undefined) throw new Error(`${name} is not in the comparison`);
    return found;
  };
  /** `run=observed/verdict` of the row. */
  const cells = ({ rows }: PlatformComparison, subject: string): string =>
    (rows.find((row) => row.subject === subject)?.cells ?? [])
      .map(({ run, observed, verdict = '-' }) => `${run}=${observed}/${verdict}`)
      .join(' ');

  it(
    'docker is cosmetic and bulkhead enforces, each with its reasons, and nothing is left',
    async () => {
      const { exitCode, comparison, text } = await compare('docker,bulkhead');
      const docker = of(comparison, 'docker');
      const bulkhead = of(comparison, 'bulkhead');
      const shown = JSON.stringify([docker.reasons, bulkhead.reasons], undefined, 1);
      expect(`${docker.verdict} ${bulkhead.verdict}`, shown).toBe('cosmetic enforced');
      expect(exitCode).toBe(1);
      expect(text).toMatch(/✗ COSMETIC {2}docker/);
      expect(text).toMatch(/✓ ENFORCED {2}bulkhead/);

      expect(cells(docker, 'blocked.test:443')).toBe(
        'defaults=reached/- profile=reached/does-not-differ isolated=held/differs-as-declared',
      );
      expect(cells(bulkhead, 'blocked.test:443')).toBe('defaults=held/- profile=held/as-declared isolated=held/as-declared');
      expect(cells(bulkhead, 'canary.test:443')).toBe(
        'defaults=held/- profile=reached/differs-as-declared isolated=held/as-declared',
      );
      expect(cells(docker, 'a listener on the host')).toMatch(/profile=reached\/does-not-differ/);
      expect(cells(bulkhead, 'a listener on the host')).not.toMatch(/reached|unknown/);
      expect(docker.reasons.join('\n')).toMatch(/does not differ.*blocked\.test:443/);
      const networks = docker.settings.find(({ name }) => name === 'networks')?.values.map(({ value }) => value);
      expect(networks).toEqual([expect.stringMatching(/Internal false/), expect.stringMatching(/Internal false/), 'none']);
      expect(docker.settings.find(({ name }) => name === 'effective capabilities')?.values[0]?.value).toMatch(/CHOWN/);
      expect(bulkhead.settings.find(({ name }) => name === 'effective capabilities')?.values.map(({ value }) => value)).toEqual([
        'none',
        'none',
        'none',
      ]);
      expect(await bench.leftovers()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'a platform that stores the profile is cosmetic, a half-way one is partial and its holes are named',
    async () => {
      const [cosmetic, halfWay] = [path.join(SAMPLES, 'cosmetic.ts'), path.join(SAMPLES, 'half-way.ts')];
      const { comparison } = await compare(`${cosmetic},${halfWay}`);
      const stored = of(comparison, cosmetic);
      expect(stored.verdict, JSON.stringify(stored.reasons)).toBe('cosmetic');
      expect(cells(stored, 'blocked.test:443')).toBe(
        'defaults=reached/- profile=reached/does-not-differ isolated=reached/does-not-differ',
      );
      const half = of(comparison, halfWay);
      expect(half.verdict, JSON.stringify(half.reasons)).toBe('partial');
      expect(cells(half, 'blocked.test:443')).toMatch(/profile=held\/differs-as-declared/);
      expect(cells(half, 'canary.test:443')).toMatch(/profile=reached/);
      expect(cells(half, 'DNS: a name below canary.test')).toMatch(/profile=reached\/does-not-differ/);
      expect(half.reasons.join('\n')).toMatch(/profile: does not differ.*DNS: a name below canary\.test/);
      expect(await bench.leftovers()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'two profiles are compared with each other',
    async () => {
      const open = await bench.profile({ network: { outbound: { allow_host: ['blocked.test'], allow_port: [443] } } });
      const { comparison } = await compare('bulkhead', ['--profile', open, '--profile', 'none']);
      const { verdict, rows, reasons } = of(comparison, 'bulkhead');
      const row = rows.find(({ subject }) => subject === 'blocked.test:443');
      expect(row?.cells.map(({ run, observed }) => `${run}=${observed}`)).toEqual([
        'first profile=reached',
        'second profile=held',
      ]);
      expect(verdict, JSON.stringify(reasons)).toBe('enforced');
    },
    PATIENCE_MS,
  );

  it(
    'a platform that is missing is reported, and the others go on',
    async () => {
      const { exitCode, comparison, text } = await compare('bulkhead,./no-such-platform');
      expect(of(comparison, './no-such-platform')).toMatchObject({
        verdict: 'unknown',
        missing: { why: expect.stringMatching(/./) },
      });
      expect(of(comparison, 'bulkhead').verdict).toBe('enforced');
      expect(text).toMatch(/missing:/);
      expect(exitCode).toBe(3);
    },
    PATIENCE_MS,
  );

  it('refuses what is no platform, more than two profiles, an image that is not there', async () => {
    expect((await bench.run(['compare', '--launchers', 'dokcer', everything])).stderr).toMatch(/Platforms: docker, bulkhead/);
    const three = ['--profile', 'none', '--profile', 'none', '--profile', 'none'];
    expect((await bench.run(['compare', ...three, everything])).exitCode).toBe(2);
    const missing = await bench.run(['compare', ...internet, 'registry.test/nothing:1'], '', PATIENCE_MS);
    expect(missing.exitCode).toBe(4);
    expect(await bench.leftovers()).toEqual([]);
  });

  it(
    'Ctrl-C leaves nothing, whenever it comes',
    async () => {
      for (const moment of [/docker: defaults/, /bulkhead: isolated/, /starting twins/, /making \d+ attempts/]) {
        const running = new Running(bench.start([...options('docker,bulkhead'), everything, 'stdio']));
        await running.says(moment, 'stderr');
        running.child.kill('SIGINT');
        expect((await running.ended).code).toBe(130);
        await eventually(() => bench.leftovers()).toEqual([]);
      }
    },
    PATIENCE_MS,
  );
});
