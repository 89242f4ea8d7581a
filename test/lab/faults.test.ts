import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import { audit, statuses } from '../support/audit.ts';
import { Fixtures } from '../support/fixtures.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const ATTEMPTED = ['NET-004', 'NET-010', 'NET-012', 'HOST-001', 'HOST-002', 'HARD-002', 'HARD-006'];

describe.skipIf(NO_LAB)(`${LAB_NAME}: faults`, () => {
  let session: LabSession;
  let fixtures: Fixtures;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    await ensureNodeImage(session.docker);
  });
  afterAll(async () => {
    await session?.lab.setInternet(true);
    await fixtures?.remove();
  });

  it('no internet for the control: nothing is called blocked, and the run is inconclusive', async () => {
    await fixtures.run({
      name: 'offline',
      network: 'none',
      user: '65532:65532',
      host: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true },
    });
    const online = await audit(session, { names: ['offline'], profiles: ['none'] });
    expect(statuses(online.of('offline', 'NET-004'))).toBe('pass');
    await session.lab.setInternet(false);
    try {
      const cut = await audit(session, { names: ['offline'], profiles: ['none'] });
      expect(statuses(cut.of('offline', 'NET-004'))).toBe('inconclusive');
      expect(statuses(cut.of('offline', 'NET-010'))).toBe('inconclusive');
      expect(cut.report.exit.code).toBe(3);
    } finally {
      await session.lab.setInternet(true);
    }
  });

  it.for(['pause', 'stop', 'restart', 'remove'] as const)(
    'a target that is hit by %s while it is looked at: no verdict rests on it',
    async (what, { skip }) => {
      skip(what === 'remove' && ENGINE === 'podman', 'Podman removes no container whose namespace another one uses');
      const name = `hit-by-${what}`;
      const id = await fixtures.run({
        name,
        network: 'none',
        script: "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6)",
      });
      const container = session.docker.getContainer(id);
      let hit: Promise<unknown> | undefined;
      const result = await audit(session, {
        names: [name],
        profiles: ['none'],
        onProgress: (message) => {
          if (!message.startsWith('making')) return;
          hit =
            what === 'pause'
              ? container.pause()
              : what === 'stop'
                ? container.stop({ t: 1 })
                : what === 'restart'
                  ? container.restart({ t: 1 })
                  : container.remove({ force: true });
        },
      });
      await hit;
      for (const check of ATTEMPTED) expect(statuses(result.of(name, check)), check).toMatch(/^(inconclusive|error)$/);
      expect(result.of(name, 'NET-004')[0]?.message).toMatch(/while it was looked at|could not look/i);
      expect(result.report.exit.code).not.toBe(0);
      if (what === 'pause') await container.unpause();
    },
  );

  it('a target that is paused, restarting or gone already is said to be so', async () => {
    const id = await fixtures.run({ name: 'is-paused', network: 'none' });
    await session.docker.getContainer(id).pause();
    const result = await audit(session, { names: ['is-paused'], profiles: ['none'] });
    expect(result.of('is-paused', 'NET-004')[0]).toMatchObject({
      status: 'inconclusive',
      message: expect.stringContaining('paused'),
    });
    await session.docker.getContainer(id).unpause();
  });

  it.each([
    ['garbage', "process.stdout.write('\\u001b[2J\\u0000not json\\n'.repeat(10)); setInterval(() => {}, 1e6)"],
    [
      'lies',
      "process.stdin.on('data', () => {}); console.log(JSON.stringify({ type: 'done', stallMs: 0 })); setInterval(() => {}, 1e6)",
    ],
    ['megabytes without a line', "const b = 'x'.repeat(1 << 20); setInterval(() => process.stdout.write(b), 1)"],
    ['an error', "console.error('\\u001b[31mboom'); process.exit(7)"],
  ])('a probe that prints %s is an error, never a verdict', async (name, script) => {
    const image = `bulkhead-samples/hostile-${name.split(' ')[0]}:latest`;
    const container = await session.docker.createContainer({
      Image: await ensureNodeImage(session.docker),
      Entrypoint: ['/bulkhead/node', '-e', script],
    });
    const [repo, tag] = image.split(':');
    await container.commit({ repo, tag });
    await container.remove();
    const target = `watched-${name.split(' ')[0]}`;
    await fixtures.run({ name: target, network: 'none' });
    const result = await audit(session, { names: [target], profiles: ['none'], image });
    expect(result.report.findings.filter(({ status, check }) => status === 'pass' && ATTEMPTED.includes(check))).toEqual([]);
    expect(result.report.exit.code).toBe(3);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(JSON.stringify(result.report.findings)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    const left = await session.docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
    expect(left).toEqual([]);
    await session.docker.getImage(image).remove({ force: true });
  });

  it('hostile names, labels and variables of a container come out inert', async () => {
    await fixtures.run({
      name: 'hostile',
      network: 'none',
      labels: {
        'io.modelcontextprotocol.server.name': '\u001b]0;owned\u0007\u202e',
        'dev.bulkhead.profile': `{"name": "${'x'.repeat(200_000)}`,
        toolhive: 'true\n',
      },
      env: [`HTTP_PROXY=http://user:hunter2@\u001b[2J:1`, `BIG=${'y'.repeat(100_000)}`],
    });
    const result = await audit(session, { names: ['hostile'] });
    const text = JSON.stringify(result.report);
    expect(text).not.toContain('hunter2');
    expect(text.length).toBeLessThan(2_000_000);
    expect(result.of('hostile', 'NET-001')[0]?.status).toBe('fail');
  });

  it('an interrupted run keeps what was finished and removes what it made', async () => {
    await fixtures.run({ name: 'interrupted', network: 'none' });
    const controller = new AbortController();
    const result = await audit(session, {
      names: ['interrupted'],
      profiles: ['none'],
      signal: controller.signal,
      onProgress: (message) => {
        if (message.startsWith('making')) controller.abort();
      },
    });
    expect(result.report.exit.code).toBe(130);
    expect(result.bundle.interrupted).toBe(true);
    expect(result.bundle.targets[0]?.observations.configuration?.state).toBe('observed');
    await delay(500);
    const left = await session.docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
    const networks = await session.docker.listNetworks({ filters: { label: ['dev.bulkhead.session'] } });
    expect([left.length, networks.length]).toEqual([0, 0]);
  });
});
