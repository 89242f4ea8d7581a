import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cgroupHierarchies } from '../../lab/cgroups.ts';
import { namespaceInode } from '../../lab/processes.ts';
import { attachLab, LabError, leftovers, listLabs, startLab, stopLab } from '../../lab/lab.ts';
import { api, engine, fetchLine, firstStartMs, noLab, onEngine, runContainer, startContainer } from './support.ts';

const cli = join(import.meta.dirname, '../../lab/cli.ts');

describe.skipIf(noLab)(`the life of a lab ${onEngine}`, () => {
  it(
    'leaves nothing behind, even of containers that run',
    async () => {
      const id = 'self-life';
      const before = await machine();
      const started = performance.now();
      const lab = await startLab({ engine, id });
      const up = performance.now() - started;
      expect((await traces(id)).length).toBeGreaterThan(3);
      await startContainer(lab, ['/usr/bin/sleep', '1000'], { RestartPolicy: { Name: 'always' } });
      await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: 'host' });
      await startContainer(lab, ['/usr/bin/sleep', '1000'], { NetworkMode: 'none' });
      const stopping = performance.now();
      await lab.stop();
      console.log(
        `${engine} ${lab.engineVersion} ${lab.storageDriver}: up ${Math.round(up)} ms, down with three containers ${Math.round(performance.now() - stopping)} ms`,
      );
      expect(await traces(id)).toEqual([]);
      expect(await leftovers(id)).toEqual([]);
      expect(await machine()).toEqual(before);
      await expect(attachLab(id)).rejects.toThrow(LabError);
    },
    firstStartMs,
  );

  it(
    'survives the process that started it, and is attached to by another',
    async () => {
      const id = 'self-detach';
      try {
        execFileSync(process.execPath, [cli, 'up', '--engine', engine, '--id', id, '--json']);
        const lab = await attachLab(id);
        expect(await api<{ Version: string }>(lab, 'GET', '/version')).toMatchObject({ Version: lab.engineVersion });
        expect(await listLabs()).toContainEqual(expect.objectContaining({ id, condition: 'running' }));
        const out = execFileSync(process.execPath, [cli, 'exec', '--id', id, '--ns', 'inet', '--', 'ip', '-brief', 'address'], {
          encoding: 'utf8',
        });
        expect(out).toContain('203.0.113.10/32');
      } finally {
        execFileSync(process.execPath, [cli, 'down', '--id', id], { stdio: 'ignore' });
      }
      expect(await traces(id)).toEqual([]);
    },
    firstStartMs,
  );

  it(
    'does not collide with another lab',
    async () => {
      const ids = ['self-one', 'self-two'] as const;
      const labs = await Promise.all(ids.map((id) => startLab({ engine, id })));
      const [one, two] = labs as [(typeof labs)[0], (typeof labs)[0]];
      try {
        // The same names and the same subnets in both.
        for (const lab of labs)
          await api(lab, 'POST', '/networks/create', { Name: 'same', IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } });
        for (const lab of labs)
          expect((await runContainer(lab, fetchLine('canary.test'), { NetworkMode: 'same' })).output).toContain(
            'lab-internet canary',
          );
        const container = await startContainer(one, ['/usr/bin/sleep', '1000'], { NetworkMode: 'same' });
        expect(await api<unknown[]>(two, 'GET', '/containers/json?all=1')).toEqual([]);
        const asked = (await two.dnsLog()).length;
        await runContainer(one, fetchLine('canary.test'));
        expect((await two.dnsLog()).length).toBe(asked);
        await two.stop();
        expect(await api(one, 'GET', `/containers/${container}/json`)).toMatchObject({ State: { Running: true } });
        expect((await runContainer(one, fetchLine('canary.test'))).output).toContain('lab-internet canary');
      } finally {
        await Promise.all(ids.map(stopLab));
      }
      for (const id of ids) expect(await traces(id)).toEqual([]);
    },
    firstStartMs,
  );

  it(
    'refuses an id that is taken, and leaves its holder alone',
    async () => {
      const lab = await startLab({ engine, id: 'self-taken' });
      try {
        await expect(startLab({ engine, id: 'self-taken' })).rejects.toThrow('already');
        expect(await api(lab, 'GET', '/version')).toBeDefined();
      } finally {
        await lab.stop();
      }
    },
    firstStartMs,
  );

  it('can be removed when half of it is there', async () => {
    const id = 'self-half';
    mkdirSync(`/run/bulkhead-lab/${id}/mounted`, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', `/run/bulkhead-lab/${id}/mounted`]);
    writeFileSync(`/run/bulkhead-lab/${id}/engine.pid`, String(process.pid));
    execFileSync('ip', ['netns', 'add', `${id}-host`]);
    const inhabitant = spawn('nsenter', [`--net=/run/netns/${id}-host`, 'sleep', '1000'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => inhabitant.once('exit', (_, signal) => resolve(signal)));
    await expect.poll(() => namespaceInode(`/proc/${inhabitant.pid}/ns/net`)).toBe(namespaceInode(`/run/netns/${id}-host`));
    for (const { mountPoint } of await cgroupHierarchies())
      mkdirSync(join(mountPoint, `bulkhead-lab-${id}`, 'docker', 'x'), { recursive: true });
    expect(await listLabs()).toContainEqual({ id, condition: 'incomplete' });
    await stopLab(id);
    expect(await ended).toBe('SIGKILL');
    expect(await traces(id)).toEqual([]);
    await stopLab(id);
  });

  it.each([80, 250, 350, 450, 600, 750])(
    'removes everything when Ctrl-C comes after %i ms',
    async (delayMs) => {
      const id = `self-int-${delayMs}`;
      const child = spawn(process.execPath, [cli, 'up', '--engine', engine, '--id', id], { stdio: ['ignore', 'pipe', 'ignore'] });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
      const closed = new Promise<[number | null, string | null]>((resolve) => child.once('close', (...args) => resolve(args)));
      try {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        child.kill('SIGINT');
        const [code, signal] = await closed;
        // Before its handlers are set it dies of the signal, with nothing made; once it has said so, the lab is up.
        if (printed.includes('sealed')) return;
        expect([code, signal]).toEqual(signal === null ? [130, null] : [null, 'SIGINT']);
        expect(await traces(id)).toEqual([]);
      } finally {
        await stopLab(id);
      }
    },
    60_000,
  );
});

