import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { HelloOrder, ProbeMessage, ProbeOrder } from '../../../src/model/probe-protocol.ts';
import { parseProbeMessage } from '../../../src/runtime/probe-messages.ts';
import { freePort, LOOPBACK, spec, tcpServer } from './fixtures.ts';

const MAIN = path.join(import.meta.dirname, '../../../probe-image/src/main.ts');
const HELLO: HelloOrder = {
  type: 'hello',
  version: 1,
  nonce: 'n0nce',
  canaries: { wildcard: true, loopback: true },
  aliases: [],
};

interface Probe {
  readonly pid: number;
  readonly say: (order: ProbeOrder | string) => void;
  readonly next: (type?: ProbeMessage['type']) => Promise<ProbeMessage>;
  readonly end: () => void;
  /** Closes the reading end of its output. */
  readonly deafen: () => void;
  readonly exit: Promise<number | null>;
}

const running: { readonly kill: () => void }[] = [];
afterEach(() => {
  for (const probe of running.splice(0)) probe.kill();
});

/** Every line is held against the schema by which the command line reads it. */
function start(env: NodeJS.ProcessEnv = {}, options: readonly string[] = []): Probe {
  const child = spawn(process.execPath, [...options, MAIN], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  running.push({ kill: () => child.kill('SIGKILL') });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    say: (order) => child.stdin.write(`${typeof order === 'string' ? order : JSON.stringify(order)}\n`),
    next: async (type) => {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) throw new Error('The probe ended.');
        const message = parseProbeMessage(line.value);
        // Comes when it comes, between the attempts.
        if (message.type === 'settled' && type !== 'settled') continue;
        if (type !== undefined && message.type !== type) throw new Error(`${message.type} in place of ${type}`);
        return message;
      }
    },
    end: () => child.stdin.end(),
    deafen: () => child.stdout.destroy(),
    exit: new Promise((resolve) => child.on('exit', resolve)),
  };
}

async function hear(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    net
      .connect({ host, port })
      .on('data', (chunk) => (text += chunk.toString()))
      .on('end', () => resolve(text))
      .on('error', reject);
  });
}

