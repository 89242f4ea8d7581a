import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunOptions } from '../../../src/commands/run-options.ts';
import { verifySettings } from '../../../src/commands/run-verify.ts';
import { destinationsOf } from '../../../src/commands/settings.ts';
import type { Config } from '../../../src/model/config.ts';
import { DEFAULT_INTERNET } from '../../../src/probes/defaults.ts';

const NONE = { internet: [], management: [], private: [], neighbor: [] };
const found = (config: Config) => ({ config, file: 'bulkhead.yaml', directory: '/', discovered: true });

describe('what is dialled', () => {
  it('by default', () => {
    expect(destinationsOf(NONE, undefined)).toEqual({
      internet: DEFAULT_INTERNET,
      useInternet: true,
      management: [],
      private: [],
      neighbors: [],
    });
  });

  const config: Config = {
    canaries: { internet: ['canary.example:7/udp'], neighbors: ['api2.example:443'], private: ['10.0.0.5:5432'] },
    management: ['127.0.0.1:8080'],
  };
  it('by the file', () => {
    expect(destinationsOf(NONE, found(config))).toEqual({
      internet: [{ host: 'canary.example', port: 7, protocol: 'udp' }],
      useInternet: true,
      management: [{ host: '127.0.0.1', port: 8080 }],
      private: [{ host: '10.0.0.5', port: 5432 }],
      neighbors: [{ host: 'api2.example', port: 443 }],
    });
  });

  it('by flags, which replace the lists of the file', () => {
    const flags = { internet: ['other.example:1'], management: ['127.0.0.2:1'], private: [], neighbor: [] };
    expect(destinationsOf(flags, found(config))).toMatchObject({
      internet: [{ host: 'other.example', port: 1, protocol: 'tcp' }],
      management: [{ host: '127.0.0.2', port: 1 }],
      private: [{ host: '10.0.0.5', port: 5432 }],
    });
  });

  it('never outside, when either says so', () => {
    const closed = { internet: [], useInternet: false };
    expect(destinationsOf({ ...NONE, internet: false }, found(config))).toMatchObject(closed);
    expect(destinationsOf(NONE, found({ canaries: { internet: [] } }))).toMatchObject(closed);
  });

  it('names the place in the file of what is no endpoint', () => {
    expect(() => destinationsOf(NONE, found({ management: ['x:99999'] }))).toThrow(/bulkhead\.yaml, management/);
  });
});

describe('what run --verify reads', () => {
  let directory: string;
  const config = () => path.join(directory, 'bulkhead.yaml');
  const waiver = { id: 'NET-004', target: 'x', subject: '*', reason: 'later', owner: 'me', expires: '2099-12-31' };

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-settings-'));
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await writeFile(
      config(),
      JSON.stringify({
        canaries: { internet: ['canary.example:443'], private: ['10.0.0.5:5432'], neighbors: ['api2.example:443'] },
        management: ['127.0.0.1:8080'],
        gates: { failOn: 'critical', minCoverage: 90, failOnUnusedWaiver: true, baseline: 'none.json' },
        waivers: [waiver],
      }),
    );
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(directory, { recursive: true, force: true });
  });

  const options = (more: Partial<RunOptions>) => ({ config: config(), internet: [], ...more }) as unknown as RunOptions;
  const now = new Date(0);

  it('of the file', async () => {
    expect(await verifySettings(options({}), {}, now)).toEqual({
      internet: [{ host: 'canary.example', port: 443, protocol: 'tcp' }],
      useInternet: true,
      management: [{ host: '127.0.0.1', port: 8080 }],
      private: [{ host: '10.0.0.5', port: 5432 }],
      neighbors: [{ host: 'api2.example', port: 443 }],
      failOn: 'critical',
      waivers: [waiver],
      now,
    });
  });

  it('flag before environment before file before default', async () => {
    const failOn = async (more: Partial<RunOptions>, env: Readonly<Record<string, string>>) =>
      (await verifySettings(options(more), env, now)).failOn;
    expect(await failOn({ failOn: 'low' }, { BULKHEAD_FAIL_ON: 'high' })).toBe('low');
    expect(await failOn({}, { BULKHEAD_FAIL_ON: 'high' })).toBe('high');
    expect(await failOn({}, {})).toBe('critical');
    expect(await failOn({ config: false }, {})).toBe('medium');
  });

  it('other waivers, where they are named, and nothing outside, on request', async () => {
    const file = path.join(directory, 'w.yaml');
    await writeFile(file, JSON.stringify({ waivers: [{ ...waiver, owner: 'another' }] }));
    expect((await verifySettings(options({ waivers: file }), {}, now)).waivers).toEqual([{ ...waiver, owner: 'another' }]);
    expect((await verifySettings(options({}), { BULKHEAD_WAIVERS: file }, now)).waivers[0]?.owner).toBe('another');
    const closed = await verifySettings(options({ internet: false }), {}, now);
    expect([closed.internet, closed.useInternet]).toEqual([[], false]);
  });
});
