import dgram from 'node:dgram';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { attempt } from '../../../probe-image/src/attempt.ts';
import { connect } from '../../../probe-image/src/connect.ts';
import { deadline, StallMonitor, TOLERATED_STALL } from '../../../probe-image/src/deadline.ts';
import { listen } from '../../../probe-image/src/read.ts';
import type { Attempt } from '../../../src/model/attempt.ts';
import { budget, LOOPBACK, offlineResolver, silent, spec, tcpServer, until } from './fixtures.ts';

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const wait = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const monitors: StallMonitor[] = [];
afterEach(() => {
  for (const monitor of monitors.splice(0)) monitor.stop();
});
function monitor(): StallMonitor {
  const made = new StallMonitor();
  monitors.push(made);
  return made;
}

describe('a deadline', () => {
  it('expires once, and not early', async () => {
    const began = performance.now();
    let times = 0;
    deadline(50, () => (times += 1));
    await wait(120);
    expect(times).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(49);
  });
  it('does not expire when it was cancelled, not even after its time', async () => {
    let times = 0;
    const cancel = deadline(10, () => (times += 1));
    cancel();
    const late = deadline(10, () => (times += 1));
    // Its timer runs first, and leaves only the immediate to be cancelled.
    setTimeout(() => late(), 10);
    block(30);
    await wait(50);
    expect(times).toBe(0);
  });
  it('hears first what came in time, however late the process looks', async () => {
    // Ten times, as the order of phases is what is tested.
    for (let round = 0; round < 10; round += 1) {
      const socket = dgram.createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
      const sender = dgram.createSocket('udp4');
      const order: string[] = [];
      const both = new Promise<void>((resolve) => {
        const note = (what: string): void => void (order.push(what) === 2 && resolve());
        socket.on('message', () => note('heard'));
        deadline(20, () => note('expired'));
      });
      await new Promise((resolve) => sender.send('x', (socket.address() as AddressInfo).port, LOOPBACK, resolve));
      block(40);
      await both;
      socket.close();
      sender.close();
      expect(order).toEqual(['heard', 'expired']);
    }
  });
  it('is kept by those who read', async () => {
    let other: net.Socket | undefined;
    await using server = await tcpServer((socket) => (other = socket));
    const { socket } = await connect(LOOPBACK, server.port, budget(500));
    await until(() => other !== undefined);
    const heard = listen(socket, { maxBytes: 1, timeoutMs: 10 });
    await wait(2);
    // After this phase of the loop come the timers, and only then what arrived.
    await new Promise(setImmediate);
    other?.write('x');
    block(30);
    expect((await heard).stop).toBe('full');
    socket.destroy();
  });
  it('is kept by those who connect', async () => {
    await using server = await tcpServer(silent);
    const connecting = connect(LOOPBACK, server.port, budget(20));
    // Loopback completes the handshake at once; the process sees it after its time.
    block(60);
    const { socket, address } = await connecting;
    expect(address).toBe(LOOPBACK);
    socket.destroy();
  });
});

describe('a deadline of an attempt', () => {
  it('is not put off where the process ran', async () => {
    let asked = 0;
    const stalls = { since: () => (asked += 1) * 0 };
    await new Promise<void>((resolve) => deadline(100, resolve, { start: performance.now(), timeoutMs: 100, stalls }));
    expect(asked).toBe(1);
  });
  it('is put off for no longer than three times its time', async () => {
    const began = performance.now();
    const stalls = { since: (start: number) => performance.now() - start };
    await new Promise<void>((resolve) => deadline(40, resolve, { start: began, timeoutMs: 40, stalls }));
    expect(performance.now() - began).toBeGreaterThan(110);
  });
  it('can be cancelled while it is put off', async () => {
    let times = 0;
    const stalls = { since: (start: number) => performance.now() - start };
    const cancel = deadline(10, () => (times += 1), { start: performance.now(), timeoutMs: 1000, stalls });
    await wait(20);
    cancel();
    await wait(60);
    expect(times).toBe(0);
  });
});