describe('the probe', () => {
  it('opens canaries that say the nonce, and keeps them out of the listeners', async () => {
    const probe = start();
    probe.say(HELLO);
    const message = await probe.next('ready');
    if (message.type !== 'ready') throw new Error();
    const scopes = message.canaries.map(({ scope, family }) => `${scope} ${family}`);
    expect(scopes).toEqual(expect.arrayContaining(['wildcard 4', 'loopback 4']));
    for (const { family, port } of message.canaries) {
      expect(await hear(family === 4 ? LOOPBACK : '::1', port)).toBe('n0nce\n');
      expect(message.namespace.listeners.map((listener) => listener.port)).not.toContain(port);
    }
    const loopback = message.canaries.find(({ scope, family }) => scope === 'loopback' && family === 4);
    // 127.0.0.2 is another address of the same interface: only a wildcard listens there.
    await expect(hear('127.0.0.2', loopback?.port ?? 0)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(message.namespace.inode).toMatch(/^\d+$/);
  });
  it('lets go of a canary connection although the other side talks and stays', async () => {
    const probe = start();
    probe.say(HELLO);
    const ready = await probe.next('ready');
    if (ready.type !== 'ready') throw new Error();
    const canary = ready.canaries.find(({ family }) => family === 4);
    const socket = net.connect({ host: LOOPBACK, port: canary?.port ?? 0 });
    const heard: Buffer[] = [];
    socket.on('data', (chunk) => heard.push(chunk));
    socket.on('connect', () => socket.write('x'.repeat(1000)));
    const error = await new Promise((resolve) => socket.on('error', resolve).on('end', () => resolve('end')));
    expect(error).toBe('end');
    expect(Buffer.concat(heard).toString()).toBe('n0nce\n');
  });
  it('opens none that were not asked for', async () => {
    const probe = start();
    probe.say({ ...HELLO, canaries: { wildcard: false, loopback: false } });
    expect(await probe.next()).toMatchObject({ type: 'ready', canaries: [] });
  });
  it('answers each attempt and then says done', async () => {
    await using server = await tcpServer((socket) => socket.end('hello\n'));
    const probe = start();
    const refusing = await freePort();
    probe.say({
      type: 'attempt',
      timeoutMs: 500,
      specs: [spec({ id: 'open', port: server.port }), spec({ id: 'shut', port: refusing })],
    });
    const messages = [await probe.next('attempt'), await probe.next('attempt'), await probe.next('done')];
    const outcomes = messages.flatMap((message) =>
      message.type === 'attempt' ? [[message.attempt.id, message.attempt.outcome]] : [],
    );
    expect(Object.fromEntries(outcomes)).toEqual({ open: 'connected', shut: 'refused' });
  });
  it('answers an order without attempts', async () => {
    const probe = start();
    probe.say({ type: 'attempt', timeoutMs: 500, specs: [] });
    expect(await probe.next('settled')).toEqual({ type: 'settled' });
    expect(await probe.next()).toMatchObject({ type: 'done' });
  });
  it('ends at once and well with its input, even when attempts are under way', async () => {
    await using server = await tcpServer(() => undefined);
    const probe = start();
    probe.say(HELLO);
    await probe.next('ready');
    probe.say({ type: 'attempt', timeoutMs: 10_000, specs: [spec({ port: server.port, nonce: 'x' })] });
    const began = performance.now();
    probe.end();
    expect(await probe.exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(1000);
  });
  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['an empty line', ''],
    ['an order that does not exist', '{"type":"pass"}'],
    ['another version', JSON.stringify({ ...HELLO, version: 2 })],
    ['attempts that are no list', '{"type":"attempt","timeoutMs":1,"specs":7}'],
  ])('says failure to %s and goes on', async (_, line) => {
    const probe = start();
    probe.say(line);
    expect(await probe.next()).toMatchObject({ type: 'failure' });
    probe.say(HELLO);
    expect(await probe.next()).toMatchObject({ type: 'ready' });
  });
  it('inspects nothing where it would take a stranger for the target, or reports by the schema', async () => {
    const probe = start();
    probe.say({ type: 'inspect', paths: ['/etc/passwd', '/no/such/path'], sockets: [] });
    expect(['identity', 'failure']).toContain((await probe.next()).type);
  });
  it('reports what it cannot do as its own error, one attempt at a time', async () => {
    await using server = await tcpServer((socket) => socket.end('hello\n'));
    const probe = start();
    probe.say({
      type: 'attempt',
      timeoutMs: 300,
      specs: [
        spec({ id: 'kind', kind: 'icmp' as 'tcp' }),
        spec({ id: 'port', port: 70_000 }),
        spec({ id: 'through', kind: 'http', path: 'proxy', proxy: `http://${LOOPBACK}:${server.port}`, port: server.port }),
        spec({ id: 'smuggled', kind: 'http', port: server.port, request: '/ HTTP/1.1\r\nX: y' }),
        spec({ id: 'good', port: server.port }),
      ],
    });
    const seen = new Map<string, string>();
    for (let message = await probe.next(); message.type !== 'done'; message = await probe.next()) {
      if (message.type !== 'attempt') throw new Error(JSON.stringify(message));
      seen.set(message.attempt.id, message.attempt.outcome);
    }
    expect(Object.fromEntries(seen)).toEqual({
      kind: 'probe-error',
      port: 'probe-error',
      through: 'probe-error',
      smuggled: 'probe-error',
      good: 'connected',
    });
  });
  it('never takes a time that no timer can hold for one that is over', async () => {
    await using server = await tcpServer((socket) => socket.end('hello\n'));
    const probe = start();
    probe.say({ type: 'attempt', timeoutMs: 2 ** 31, specs: [spec({ port: server.port })] });
    const message = await probe.next('attempt');
    expect(message).toMatchObject({ attempt: { outcome: 'probe-error' } });
  });
  it.each(['', 'soon', '-1', 'Infinity'])('does not die young of a life limit of "%s"', async (limit) => {
    const probe = start({ BULKHEAD_LIFE_SECONDS: limit });
    await new Promise((resolve) => setTimeout(resolve, 300));
    probe.say(HELLO);
    expect(await probe.next()).toMatchObject({ type: 'ready' });
  });
  it('ends by itself when its life is over', async () => {
    const began = performance.now();
    const probe = start({ BULKHEAD_LIFE_SECONDS: '0.5' });
    expect(await probe.exit).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(performance.now() - began).toBeLessThan(5000);
  });
  it('ends when nobody reads what it says', async () => {
    const probe = start();
    probe.deafen();
    probe.say(HELLO);
    expect(await probe.exit).not.toBe(null);
  });
  it('makes thousands of attempts in the heap of its image', { timeout: 60_000 }, async () => {
    let peak = 0;
    await using server = await tcpServer(
      (socket) => {
        peak = Math.max(peak, server.open.size);
        setTimeout(() => socket.resume().end('n\n'), 50);
      },
      { backlog: 4096 },
    );
    const probe = start({}, ['--max-semi-space-size=1', '--max-old-space-size=48']);
    const specs = Array.from({ length: 3000 }, (_, index) => spec({ id: `a${index}`, port: server.port, nonce: 'n' }));
    probe.say({ type: 'attempt', timeoutMs: 5000, specs });
    const outcomes = new Set<string>();
    for (let message = await probe.next(); message.type !== 'done'; message = await probe.next()) {
      if (message.type !== 'attempt') throw new Error(JSON.stringify(message));
      outcomes.add(`${message.attempt.outcome} ${message.attempt.nonce}`);
    }
    expect([...outcomes]).toEqual(['connected matched']);
    // Two sockets each must fit into 1024 descriptors.
    expect(peak).toBeGreaterThan(100);
    expect(peak).toBeLessThanOrEqual(500);
  });
});
