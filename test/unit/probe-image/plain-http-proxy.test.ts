import packet from 'dns-packet';
import dgram from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { Resolver } from '../../../probe-image/src/resolver.ts';
import { LOOPBACK, make, silent, tcpServer, type Running } from './fixtures.ts';

const plain = (server: Running, over: object = {}) => ({
  path: 'proxy' as const,
  proxy: `http://${LOOPBACK}:${server.port}`,
  host: 'origin.test',
  port: 80,
  ...over,
});

describe('plain HTTP through a proxy', () => {
  /** As squid is delivered: tunnels to 443 alone, and anything for who asks by GET. */
  const squid = async (heads: string[]) =>
    tcpServer((socket) =>
      socket.once('data', (chunk) => {
        heads.push(chunk.toString('latin1'));
        if (chunk.toString('latin1').startsWith('CONNECT')) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        else socket.end('HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Length: 2\r\n\r\nhi');
      }),
    );

  it('is asked for by the whole address: a proxy that opens no tunnel to port 80 still fetches it', async () => {
    const heads: string[] = [];
    await using server = await squid(heads);
    expect(await make(plain(server))).toMatchObject({ outcome: 'connected', peer: { status: 200, server: 'origin' } });
    expect(heads[0]).toMatch(/^GET http:\/\/origin\.test\/ HTTP\/1\.1\r\nHost: origin\.test\r\n/);
  });
  it('carries the credentials of the proxy', async () => {
    const heads: string[] = [];
    await using server = await squid(heads);
    await make(plain(server, { proxy: `http://u:p@${LOOPBACK}:${server.port}` }));
    expect(heads[0]).toContain(`\r\nProxy-Authorization: Basic ${Buffer.from('u:p').toString('base64')}\r\n`);
  });
  it.each([403, 407, 502, 503, 504])('is denied with %i', async (status) => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)));
    expect(await make(plain(server))).toMatchObject({ outcome: 'proxy-denied', phase: 'proxy', detail: `HTTP ${status}` });
  });
  it('was not let through by a proxy that says nothing', async () => {
    await using server = await tcpServer(silent);
    expect(await make(plain(server))).toMatchObject({ outcome: 'timeout', phase: 'proxy' });
  });
});

describe('a name with a silent server beside a good one', () => {
  it.each([
    [LOOPBACK, '127.0.0.2'],
    ['127.0.0.2', LOOPBACK],
  ])('leaves the time to connect: %s, %s', async (first, second) => {
    await using server = await tcpServer((socket) => socket.end('n0nce\n'));
    const good = dgram.createSocket('udp4');
    good.on('message', (bytes, { port, address }) => {
      const { id, questions = [] } = packet.decode(bytes);
      const answers = [{ type: 'A' as const, name: 'name.test', ttl: 1, data: LOOPBACK }];
      good.send(packet.encode({ type: 'response', id: id ?? 0, questions, answers }), port, address);
    });
    await new Promise<void>((resolve) => good.bind(0, LOOPBACK, resolve));
    const quiet = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => quiet.bind(good.address().port, '127.0.0.2', resolve));
    const result = await make(
      { host: 'name.test', port: server.port, nonce: 'n0nce' },
      1500,
      new Resolver([first, second], [], good.address().port),
    );
    good.close();
    quiet.close();
    expect(result).toMatchObject({ outcome: 'connected', nonce: 'matched' });
    expect(result.elapsedMs).toBeLessThan(500);
  });
});