describe('the stall monitor', () => {
  it('finds nothing where the process ran', async () => {
    const stalls = monitor();
    const start = performance.now();
    await wait(100);
    expect(stalls.since(start)).toBeLessThan(50);
  });
  it('measures a blocked process, also one that is blocked until now', async () => {
    const stalls = monitor();
    const start = performance.now();
    await wait(10);
    block(200);
    expect(stalls.since(start)).toBeGreaterThan(140);
    expect(stalls.longestMs).toBeGreaterThan(140);
  });
  it('adds up what was lost in pieces', async () => {
    const stalls = monitor();
    const start = performance.now();
    for (let times = 0; times < 3; times += 1) {
      block(120);
      await wait(30);
    }
    expect(stalls.since(start)).toBeGreaterThan(240);
    expect(stalls.longestMs).toBeLessThan(240);
  });
  it('counts only from the start', async () => {
    const stalls = monitor();
    block(150);
    await wait(30);
    expect(stalls.since(performance.now())).toBe(0);
    block(100);
    const inside = performance.now();
    block(100);
    const lost = stalls.since(inside);
    // The whole gap is twice as long.
    expect(lost).toBeLessThanOrEqual(performance.now() - inside);
    expect(lost).toBeGreaterThan(60);
  });
});

describe('a timeout of an attempt', () => {
  /** A datagram that nobody answers, so that time alone decides. */
  async function unanswered(over: object, busy: () => void): Promise<Attempt> {
    const mute = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => mute.bind(0, LOOPBACK, resolve));
    try {
      const tools = { resolver: offlineResolver(), stalls: monitor() };
      const result = attempt(spec({ kind: 'udp', port: (mute.address() as AddressInfo).port, ...over }), 400, tools);
      busy();
      return await result;
    } finally {
      mute.close();
    }
  }

  it('is one where the process ran', async () => {
    expect(await unanswered({}, () => undefined)).toMatchObject({ outcome: 'timeout', phase: 'connect', tries: 2 });
  });
  it('is put off where it did not, by what is missing', async () => {
    const result = await unanswered({}, () => void setTimeout(() => block(300), 20));
    expect(result).toMatchObject({ outcome: 'timeout', phase: 'connect' });
    // Of its 400 ms it lost 300, which the monitor sees but for two ticks, and three quarters of it count.
    expect(result.elapsedMs).toBeGreaterThan(400 * (1 - TOLERATED_STALL) + 300 - 60);
  });
  it('is the failure of the probe where it does not run afterwards either', async () => {
    let busy = setTimeout(() => undefined);
    const keepBusy = (): void => {
      block(150);
      busy = setTimeout(keepBusy, 5);
    };
    const result = await unanswered({}, keepBusy);
    clearTimeout(busy);
    expect(result).toMatchObject({ outcome: 'probe-error' });
    expect(result.detail).toMatch(/^stalled for \d+ ms$/);
  });
  it('is no timeout where an answer came while it was put off', async () => {
    const server = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => server.bind(0, LOOPBACK, resolve));
    server.once('message', (bytes, { port }) => void setTimeout(() => server.send(bytes, port, LOOPBACK), 450));
    const tools = { resolver: offlineResolver(), stalls: monitor() };
    const attempted = attempt(spec({ kind: 'udp', port: server.address().port }), 400, tools);
    setTimeout(() => block(300), 20);
    expect(await attempted).toMatchObject({ outcome: 'connected' });
    server.close();
  });
  it('stays one where little was lost', async () => {
    expect(await unanswered({}, () => void setTimeout(() => block(400 * TOLERATED_STALL * 0.8), 20))).toMatchObject({
      outcome: 'timeout',
    });
  });
  it('is the failure of the probe as well where it was a proxy that did not answer', async () => {
    await using server = await tcpServer(silent);
    const result = attempt(spec({ path: 'proxy', proxy: `http://${LOOPBACK}:${server.port}` }), 300, {
      resolver: offlineResolver(),
      stalls: monitor(),
    });
    setTimeout(() => block(200), 50);
    expect(await result).toMatchObject({ outcome: 'probe-error', phase: 'proxy' });
  });
});