/** What the machine shows of a lab, asked of the system's own programs and not of the lab's code. */
async function traces(id: string): Promise<readonly string[]> {
  const lines = (file: string, ...args: readonly string[]): readonly string[] =>
    execFileSync(file, args, { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(id));
  const groups = (await cgroupHierarchies())
    .map(({ mountPoint }) => join(mountPoint, `bulkhead-lab-${id}`))
    .filter((path) => existsSync(path));
  const directories = [`/run/bulkhead-lab/${id}`, `/var/lib/bulkhead-lab/${id}`].filter((path) => existsSync(path));
  return [
    ...lines('findmnt', '--raw', '--noheadings'),
    ...lines('ip', 'netns', 'list'),
    ...lines('ps', '-eo', 'pid,args').filter((line) => !line.includes('ps -eo')),
    ...groups,
    ...directories,
  ];
}

/** What no lab may change on the machine: its devices, its rules' tables in use, and the places where engines leave things. */
async function machine(): Promise<unknown> {
  const list = (path: string): readonly string[] =>
    existsSync(path) ? readdirSync(path).filter((name) => name !== 'bulkhead-lab') : ['(none)'];
  return {
    devices: execFileSync('ip', ['-brief', 'link'], { encoding: 'utf8' }),
    routes: execFileSync('ip', ['route', 'show', 'table', 'all'], { encoding: 'utf8' }),
    forwarding: ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map((name) => readFileSync(`/proc/sys/net/${name}`, 'utf8')),
    tables: ['ip_tables_names', 'ip6_tables_names'].map((name) =>
      existsSync(`/proc/net/${name}`) ? readFileSync(`/proc/net/${name}`, 'utf8') : '',
    ),
    places: [
      '/etc/docker',
      '/opt',
      '/opt/containerd',
      '/run/docker',
      '/run/containerd',
      '/var/lib/docker',
      '/var/lib/containerd',
      '/etc/netns',
    ].map(list),
    groups: (await cgroupHierarchies()).map(({ mountPoint }) => existsSync(join(mountPoint, 'docker'))),
  };
}
