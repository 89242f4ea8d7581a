import type { Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { guardSecondHello } from '../../../gateway-image/src/second-hello.ts';
import { listening, LOOPBACK, readAll, readUntil, runGateway } from './fixtures.ts';
import { ECH, greetings, inRecords, realHello, withExtensions } from './hellos.ts';
import { IDENTITY, NO_OPENSSL } from './identity.ts';

async function tlsServer(options: TlsOptions = {}) {
  const server = createTlsServer({ ...IDENTITY, ...options }, (socket) => {
    socket.on('error', () => undefined).end(`hello to ${String(socket.servername)}`);
  });
  server.on('tlsClientError', () => undefined);
  const running = await listening(server);
  return { ...running, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

/** Every client of TLS 1.3 sends one, for the sake of old boxes in between. */
const CHANGE_CIPHERS = Buffer.from([0x14, 3, 3, 0, 1, 1]);
/** What a request for another greeting and a server's own hello look like, as far as they count. */
const RETRY = /\xcf\x21\xad\x74\xe5\x9a\x61/;
const CERTAIN = /[^]{600}/;

/** Greets, waits for the request to do it again, and does so. */
async function greetTwice(client: Socket, first: Buffer, second: readonly Buffer[]): Promise<string> {
  client.write(first);
  expect(await readUntil(client, RETRY)).toMatch(RETRY);
  const rest = readUntil(client, CERTAIN);
  for (const piece of second) {
    client.write(piece);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  const text = await rest;
  client.destroy();
  return text;
}

describe.skipIf(NO_OPENSSL)('the second greeting, which a server may ask for', () => {
  it('that names the same host is answered', async () => {
    await using server = await tlsServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const { first, second } = await greetings('name.test', 'NAME.test.');
    const answer = await greetTwice(gateway.dial('name.test', server.port), first, [CHANGE_CIPHERS, second]);
    expect(answer).toMatch(CERTAIN);
  });

  it.each<[string, (second: Buffer) => readonly Buffer[]]>([
    ['at once', (second) => [Buffer.concat([CHANGE_CIPHERS, second])]],
    ['byte by byte', (second) => [...second].map((byte) => Buffer.from([byte]))],
    ['in many records', (second) => [inRecords(second, 5)]],
    ['with a warning ahead', (second) => [Buffer.from([0x15, 3, 3, 0, 2, 1, 90]), second]],
    ['with early data ahead', (second) => [Buffer.from([0x17, 3, 3, 0, 3, 1, 2, 3]), second]],
  ])('that names another one never reaches a server that would take it, %s', async (title, cut) => {
    await using server = await tlsServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const { first, second } = await greetings('name.test', 'evil.test');
    expect(await greetTwice(gateway.dial('name.test', server.port), first, cut(second))).not.toMatch(CERTAIN);
    expect(gateway.decisions().at(-1)).toMatchObject({
      decision: 'denied',
      reason: expect.stringMatching(/greet again, TLS asks for evil\.test/) as string,
    });
    if (/warning|early/.test(title)) return;
    // The control: to an address, which is meant as a whole, it goes through, and the server answers.
    expect(await greetTwice(gateway.dial(LOOPBACK, server.port), first, cut(second))).toMatch(CERTAIN);
  });

  it('that comes before it was asked for is sent to nobody, and nor is the first', async () => {
    await using server = await tlsServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const { first, second } = await greetings('name.test', 'evil.test');
    const client = gateway.dial('name.test', server.port);
    client.write(Buffer.concat([first, CHANGE_CIPHERS, second]));
    expect(await readAll(client)).toBe('');
    expect(gateway.decisions().at(-1)).toMatchObject({ decision: 'denied', reason: expect.stringMatching(/before/) as string });
  });

  it('that hides another one is refused', async () => {
    await using server = await tlsServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const { first, second } = await greetings('name.test', 'name.test');
    const hiding = withExtensions(second, (all) => [...all, [0xfe0d, ECH.subarray(4)]]);
    expect(await greetTwice(gateway.dial('name.test', server.port), first, [hiding])).not.toMatch(CERTAIN);
    expect(gateway.decisions().at(-1)).toMatchObject({ reason: expect.stringMatching(/ECH/) as string });
  });
});

describe.skipIf(NO_OPENSSL)('honest clients are not disturbed', () => {
  it.each<[string, ConnectionOptions, TlsOptions]>([
    ['TLS 1.3', { minVersion: 'TLSv1.3' }, {}],
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, {}],
    ['TLS 1.3, asked again', { minVersion: 'TLSv1.3', ecdhCurve: 'X25519:P-256' }, { ecdhCurve: 'P-256' }],
    ['TLS 1.2 with a certificate of the client', { maxVersion: 'TLSv1.2' }, { requestCert: true, rejectUnauthorized: false }],
    ['TLS 1.3 with a protocol', { ALPNProtocols: ['h2', 'http/1.1'] }, { ALPNProtocols: ['h2'] }],
  ])('%s, and once more with its session', async (_title, client, options) => {
    await using server = await tlsServer(options);
    await using gateway = await runGateway({ ports: [server.port] });
    let session: Buffer | undefined;
    for (const again of [false, true]) {
      const wire = gateway.dial('name.test', server.port);
      const tls = connectTls({
        ...IDENTITY,
        ...client,
        socket: wire,
        servername: 'name.test',
        rejectUnauthorized: false,
        ...(session === undefined ? {} : { session }),
      });
      tls.on('error', () => undefined).on('session', (one: Buffer) => (session = one));
      // Node.js does not tell the name of a TLS 1.2 session that goes on.
      expect(await readAll(tls)).toMatch(again ? /^hello to/ : /^hello to name\.test$/);
      expect(tls.isSessionReused()).toBe(again);
      wire.destroy();
    }
  });
});

describe('the guard', () => {
  const host = { kind: 'name', text: 'name.test' } as const;
  const SERVER_HELLO = Buffer.from('160303003a020000360303' + '11'.repeat(32) + '00130100', 'hex');

  it('lets pass whatever follows an ordinary answer, and does not follow what is no TLS', async () => {
    const hello = await realHello({ servername: 'name.test' });
    const reasons: string[] = [];
    const watch = () => {
      const guard = guardSecondHello(hello, { host, mayHide: false }, (reason) => reasons.push(reason));
      if (guard === 'refused') throw new Error('refused');
      return guard;
    };
    const answered = watch();
    for (const byte of SERVER_HELLO) answered.answered(Buffer.from([byte]));
    expect(answered.mayPass(Buffer.from('anything'))).toBe(true);
    expect(reasons).toEqual([]);
    expect(watch().mayPass(Buffer.from('anything'))).toBe(false);
    expect(watch().mayPass(Buffer.from([0x17, 3, 3, 0xff, 0xff]))).toBe(false);
    expect(watch().mayPass(Buffer.from([0x16, 3, 3, 0, 5]))).toBe(false);
    expect(reasons).toEqual([
      'its TLS cannot be followed',
      'its TLS cannot be followed',
      'TLS goes on before its greeting is answered',
    ]);
    const other = watch();
    other.answered(Buffer.from('220 no TLS here\r\n'));
    expect(other.mayPass(Buffer.from('anything'))).toBe(true);
  });
});
