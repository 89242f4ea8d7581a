import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePackages, startLab, type Lab } from '../../lab/lab.ts';
import { isAlive } from '../../lab/processes.ts';
import { api, client, engine, firstStartMs, noLab, onEngine } from './support.ts';

const serve = `require('node:http').createServer((_, answer) => answer.end(process.env.WORD + process.getuid())).listen(8099)`;

describe.skipIf(noLab)(`a process of the lab's ${onEngine}`, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ engine });
  }, firstStartMs);
  afterAll(async () => lab?.stop(), 60_000);

  it('serves in its namespace, as its user, until it is stopped', async () => {
    const options = { user: 'nobody', env: { WORD: 'uid ' }, name: 'server' };
    const server = await lab.spawn('inet', [process.execPath, '-e', serve], options);
    const url = `http://${lab.internet.address}:8099/`;
    await expect.poll(() => client(lab, 'get', url), { timeout: 10_000 }).toMatchObject({ body: 'uid 65534' });
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(await client(lab, 'get', url)).toEqual({ error: 'ECONNREFUSED' });
    await server.stop();
  });

  it('knows the engine and the resolver, and writes both streams to a file', async () => {
    const script = 'echo "$DOCKER_HOST"; cat /etc/resolv.conf >&2; echo end';
    const { logFile } = await lab.spawn('host', ['sh', '-c', script]);
    expect(dirname(logFile)).toBe(dirname(lab.socketPath));
    await expect.poll(() => readFileSync(logFile, 'utf8')).toContain('\nend\n');
    expect(readFileSync(logFile, 'utf8')).toContain(`${lab.dockerHost}\nnameserver ${lab.internet.dns}\n`);
  });

  it('takes its children along, even those that ignore SIGTERM', async () => {
    const script = 'trap "" TERM; sleep 1000 & echo "child $!"; wait; wait';
    const [one, two] = [await lab.spawn('host', ['sh', '-c', script]), await lab.spawn('host', ['sh', '-c', script])];
    expect(one.logFile).not.toBe(two.logFile);
    const child = async (logFile: string): Promise<number> => {
      await expect.poll(() => readFileSync(logFile, 'utf8')).toMatch(/child \d+/);
      return Number(/child (\d+)/.exec(readFileSync(logFile, 'utf8'))?.[1]);
    };
    const children = [await child(one.logFile), await child(two.logFile)];
    await one.stop();
    expect([one.pid, children[0] ?? 0].map(isAlive)).toEqual([false, false]);
    expect([two.pid, children[1] ?? 0].map(isAlive)).toEqual([true, true]);
    await lab.stop();
    expect([two.pid, children[1] ?? 0].map(isAlive)).toEqual([false, false]);
    expect(existsSync(two.logFile)).toBe(false);
    await expect(lab.spawn('host', ['true'])).rejects.toThrow('The lab has ended');
    await expect(api(lab, 'GET', '/version')).rejects.toThrow();
  });
});

describe.skipIf(noLab)('packages of this machine', () => {
  it('are left alone when they are there', async () => {
    await ensurePackages(['dpkg', 'coreutils']);
  });
});
