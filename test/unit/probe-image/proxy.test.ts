import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, fullBacklog, LOOPBACK, make, offlineResolver, silent, tcpServer, until, type Running } from './fixtures.ts';
import { Resolver } from '../../../probe-image/src/resolver.ts';

interface Proxy extends Running {
  readonly heads: string[];
}

/** A proxy that answers the head of each request with `answer`. */
async function proxy(answer: string | ((socket: net.Socket) => void)): Promise<Proxy> {
  const heads: string[] = [];
  const server = await tcpServer((socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      const before = head.includes('\r\n\r\n');
      head += chunk.toString('latin1');
      if (before || !head.includes('\r\n\r\n')) return;
      heads.push(head);
      if (typeof answer === 'string') socket.end(answer);
      else answer(socket);
    });
  });
  return { ...server, heads };
}

const through = (server: Running, over: object = {}) => ({
  path: 'proxy' as const,
  proxy: `http://${LOOPBACK}:${server.port}`,
  host: '192.0.2.1',
  port: 443,
  ...over,
});

const OPEN = 'HTTP/1.1 200 Connection established\r\n\r\n';

describe('an attempt through a proxy', () => {
  it('goes to the destination by a tunnel, and hears who is there', async () => {
    await using server = await proxy((socket) => {
      socket.write(OPEN);
      setTimeout(() => socket.write('SSH-2.0-x\n'), 50);
    });
    expect(await make(through(server))).toMatchObject({
      outcome: 'connected',
      address: LOOPBACK,
      peer: { banner: 'SSH-2.0-x.' },
    });
    expect(server.heads).toEqual(['CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\n\r\n']);
  });
  it('hears a canary also when its nonce comes in one piece with the answer of the proxy', async () => {
    await using server = await proxy(`${OPEN}n0nce\n`);
    expect(await make(through(server, { nonce: 'n0nce' }))).toMatchObject({ outcome: 'connected', nonce: 'matched' });
  });
  it('takes an answer that comes in pieces, without waiting for its time', async () => {
    await using server = await proxy((socket) => {
      socket.write(OPEN.slice(0, -2));
      setTimeout(() => socket.write('\r\nn0nce\n'), 30);
    });
    const result = await make(through(server, { nonce: 'n0nce' }), 2000);
    expect(result).toMatchObject({ outcome: 'connected', nonce: 'matched' });
    expect(result.elapsedMs).toBeLessThan(1000);
  });
  it('names an IPv6 destination in brackets, and leaves a name to the proxy', async () => {
    await using server = await proxy('HTTP/1.1 403 Forbidden\r\n\r\n');
    await make(through(server, { host: '2001:db8::1', family: 6, port: 8080 }));
    await make(through(server, { host: 'name.test', port: 443 }));
    expect(server.heads.map((head) => head.split('\r\n').slice(0, 2))).toEqual([
      ['CONNECT [2001:db8::1]:8080 HTTP/1.1', 'Host: [2001:db8::1]:8080'],
      ['CONNECT name.test:443 HTTP/1.1', 'Host: name.test:443'],
    ]);
  });
  it.each([
    ['user:secret', 'user:secret'],
    ['user', 'user:'],
    ['us%40er:p%3Ass', 'us@er:p:ss'],
    ['%C3%BC:x', 'ü:x'],
  ])('logs in as %s', async (inUrl, credentials) => {
    await using server = await proxy('HTTP/1.1 403 Forbidden\r\n\r\n');
    const result = await make(through(server, { proxy: `http://${inUrl}@${LOOPBACK}:${server.port}/` }));
    expect(server.heads[0]).toContain(`\r\nProxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`);
    // It is stored and shown.
    expect(JSON.stringify(result)).not.toContain('secret');
  });
  it.each([403, 407, 503])('is denied with %i', async (status) => {
    await using server = await proxy(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    expect(await make(through(server))).toMatchObject({
      outcome: 'proxy-denied',
      phase: 'proxy',
      detail: `HTTP ${status}`,
      address: LOOPBACK,
    });
    await until(() => server.open.size === 0);
  });
  it.each([
    ['hangs up', (socket: net.Socket) => socket.end(), { outcome: 'proxy-denied', detail: 'closed without an answer' }],
    ['resets', (socket: net.Socket) => socket.resetAndDestroy(), { outcome: 'reset', phase: 'proxy' }],
    [
      'speaks something else',
      (socket: net.Socket) => socket.end('SSH-2.0-x\n'),
      { outcome: 'proxy-denied', detail: 'no HTTP answer' },
    ],
    ['says nothing', () => undefined, { outcome: 'timeout', phase: 'proxy' }],
    [
      'stops in the middle of its answer',
      (socket: net.Socket) => socket.write('HTTP/1.1 200 OK\r\n'),
      { outcome: 'timeout', phase: 'proxy' },
    ],
    [
      'hangs up in the middle of its answer',
      (socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\n'),
      { outcome: 'proxy-denied' },
    ],
    [
      'never ends its head',
      (socket: net.Socket) => socket.write(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(10_000)}`),
      { outcome: 'proxy-denied', detail: 'no HTTP answer' },
    ],
  ])('is told from a good one when the proxy %s', async (_, answer, expected) => {
    await using server = await proxy((socket) => void answer(socket));
    const result = await make(through(server), 400);
    expect(result).toMatchObject(expected);
    expect(result.elapsedMs).toBeLessThan(1000);
    await until(() => server.open.size === 0);
  });
  it('finds a proxy unreachable that is not there', async () => {
    const server = await tcpServer(silent);
    await server[Symbol.asyncDispose]();
    expect(await make(through(server))).toMatchObject({
      outcome: 'proxy-unreachable',
      phase: 'proxy',
      detail: 'refused ECONNREFUSED',
    });
  });
  it('finds a proxy unreachable that does not answer, unless the probe did not get to run', async () => {
    await using server = await fullBacklog();
    const spec = { path: 'proxy', proxy: `${LOOPBACK}:${server.port}` } as const;
    expect(await make(spec, 300)).toMatchObject({ outcome: 'proxy-unreachable', detail: 'timeout' });
    const starved = { since: (start: number) => performance.now() - start };
    expect(await make(spec, 300, offlineResolver(), starved)).toMatchObject({ outcome: 'probe-error' });
  });
  it('finds a proxy by its name, also when it has an IPv6 address alone', async (context) => {
    let server: Running;
    try {
      server = await tcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')), {
        host: '::1',
      });
    } catch {
      return context.skip('no IPv6 here');
    }
    await using there = server;
    const resolver = offlineResolver([{ name: 'four.test', address: LOOPBACK }]);
    expect(await make({ path: 'proxy', proxy: `http://four.test:${await freePort()}` }, 300, resolver)).toMatchObject({
      outcome: 'proxy-unreachable',
      detail: 'refused ECONNREFUSED',
    });
    class SixOnly extends Resolver {
      override async answer(_: string, family: 4 | 6) {
        return { rcode: 'NOERROR', addresses: family === 6 ? ['::1'] : [], server: LOOPBACK };
      }
    }
    const made = await make({ path: 'proxy', proxy: `http://six.test:${there.port}` }, 300, new SixOnly([], []));
    expect(made).toMatchObject({ outcome: 'proxy-denied', address: '::1' });
  });
  it.each(['https://127.0.0.1:1', 'socks5://127.0.0.1:1', '', 'http://', 'http://%zz@127.0.0.1:1'])(
    'cannot use "%s"',
    async (url) => {
      expect(await make({ path: 'proxy', proxy: url })).toMatchObject({ outcome: 'probe-error', phase: 'proxy' });
    },
  );
});
