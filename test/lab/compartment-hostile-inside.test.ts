import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import type { LabProcess } from '../../lab/lab.ts';
import { SOCKETS } from '../../src/model/compartment.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { Attacker, unconfined } from '../support/hostile/attacker.ts';
import { eventually } from '../support/hostile/eventually.ts';
import type { Plan } from '../support/hostile/program.ts';
import { HOST_CANARY, startHostCanaries } from '../support/hostile/surroundings.ts';
import { byProxy, get, talk } from '../support/hostile/words.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const WRITABLE = ['/tmp', '/dev/shm'];
const UNPRIVILEGED = '65532:65532';

describe.skipIf(NO_LAB)(`${LAB_NAME}: a hostile server in a compartment, and what surrounds it there`, () => {
  const setuidImage = `bulkhead-test/setuid-${randomBytes(3).toString('hex')}:latest`;
  let session: LabSession;
  let fixtures: Fixtures;
  let bench: CompartmentBench;
  let canaries: LabProcess;
  let image: string;
  let attacker: Attacker;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    bench = await CompartmentBench.open(session);
    image = await ensureNodeImage(session.docker);
    canaries = await startHostCanaries(session.lab);
    await makeSetuidImage();
    attacker = await Attacker.start(bench, setuidImage, ALLOWED);
  });
  afterAll(async () => {
    await attacker?.stop();
    await bench?.close();
    await fixtures?.remove();
    await canaries?.stop();
    await session?.docker.getImage(setuidImage).remove({ force: true });
  });

  /** The same image, whose program runs as root whoever starts it. */
  async function makeSetuidImage(): Promise<void> {
    const script =
      "const { copyFileSync, chmodSync } = require('fs'); copyFileSync('/bulkhead/node', '/root-node'); chmodSync('/root-node', 0o4755)";
    const container = session.docker.getContainer(await fixtures.run({ name: 'hostile-setuid', script }));
    await container.wait();
    const [repo, tag] = setuidImage.split(':');
    // What the container was started with would become the image's.
    await container.commit({ repo, tag, changes: 'CMD []' });
  }

  it('is nobody: not root, without capabilities, and cannot become more', async () => {
    const plan = {
      identity: { do: 'identity' },
      root: { do: 'become-root' },
      own: { do: 'own', path: '/proc/self/cwd' },
      setuid: { do: 'run', argv: ['/root-node', '-e', 'console.log(process.geteuid())'] },
    } as const satisfies Plan;
    const inside = await attacker.ask(plan);
    expect(inside.identity.list).toEqual(
      expect.arrayContaining([
        'uid=65532 euid=65532 gid=65532',
        'CapInh=0000000000000000',
        'CapPrm=0000000000000000',
        'CapEff=0000000000000000',
        'CapBnd=0000000000000000',
        'CapAmb=0000000000000000',
        'NoNewPrivs=1',
        'Seccomp=2',
      ]),
    );
    expect(inside.identity.list?.find((line) => line.startsWith('Groups='))).toMatch(/^Groups=(?:65532)?$/);
    expect([inside.root.outcome, inside.own.outcome]).toEqual(['EPERM', expect.stringMatching(/^(?:EPERM|EROFS)$/)]);
    expect(inside.setuid.text).toBe('65532');

    const root = await unconfined(session, fixtures, plan);
    expect(root.identity.list?.[0]).toBe('uid=0 euid=0 gid=0');
    expect(root.identity.list).not.toContain('CapBnd=0000000000000000');
    expect([root.root.outcome, root.own.outcome]).toEqual(['done', 'done']);
    const gains = await unconfined(session, fixtures, plan, { user: UNPRIVILEGED, image: setuidImage });
    expect(gains.setuid.text).toBe('0');
  });

  it('writes nothing but /tmp and shared memory, runs nothing from there, and cannot fill the host', async () => {
    const mounts = (text = ''): readonly string[] => [...new Set(text.split('\n').flatMap((line) => line.split(' ')[4] ?? []))];
    const { text } = await attacker.one({ do: 'read', path: '/proc/self/mountinfo' });
    const directories = [
      ...mounts(text),
      '/bulkhead',
      '/etc',
      '/lib',
      '/lib64',
      '/run',
      '/var/tmp',
      '/sys/fs/cgroup',
      '/proc/sys/net',
      '/home',
    ];
    const plan = {
      ...Object.fromEntries(directories.map((directory) => [directory, { do: 'write', directory, execute: true }] as const)),
      fill: { do: 'fill', directory: '/tmp', mebibytes: 80 },
      fillRun: { do: 'fill', directory: '/run', mebibytes: 80 },
      fillVar: { do: 'fill', directory: '/var/tmp', mebibytes: 80 },
    } as Plan;
    expect(directories).toContain('/tmp');
    const { fill, fillRun, fillVar, ...written } = await attacker.ask(plan);
    expect(fill?.outcome).toBe('ENOSPC');
    // Docker has nothing there to write to; Podman would have, without a limit.
    for (const each of [fillRun, fillVar]) expect(each?.outcome).toMatch(/^(?:ENOSPC|EROFS|ENOENT)$/);
    for (const [directory, { outcome }] of Object.entries(written)) {
      // It could be written and not run; or not be written at all. Queues of messages take no files.
      if (WRITABLE.includes(directory)) expect(outcome, directory).toMatch(/^(?:EACCES|ENOENT|EPERM)$/);
      else
        expect(outcome, directory).toMatch(
          directory === '/dev/mqueue' ? /^(?:EINVAL|EACCES)$/ : /^(?:EROFS|EACCES|ENOENT|EPERM|ENOTDIR)$/,
        );
    }
    const kept = await attacker.ask({ tmp: { do: 'write', directory: '/tmp' }, root: { do: 'write', directory: '/' } });
    expect([kept.tmp.outcome, kept.root.outcome]).toEqual(['done', 'EROFS']);

    const outside = await unconfined(session, fixtures, {
      root: { do: 'write', directory: '/', execute: true },
      etc: { do: 'write', directory: '/etc', execute: true },
      fill: { do: 'fill', directory: '/etc', mebibytes: 80 },
    });
    expect(outside.root.outcome).toBe('ran, exit 42');
    expect([outside.etc.outcome, outside.fill.outcome]).toEqual(['ran, exit 42', 'done']);
  });

  it('sees no process but its own, cannot read what configures the gateway, and cannot end the relay', async () => {
    const helpers = (): Promise<readonly unknown[]> =>
      Promise.all(
        ['relay', 'gateway'].map(async (role) => {
          const { State } = await session.docker.getContainer(`${attacker.name}-${role}`).inspect();
          return [State.Running, State.Pid];
        }),
      );
    const before = await helpers();
    const plan = { processes: { do: 'processes', signal: true }, own: { do: 'read', path: '/proc/self/environ' } } as const;
    const inside = await attacker.ask(plan);
    expect(inside.processes.list).toEqual([]);
    expect(inside.own.text).toContain('HTTP_PROXY=');
    expect(inside.own.text).not.toContain('BULKHEAD_');
    expect(await helpers()).toEqual(before);
    expect(before).toEqual([
      [true, expect.any(Number)],
      [true, expect.any(Number)],
    ]);

    const victim = await fixtures.run({
      name: 'hostile-victim',
      user: UNPRIVILEGED,
      env: ['BULKHEAD_GATEWAY=the configuration'],
      // It survives, for with the first process of a namespace all others end.
      script: "process.on('SIGTERM', () => console.log('was hit')); console.log('is ready'); setInterval(() => {}, 1e6)",
    });
    const says = async (words: string): Promise<void> => {
      const log = await session.docker.getContainer(victim).logs({ stdout: true });
      if (!log.includes(words)) throw new Error(`The victim does not say "${words}".`);
    };
    await eventually(() => says('is ready'));
    const outside = await unconfined(session, fixtures, plan, { user: UNPRIVILEGED, host: { PidMode: `container:${victim}` } });
    expect(outside.processes.list?.join()).toContain('BULKHEAD_GATEWAY=the configuration');
    expect(outside.processes.list?.join()).toContain('signal: done');
    await eventually(() => says('was hit'));
  });

  it('has no way to the sockets: those of the gateway, the engine, or of the host without a file', async () => {
    const plan = {
      directory: { do: 'list', path: '/run/bulkhead' },
      connect: { do: 'unix', path: SOCKETS.connect },
      proxy: { do: 'unix', path: SOCKETS.proxy },
      engine: { do: 'unix', path: '/run/docker.sock' },
      engineElsewhere: { do: 'unix', path: '/var/run/docker.sock' },
      abstract: { do: 'unix', path: HOST_CANARY.abstract },
    } as const satisfies Plan;
    const inside = await attacker.ask(plan);
    expect(Object.values(inside).map(({ outcome }) => outcome)).toEqual([...Array<string>(5).fill('ENOENT'), 'ECONNREFUSED']);

    const { Mounts } = await session.docker.getContainer(`${attacker.name}-relay`).inspect();
    const volume = Mounts.find(({ Destination }) => Destination === '/run/bulkhead/out')?.Name ?? '';
    const outside = await unconfined(session, fixtures, plan, {
      user: UNPRIVILEGED,
      network: 'host',
      host: { Binds: [`${volume}:/run/bulkhead/out`] },
    });
    expect(outside.directory.list).toEqual(['out']);
    expect([outside.connect.outcome, outside.proxy.outcome, outside.abstract.outcome]).toEqual(Array(3).fill('connected'));
    const root = await unconfined(session, fixtures, plan, { host: { Binds: ['/run/docker.sock:/run/docker.sock'] } });
    expect(root.engine.outcome).toBe('connected');
  });

  it("cannot take the relay's place, neither its ports nor its names", async () => {
    const { text: address = '' } = await attacker.one({ do: 'resolve', name: 'allowed.test' });
    const listen = (host: string, port: number, udp = false): Plan[string] => ({ do: 'listen', host, port, says: 'mine', udp });
    const plan: Plan = {
      dns: listen('127.0.0.1', 53),
      dnsUdp: listen('127.0.0.1', 53, true),
      everyUdp: listen('0.0.0.0', 53, true),
      every: listen('0.0.0.0', 53),
      proxy: listen('127.0.0.1', 3128),
      everyProxy: listen('0.0.0.0', 3128),
      name: listen(address, 80),
      nameTls: listen(address, 443),
    };
    for (const [name, { outcome }] of Object.entries(await attacker.ask(plan))) expect(outcome, name).toBe('EADDRINUSE');
    const still = await attacker.ask({
      direct: talk('allowed.test', 80, get('allowed.test')),
      proxy: byProxy('allowed.test:80', get('allowed.test')),
      refused: { do: 'dns', server: '127.0.0.1', tcp: false, name: 'inside.exfil.test', type: 'A' },
    });
    expect([still.direct.text, still.proxy.text]).toEqual(Array(2).fill(expect.stringContaining('"host":"allowed.test"')));
    expect(still.refused.text).toBe('rcode 5, 0 answers');

    // Where nobody was first, anybody may.
    const { every: _every, everyUdp: _udp, everyProxy: _proxy, ...own } = plan;
    for (const { outcome } of Object.values(await unconfined(session, fixtures, own, { network: 'none' })))
      expect(outcome).toBe('done');
  });

  it('that listens on all addresses itself gets its port, and the proxy still leads out', async () => {
    const server = await Attacker.start(bench, image, ALLOWED);
    try {
      expect((await server.one({ do: 'listen', host: '0.0.0.0', port: 443, says: 'mine' })).outcome).toBe('done');
      const tls = {
        do: 'talk',
        host: '127.0.0.1',
        port: 3128,
        tls: { servername: 'allowed.test' },
        say: [get('allowed.test')],
      } as const;
      const results = await server.ask({
        own: talk('allowed.test', 443),
        otherPort: talk('allowed.test', 80, get('allowed.test')),
        proxy: { ...tls, tunnel: 'CONNECT allowed.test:443 HTTP/1.1\r\nHost: allowed.test:443\r\n\r\n' },
        refused: byProxy('blocked.test:443', get('blocked.test')),
      });
      expect(results.own.text).toBe('mine');
      expect(results.otherPort.text).toContain('"host":"allowed.test"');
      expect(results.proxy.text).toContain('"sni":"allowed.test"');
      expect(results.refused.text).toContain('403 Forbidden');
    } finally {
      await server.stop();
    }
  });
});
