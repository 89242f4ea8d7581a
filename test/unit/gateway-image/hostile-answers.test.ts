import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inboundServer } from '../../../gateway-image/src/inbound.ts';
import { LIMITS, listening, LOOPBACK, quiet, readAll, runGateway, tcpServer, until } from './fixtures.ts';

/** What would end the gateway, were it not for its last resort: nothing that anybody sends may get there. */
let faults: Error[] = [];
const fault = (error: Error): void => void faults.push(error);
beforeEach(() => {
  faults = [];
  process.prependListener('uncaughtException', fault);
});
afterEach(() => {
  process.removeListener('uncaughtException', fault);
});

const HEADS = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n',
  'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n',
  'HTTP/1.1 101 x\r\n',
  'HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 200 x\r\n',
  'HTTP/1.1 100 x\r\n\r\n'.repeat(50),
  'HTTP/1.1 204 x\r\n',
  'HTTP/1.1 304 x\r\n',
  'HTTP/1.1 199 x\r\n',
  'HTTP/1.1 999 x\x80\xff\r\n',
  'HTTP/1.1 000\r\n',
  'HTTP/1.1 307 \x01\r\n',
  'HTTP/1.0 200\r\n',
  'HTTP/9.9 200 x\r\n',
  'ICE/1.0 200 x\r\n',
  'GET / HTTP/1.1\r\n',
  '\x16\x03\x01\0\x05hello',
];
const HEADERS = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Connection: close',
  'Connection: keep-alive, content-length, host',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Trailer: x',
  'Location: http://evil.test/',
  'Location: /\x80',
  'Set-Cookie: a=b',
  'Date: x',
  'Expect: 100-continue',
  'X: a\x01b',
  'X: \xff\xfe',
  'X\x80: y',
  ': y',
  ` y: ${'z'.repeat(3000)}`,
  `Big: ${'z'.repeat(17_000)}`,
  'a:\r\n'.repeat(2500).trim(),
];
const answer = fc
  .tuple(
    fc.constantFrom(...HEADS),
    fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }),
    fc.constantFrom('\r\n', '\r\n', '\n', ''),
    fc.constantFrom(
      '',
      'hello',
      'hello and more',
      '5\r\nhello\r\n0\r\n\r\n',
      '5\r\nhello\r\n0\r\nX: \x01\r\n\r\n',
      'zz\r\n',
      'HTTP/1.1 200 x\r\n\r\n',
    ),
  )
  .map(([head, headers, end, body]) => `${head}${headers.map((each) => `${each}\r\n`).join('')}${end}${body}`);
const manner = fc.constantFrom('end', 'reset', 'stay');
const cut = fc.nat(300);

/** Answers in two pieces as it is told. */
function hostile(): { readonly serve: (socket: Socket) => void; script: { text: string; at: number; how: string } } {
  const server = {
    script: { text: '', at: 0, how: 'end' },
    serve: (socket: Socket): void => {
      const { text, at, how } = server.script;
      quiet(socket).once('data', () => {
        socket.write(text.slice(0, at), 'latin1');
        void turn().then(() => {
          if (how === 'reset') socket.write(text.slice(at), 'latin1', () => socket.destroy());
          else if (how === 'end') socket.end(text.slice(at), 'latin1');
          else socket.write(text.slice(at), 'latin1');
        });
      });
      socket.resume();
    },
  };
  return server;
}

const REST = ['', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Expect: 100-continue\r\nContent-Length: 5\r\n'];
const WEBSOCKET = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const request = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'HEAD'),
    fc.constantFrom(...REST, WEBSOCKET, WEBSOCKET),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.0'),
  )
  .map(([method, headers, version]) => ({ line: `${method} / ${version}\r\n`, headers }));
const after = fc.constantFrom(
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: name.test\r\n\r\n',
  '\0',
);
const leaving = fc.constantFrom('end', 'destroy', 'wait');

async function talk(client: Socket, text: string, more: string, how: string): Promise<void> {
  const all = readAll(client);
  client.write(text, 'latin1');
  await turn();
  if (more !== '') client.write(more, 'latin1');
  if (how === 'end') client.end();
  if (how === 'destroy') client.destroy();
  await all;
  client.destroy();
}

const RUNS = { numRuns: 150, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false } as const;
const SHORT = { headerTimeoutMs: 100, idleTimeoutMs: 60 };

it(
  'no answer to a request, and no manner of leaving, is a fault of the way out or leaves a connection',
  { timeout: 90_000 },
  async () => {
    const server = hostile();
    await using origin = await tcpServer(server.serve, false);
    await using gateway = await runGateway({ ports: [origin.port], limits: SHORT });
    gateway.http.server.keepAliveTimeout = SHORT.idleTimeoutMs;
    await fc.assert(
      fc.asyncProperty(request, after, leaving, answer, cut, manner, async ({ line, headers }, more, how, text, at, last) => {
        server.script = { text, at, how: last };
        await talk(gateway.dial('name.test', origin.port), `${line}Host: name.test\r\n${headers}\r\n`, more, how);
        await until(() => gateway.held() === 0 && origin.open.size === 0);
        expect(faults).toEqual([]);
      }),
      RUNS,
    );
    expect(origin.accepted()).toBeGreaterThan(30);
  },
);

it('nor is one of a published server a fault of the way in', { timeout: 90_000 }, async () => {
  const server = hostile();
  const dir = mkdtempSync(join(tmpdir(), 'bulkhead-inbound-'));
  const path = join(dir, 'inbound.sock');
  const open = new Set<Socket>();
  const inner = createServer((socket) => {
    open.add(socket.on('close', () => open.delete(socket)));
    server.serve(socket);
  });
  await new Promise<void>((resolve) => {
    inner.listen(path, resolve);
  });
  const tokenSha256 = createHash('sha256').update('token').digest('hex');
  const inbound = { listenPort: 1, serverPort: 9000, tokenSha256, hosts: [], origins: [] };
  const log = { decision: () => undefined, problem: () => undefined, ready: () => undefined };
  const published = inboundServer(inbound, { ...LIMITS, ...SHORT }, log, path);
  // Whoever waits for more requests is waited for no longer than for anything else here.
  published.keepAliveTimeout = SHORT.idleTimeoutMs;
  await using outer = await listening(published);
  let asked = 0;
  inner.on('connection', () => (asked += 1));
  await fc.assert(
    fc.asyncProperty(request, after, leaving, answer, cut, manner, async ({ line, headers }, more, how, text, at, last) => {
      server.script = { text, at, how: last };
      const head = `${line}Host: localhost\r\nAuthorization: Bearer token\r\n${headers}\r\n`;
      await talk(quiet(connect({ port: outer.port, host: LOOPBACK, allowHalfOpen: true })), head, more, how);
      await until(() => outer.open.size === 0 && open.size === 0);
      expect(faults).toEqual([]);
    }),
    RUNS,
  );
  expect(asked).toBeGreaterThan(30);
  await new Promise((resolve) => inner.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});
