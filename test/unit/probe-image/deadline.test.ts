import dgram from 'node:dgram';
import type net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { attempt } from '../../../probe-image/src/attempt.ts';
import { connect } from '../../../probe-image/src/connect.ts';
import { deadline, StallMonitor, TOLERATED_STALL } from '../../../probe-image/src/deadline.ts';
import { listen } from '../../../probe-image/src/read.ts';
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
  async function unanswered(
    over: object,
    busy: () => void,
  ): Promise<{ readonly outcome: string; readonly detail?: string | undefined }> {
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
  it('is the failure of the probe where it did not', async () => {
    const result = await unanswered({}, () => void setTimeout(() => block(300), 20));
    expect(result).toMatchObject({ outcome: 'probe-error' });
    expect(result.detail).toMatch(/^stalled for \d+ ms$/);
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
