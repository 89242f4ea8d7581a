import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../lab/run.ts';
import { ensureServerImage } from '../../samples/servers/images.ts';
import { ensureBusybox } from '../support/busybox.ts';
import { Fixtures } from '../support/fixtures.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

/** The lines of docs/tests are what a sceptic repeats: they have to show what the checks say. */
const NO_CLI = findProgram('docker') === undefined ? 'there is no docker command' : undefined;
const FOREIGN = ENGINE === 'podman' ? 'the lines are written for docker' : undefined;
const REASON = NO_CLI ?? FOREIGN;

describe.skipIf(NO_LAB || REASON !== undefined)(`${REASON ?? LAB_NAME}: the four tests by hand`, () => {
  let session: LabSession;
  let fixtures: Fixtures;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    await ensureBusybox(session.docker);
    const inner = await fixtures.network('hand-inner', { Internal: true });
    const shared = await fixtures.network('hand-shared');
    await fixtures.run({ name: 'hand-open', server: 'everything' });
    await fixtures.run({ name: 'hand-none', server: 'everything', network: 'none' });
    await fixtures.run({ name: 'hand-inside', server: 'everything', network: inner });
    await fixtures.run({ name: 'hand-a', server: 'everything', network: shared });
    await fixtures.run({ name: 'hand-b', server: 'everything', network: shared });
  });
  afterAll(async () => fixtures?.remove());

  /** Runs the lines of a page with other values in the first one, and answers what they print. */
  async function byHand(page: string, values: string): Promise<string> {
    const text = await readFile(new URL(`../../docs/tests/${page}.md`, import.meta.url), 'utf8');
    const lines = /```sh\n([\s\S]*?)```/.exec(text)?.[1]?.trim().split('\n') ?? [];
    expect(lines[0]).toMatch(/^[A-Z]=/);
    expect(lines.slice(1).length).toBeLessThanOrEqual(5);
    const { all } = await execa('sh', ['-c', [values, ...lines.slice(1)].join('\n')], {
      env: { DOCKER_HOST: session.lab.dockerHost },
      all: true,
      reject: false,
      timeout: 120_000,
    });
    return all;
  }

  it('bridge: an ordinary bridge is open, no network is closed, beside a control', async () => {
    const open = await byHand('bridge', 'S=hand-open H=canary.test P=443');
    expect(open).toMatch(/bridge internal=false/);
    expect(open).toMatch(/control: reached\n[^]*inside: reached/);
    const none = await byHand('bridge', 'S=hand-none H=canary.test P=443');
    expect(none).toMatch(/control: reached\n[^]*inside: not reached/);
    expect(await byHand('bridge', 'S=hand-inside H=canary.test P=443')).toMatch(
      /hand-inner internal=true[^]*inside: not reached/,
    );
  });

  it('bridge: says so when the control fails', async () => {
    expect(await byHand('bridge', 'S=hand-none H=203.0.113.99 P=443')).toMatch(/control: failed/);
  });

  it('host: reached from a bridge, not without a network', async () => {
    expect(await byHand('host', 'S=hand-open')).toMatch(/^canary\n[^]*172\.17\.0\.1: canary/m);
    const none = await byHand('host', 'S=hand-none');
    expect(none).toMatch(/^canary$/m);
    expect(none).not.toMatch(/: canary/);
  });

  it('pivot: a neighbour of one network is reached and asks for nothing', async () => {
    const together = await byHand('pivot', 'A=hand-a B=hand-b P=3001');
    expect(together).toMatch(/^canary$/m);
    expect(together).toMatch(/^172\.[\d.]+: canary$/m);
    expect(together).toMatch(/serverInfo/);
    const apart = await byHand('pivot', 'A=hand-none B=hand-b P=3001');
    expect(apart).toMatch(/^canary$/m);
    expect(apart).not.toMatch(/: canary|serverInfo/);
  });

  it('comparison: a network of its own makes no difference', async () => {
    const image = await ensureServerImage(session.docker, 'everything');
    const printed = await byHand('comparison', `I=${image} H=canary.test P=443`);
    expect(printed).toMatch(/control: reached\nopen: reached\nnet: reached\n(?:nc: .*\n)?none: not reached/);
    expect(await session.docker.listNetworks({ filters: { name: ['by-hand'] } })).toEqual([]);
  });
});
