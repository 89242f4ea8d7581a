import { createServer as createTlsServer, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listening, LOOPBACK, readAll, readUntil, runGateway, tcpServer, until } from './fixtures.ts';
import { ECH, madeHello, sni } from './hellos.ts';

/** TLS without a certificate: what is tested is the greeting. */
const ANONYMOUS = { ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;

async function tlsServer() {
  const names: unknown[] = [];
  const server = createTlsServer({ ...ANONYMOUS }, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => undefined).end('hello from tls');
  });
  server.on('tlsClientError', () => undefined);
  return { names, ...(await withDispose(server)) };
}

async function withDispose(server: ReturnType<typeof createTlsServer>) {
  const running = await listening(server);
  return { port: running.port, accepted: running.accepted, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

function overTls(socket: Socket, servername?: string): Promise<string> {
  const tls: TLSSocket = connectTls({
    ...ANONYMOUS,
    socket,
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
  });
  tls.on('error', () => undefined);
  return readAll(tls);
}

describe('TLS', () => {
  it('that asks for the dialled name reaches the server', async () => {
    await using server = await tlsServer();
    await using gateway = await runGateway({ ports: [server.port] });
    expect(await overTls(gateway.dial('name.test', server.port), 'name.test')).toBe('hello from tls');
    expect(server.names).toEqual(['name.test']);
    expect(gateway.decisions()).toMatchObject([{ decision: 'allowed', via: 'tcp', host: 'name.test', address: LOOPBACK }]);
  });

  it.each<[string, string | undefined]>([
    ['another name', 'evil.test'],
    ['no name', undefined],
    ['a name below', 'a.name.test'],
  ])('that asks for %s does not, and the server hears nothing of it', async (_title, servername) => {
    await using server = await tlsServer();
    await using gateway = await runGateway({ ports: [server.port] });
    expect(await overTls(gateway.dial('name.test', server.port), servername)).toBe('');
    expect(gateway.decisions()).toMatchObject([{ decision: 'denied', reason: expect.stringMatching(/SNI/) as string }]);
    expect(server.names).toEqual([]);
    // The control: asked for as an address, the whole of it is meant, and the same greeting passes.
    expect(await overTls(gateway.dial(LOOPBACK, server.port), servername)).toBe('hello from tls');
  });

  it.each<[string, Buffer]>([
    ['an encrypted greeting', madeHello(sni('name.test'), ECH)],
    ['two names', madeHello(sni('name.test', 'evil.test'))],
    ['an alert first', Buffer.concat([Buffer.from([0x15, 3, 1, 0, 2, 1, 90]), madeHello(sni('name.test'))])],
    ['half a greeting, and the end', madeHello(sni('name.test')).subarray(0, 50)],
  ])('with %s is refused, and not a byte of it sent', async (_title, bytes) => {
    const got: Buffer[] = [];
    await using server = await tcpServer((socket) =>
      socket.on('data', (chunk: Buffer) => got.push(chunk)).on('end', () => socket.end()),
    );
    await using gateway = await runGateway({ ports: [server.port] });
    const client = gateway.dial('name.test', server.port);
    client.end(bytes);
    expect(await readAll(client)).toBe('');
    expect(gateway.decisions().at(-1)).toMatchObject({ decision: 'denied' });
    expect(got).toEqual([]);
    const control = gateway.dial(LOOPBACK, server.port);
    control.end(bytes);
    await readAll(control);
    expect(Buffer.concat(got)).toEqual(bytes);
  });
});

describe('other protocols', () => {
  it('of a server that speaks first', async () => {
    await using server = await tcpServer((socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (chunk: Buffer) => socket.end(`you said ${chunk.toString()}`));
    });
    await using gateway = await runGateway({ ports: [server.port] });
    const client = gateway.dial('name.test', server.port);
    expect(await readUntil(client, /\n/)).toBe('220 hello\r\n');
    client.write('EHLO me\r\n');
    expect(await readAll(client)).toBe('you said EHLO me\r\n');
  });

  it('of a client that speaks first, in pieces and with an end', async () => {
    await using server = await tcpServer((socket) => {
      void readAll(socket).then((text) => socket.end(`you said ${text.length}`));
    });
    await using gateway = await runGateway({ ports: [server.port] });
    const client = gateway.dial('name.test', server.port);
    for (const piece of ['\0', '\0\0\x08', 'x'.repeat(200_000)]) client.write(piece);
    client.end();
    expect(await readAll(client)).toBe('you said 200004');
    await until(() => gateway.held() === 0 && server.open.size === 0);
  });

  it('of a client that only ends', async () => {
    await using server = await tcpServer((socket) => socket.resume().on('end', () => socket.end('all right')));
    await using gateway = await runGateway({ ports: [server.port] });
    const client = gateway.dial('name.test', server.port);
    client.end();
    expect(await readAll(client)).toBe('all right');
  });
});

describe('refused', () => {
  it.each<[string, string, number | undefined]>([
    ['another name', 'evil.test', undefined],
    ['another port', 'name.test', 1],
    ['no name', '', undefined],
    ['an address', '127.0.0.2', undefined],
    ['an odd address', '0x7f.1', undefined],
    ['a name with NUL', 'name.test\0', undefined],
  ])('%s', async (_title, host, port) => {
    await using server = await tcpServer((socket) => socket.end('reached'));
    await using gateway = await runGateway({ hosts: ['name.test', LOOPBACK], ports: [server.port] });
    const ask = (): Socket => {
      if (host !== '') return gateway.dial(host, port ?? server.port);
      const socket = gateway.dial('x', server.port);
      return socket;
    };
    expect(await readAll(ask())).toBe('');
    expect(gateway.decisions()).toMatchObject([{ decision: 'denied', via: 'tcp' }]);
    expect(server.accepted()).toBe(0);
    expect(await readAll(gateway.dial('name.test', server.port))).toBe('reached');
    expect(server.accepted()).toBe(1);
  });

  it.each([
    [[LOOPBACK]],
    [['0.0.0.0']],
    [['::ffff:127.0.0.1']],
    [['::1', LOOPBACK]],
    [['10.0.0.1', '169.254.169.254', '64:ff9b::7f00:1', '2002:7f00:1::1']],
  ])('a name that resolves to %j', async (addresses) => {
    await using server = await tcpServer((socket) => socket.end('reached'));
    const resolver = { addresses: () => Promise.resolve(addresses) };
    await using gateway = await runGateway({ hosts: ['name.test'], ports: [server.port], resolver });
    expect(await readAll(gateway.dial('name.test', server.port))).toBe('');
    expect(gateway.decisions()).toMatchObject([
      { decision: 'denied', reason: expect.stringMatching(/no name may mean/) as string },
    ]);
    expect(server.accepted()).toBe(0);
  });

  it('the same name, where loopback is named literally (control); bad addresses beside it are left out', async () => {
    await using server = await tcpServer((socket) => socket.end('reached'));
    const resolver = { addresses: () => Promise.resolve(['10.0.0.1', '::1', LOOPBACK]) };
    await using gateway = await runGateway({ ports: [server.port], resolver });
    expect(await readAll(gateway.dial('name.test', server.port))).toBe('reached');
  });

  it('an address of the engine host, though it is public', async () => {
    const resolver = { addresses: () => Promise.resolve(['203.0.113.9']) };
    await using gateway = await runGateway({ hosts: ['name.test'], ports: [443], resolver, hostAddresses: ['203.0.113.9'] });
    expect(await readAll(gateway.dial('name.test', 443))).toBe('');
    expect(gateway.decisions()).toMatchObject([{ decision: 'denied', reason: expect.stringMatching(/engine's host/) as string }]);
  });

  it('a name without address, or a resolver that fails or never answers, is a problem and no decision', async () => {
    const answers = [
      () => Promise.resolve([]),
      () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
      () => new Promise<never>(() => undefined),
    ];
    for (const addresses of answers) {
      const resolver = { addresses };
      await using gateway = await runGateway({ ports: [443], resolver, limits: { connectTimeoutMs: 200 } });
      expect(await readAll(gateway.dial('name.test', 443))).toBe('');
      expect(gateway.decisions()).toEqual([]);
      expect(gateway.lines).toMatchObject([
        { type: 'problem', message: expect.stringMatching(/^name\.test:443: it could not be/) as string },
      ]);
    }
  });
});

describe('limits', () => {
  it('connections: one more is closed, and there is room again after one has gone', async () => {
    await using server = await tcpServer((socket) => socket.resume().write('hi'), false);
    await using gateway = await runGateway({ ports: [server.port], limits: { connections: 3 } });
    const clients = [1, 2, 3].map(() => gateway.dial('name.test', server.port));
    await Promise.all(clients.map((client) => readUntil(client, /hi/)));
    expect(await readAll(gateway.dial('name.test', server.port))).toBe('');
    // The proxy has no room of its own.
    expect(await readAll(gateway.proxy())).toBe('');
    clients[0]?.destroy();
    await until(() => gateway.held() === 2);
    const again = gateway.dial('name.test', server.port);
    expect(await readUntil(again, /hi/)).toBe('hi');
    for (const client of [...clients, again]) client.destroy();
  });

  it('headerTimeoutMs: a preamble, a greeting and a request line that do not end', async () => {
    await using server = await tcpServer((socket) => socket.resume());
    await using gateway = await runGateway({ ports: [server.port], limits: { headerTimeoutMs: 200 } });
    const loris = (first: string | Buffer): Socket => {
      const socket = gateway.dial('name.test', server.port);
      socket.write(first);
      return socket;
    };
    const none = loris('');
    none.removeAllListeners('data');
    await Promise.all(
      [loris('GET'), loris(Buffer.from([0x16, 3, 1])), loris('\r\n'), loris('GET / HTTP/1.1\r\nHost: na')].map(readAll),
    );
    // Without a word of the client the server may still be the one who speaks.
    expect(none.destroyed).toBe(false);
    none.destroy();
  });

  it('idleTimeoutMs: nothing moves', async () => {
    await using server = await tcpServer((socket) => socket.resume(), false);
    await using gateway = await runGateway({ ports: [server.port], limits: { idleTimeoutMs: 200 } });
    const joined = gateway.dial('name.test', server.port);
    joined.write('EHLO\r\n');
    await Promise.all([joined, gateway.dial('name.test', server.port), gateway.proxy()].map(readAll));
    await until(() => server.open.size === 0);
  });

  it('what waits for a decision is bounded', async () => {
    await using gateway = await runGateway({ ports: [443], resolver: { addresses: () => new Promise(() => undefined) } });
    const client = gateway.dial('name.test', 443);
    // More than the buffers of the kernel and the gateway together hold is not taken.
    const block = Buffer.alloc(1 << 20, 1);
    for (let i = 0; i < 16; i += 1) client.write(block);
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    expect(client.writableLength).toBeGreaterThan(8 << 20);
    client.destroy();
  });
});
