import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import type { Report } from '../../src/model/report.ts';
import { LAB_INTERNET } from '../support/audit.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { LAB_NAME, NO_LAB, openLab } from '../support/lab.ts';

/** The oldest that package.json allows, and the newest two majors: probes, relay and gateway are run by the user's own. */
const VERSIONS = ['22.12.0', '25', '26'];

describe.skipIf(NO_LAB)(`${LAB_NAME}: bulkhead and its images on other versions of Node.js`, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-node-'));
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it.each(VERSIONS)('%s launches a sealed server, and an audit of it is clean', async (version) => {
    const session = await openLab();
    const name = `node-linux-${process.arch}`;
    const prefix = path.join(directory, version);
    await execa('npm', ['install', '--prefix', prefix, '--no-audit', '--no-fund', `${name}@${version}`]);
    const bench = await CompartmentBench.open(session, path.join(prefix, 'node_modules', name, 'bin/node'));
    try {
      const image = await ensureNodeImage(session.docker);
      const http = ['--transport', 'streamable-http', '--target-port', '8000', '--detach'];
      const profile = await bench.profile(ALLOWED);
      const launched = await bench.run([
        'run',
        '--name',
        'versions',
        '--profile',
        profile,
        ...http,
        image,
        '-e',
        'setInterval(() => {}, 1e6)',
      ]);
      expect(launched.exitCode, launched.stderr).toBe(0);
      const internet = LAB_INTERNET.flatMap((canary) => ['--internet', canary]);
      const audited = await bench.run(['audit', 'versions', '--no-config', '--quiet', '--format', 'json', ...internet]);
      expect(audited.exitCode, audited.stderr).toBe(0);
      const { findings } = JSON.parse(audited.stdout) as Report;
      const allowed = findings.filter(({ check, status }) => check === 'NET-006' && status === 'pass');
      expect(allowed.map(({ subject }) => subject).join()).toContain('allowed.test');
      await bench.run(['rm', '--force', 'versions']);
      expect(await bench.leftovers()).toEqual([]);
    } finally {
      await bench.close();
    }
  });
});
