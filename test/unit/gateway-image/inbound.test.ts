import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inboundServer } from '../../../gateway-image/src/inbound.ts';
import { decisionLog } from '../../../gateway-image/src/log.ts';
import type { GatewayLine } from '../../../src/model/compartment.ts';
import { LIMITS, LOOPBACK, listening, quiet, readAll, readUntil, until } from './fixtures.ts';

const TOKEN = 'a-token.of~this+test/1=';
const INBOUND = {
  listenPort: 8080,
  serverPort: 9000,
  tokenSha256: createHash('sha256').update(TOKEN).digest('hex'),
  hosts: ['box.test'],
  origins: ['https://page.test'],
};

/** The server of the compartment on a unix socket, and the gateway in front of it. */
async function published(serve: (request: IncomingMessage, response: ServerResponse) => void, raw?: (socket: Socket) => void) {
  const dir = mkdtempSync(join(tmpdir(), 'bulkhead-inbound-'));
  const path = join(dir, 'inbound.sock');
  const seen: IncomingMessage[] = [];
  const inner =
    raw === undefined
      ? createServer((request, response) => {
          seen.push(request);
          serve(request, response);
        })
      : createTcpServer(raw);
  await new Promise<void>((resolve) => {
    inner.listen(path, resolve);
  });
  const lines: GatewayLine[] = [];
  const log = decisionLog((line) => lines.push(JSON.parse(line) as GatewayLine));
  const outer = await listening(inboundServer(INBOUND, LIMITS, log, path));
  return {
    port: outer.port,
    open: outer.open,
    seen,
    lines,
    [Symbol.asyncDispose]: async () => {
      await outer[Symbol.asyncDispose]();
      if ('closeAllConnections' in inner) inner.closeAllConnections();
      await new Promise<void>((resolve) => {
        inner.close(() => resolve());
      });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const GOOD = { host: 'localhost:8080', authorization: `Bearer ${TOKEN}` };

function ask(
  port: number,
  headers: OutgoingHttpHeaders,
  body?: Buffer,
  path = '/mcp',
): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: LOOPBACK, port, path, method: body === undefined ? 'GET' : 'POST', headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function exchange(url: string, method: string, headers: OutgoingHttpHeaders): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (answer) => resolve(answer.resume()));
    request.on('error', reject).end();
  });
}

describe('who may ask', () => {
  it.each<[string, OutgoingHttpHeaders, number]>([
    ['with the token', GOOD, 200],
    ['by address', { ...GOOD, host: '127.0.0.1:8080' }, 200],
    ['by IPv6 address', { ...GOOD, host: '[::1]:1' }, 200],
    ['by a name of the profile, in upper case', { ...GOOD, host: 'BOX.test' }, 200],
    ['from a page on loopback', { ...GOOD, origin: 'http://localhost:5173' }, 200],
    ['from a page that is named', { ...GOOD, origin: 'https://page.test' }, 200],
    ['with the scheme in lower case', { ...GOOD, authorization: `bearer ${TOKEN}` }, 200],
    ['without a token', { host: 'localhost' }, 401],
    ['with a wrong token', { ...GOOD, authorization: `Bearer ${TOKEN}x` }, 401],
    ['with half a token', { ...GOOD, authorization: `Bearer ${TOKEN.slice(0, 5)}` }, 401],
    ['with the hash of the token', { ...GOOD, authorization: `Bearer ${INBOUND.tokenSha256}` }, 401],
    ['with another scheme', { ...GOOD, authorization: `Basic ${TOKEN}` }, 401],
    ['by a foreign name (rebinding)', { ...GOOD, host: 'evil.test:8080' }, 403],
    ['by a name that only ends like it', { ...GOOD, host: 'localhost.evil.test' }, 403],
    ['from a foreign page', { ...GOOD, origin: 'https://evil.test' }, 403],
    ['from a page without origin', { ...GOOD, origin: 'null' }, 403],
    ['from a page that only looks like it', { ...GOOD, origin: 'https://localhost.evil.test' }, 403],
    ['from another scheme', { ...GOOD, origin: 'file://localhost' }, 403],
    ['from a named page on another port', { ...GOOD, origin: 'https://page.test:8443' }, 403],
  ])('%s: %j -> %i', async (_title, headers, status) => {
    await using server = await published((_request, response) => response.end('from the server'));
    const answer = await ask(server.port, headers);
    expect(answer.status).toBe(status);
    expect(server.seen).toHaveLength(status === 200 ? 1 : 0);
    expect(server.lines).toMatchObject(status === 200 ? [] : [{ decision: 'denied', via: 'inbound' }]);
    // The secret goes no further than this.
    expect(JSON.stringify(server.seen.map(({ rawHeaders }) => rawHeaders))).not.toContain(TOKEN);
    expect(server.seen.map(({ headers: { host, origin } }) => ({ host, origin }))).toEqual(
      status === 200 ? [{ host: '127.0.0.1:9000', origin: undefined }] : [],
    );
    expect(JSON.stringify(server.lines)).not.toContain(TOKEN);
  });

  it.each<[string, string]>([
    ['no Host', 'GET / HTTP/1.0\r\n'],
    ['an absolute form', 'GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n'],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n'],
    ['CONNECT', 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n'],
  ])('%s is turned away, with the right token too', async (_title, head) => {
    await using server = await published((_request, response) => response.end());
    const client = quiet(connect(server.port, LOOPBACK));
    client.end(`${head}Authorization: Bearer ${TOKEN}\r\n\r\n`);
    expect(await readAll(client)).not.toMatch(/^HTTP\/1\.1 200/);
    expect(server.seen).toEqual([]);
  });

  it('a page of an allowed origin may ask what it may ask, and reads answers that name it alone', async () => {
    await using server = await published((_request, response) => {
      response.writeHead(200, { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true', 'x-own': '1' });
      response.end('from the server');
    });
    const url = `http://${LOOPBACK}:${server.port}/mcp`;
    const page = { host: 'localhost:8080', origin: 'https://page.test' };
    const preflight = {
      ...page,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, x-(bad)',
    };
    const asked = await exchange(url, 'OPTIONS', preflight);
    expect(asked.statusCode).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': 'https://page.test',
      'access-control-allow-headers': 'authorization',
    });
    expect((await exchange(url, 'OPTIONS', { ...preflight, origin: 'https://evil.test' })).statusCode).toBe(403);
    expect((await exchange(url, 'OPTIONS', { ...preflight, host: 'evil.test' })).statusCode).toBe(403);
    expect((await exchange(url, 'OPTIONS', page)).statusCode).toBe(401);
    expect(server.seen).toEqual([]);
    const answered = await exchange(url, 'GET', { ...GOOD, origin: 'https://page.test' });
    expect(answered.headers).toMatchObject({ 'access-control-allow-origin': 'https://page.test', 'x-own': '1', vary: 'Origin' });
    expect(answered.headers['access-control-allow-credentials']).toBeUndefined();
    // Whoever is no page gets none of it, from the server neither.
    expect((await exchange(url, 'GET', GOOD)).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('nobody is asked for a body before the token is looked at; with it, once', async () => {
    await using server = await published((request, response) => request.pipe(response));
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n';
    const stranger = quiet(connect(server.port, LOOPBACK));
    stranger.write(`${head}\r\n`);
    expect(await readAll(stranger)).toMatch(/^HTTP\/1\.1 401/);
    const friend = quiet(connect(server.port, LOOPBACK));
    friend.write(`${head}Authorization: Bearer ${TOKEN}\r\n\r\n`);
    expect(await readUntil(friend, /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    friend.write('hello');
    expect(await readAll(friend)).toMatch(/^HTTP\/1\.1 200[^]*hello/);
  });

  it('a configuration whose token is no hash starts nothing', () => {
    const log = decisionLog(() => undefined);
    expect(() => inboundServer({ ...INBOUND, tokenSha256: '' }, LIMITS, log)).toThrow(/SHA-256/);
  });
});

describe('the way there and back', () => {
  it('events stream as they are sent', async () => {
    let out: ServerResponse | undefined;
    await using server = await published((_request, response) => {
      out = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    const client = quiet(connect(server.port, LOOPBACK));
    client.write(`GET /sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
    expect(await readUntil(client, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200[^]*text\/event-stream/);
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      out?.write(event);
      expect(await readUntil(client, /data: \d\n\n/)).toContain(event);
    }
    // The server hears of it when the client goes.
    const gone = new Promise((resolve) => out?.once('close', resolve));
    client.destroy();
    await gone;
  });

  it('large bodies pass both ways', { timeout: 60_000 }, async () => {
    await using server = await published((request, response) => request.pipe(response));
    const body = randomBytes(16 << 20);
    const answer = await ask(server.port, GOOD, body);
    expect(answer.status).toBe(200);
    expect(answer.body.equals(body)).toBe(true);
  });

  it.each([
    ['/mcp/', '/mcp/'],
    ['mcp/?a=b', 'mcp/?a=b'],
    ['http://127.0.0.1:9000/mcp/', '/mcp/'],
    ['http://localhost:9000/mcp/?a#b', '/mcp/?a#b'],
    ['http://0.0.0.0:9000/mcp/', '/mcp/'],
    ['http://LOCALHOST:8080/mcp/', '/mcp/'],
    ['/%0d%0a', '/%0d%0a'],
    ['http:evil.test', '/evil.test'],
    ['http://127.0.0.1:9000//evil.test/', '/evil.test/'],
  ])('a server may send its client to a place of its own: %s', async (location, expected) => {
    await using server = await published((_request, response) => response.writeHead(307, { location }).end());
    const answer = await exchange(`http://${LOOPBACK}:${server.port}/mcp`, 'POST', GOOD);
    expect(answer.statusCode).toBe(307);
    expect(answer.headers.location).toBe(expected);
    // What a client makes of it is the same place.
    const asked = 'http://localhost:8080/mcp';
    expect(URL.parse(expected, asked)?.host).toBe('localhost:8080');
  });

  it.each([
    'http://evil.test/',
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test/',
    '\\\\evil.test',
    '/\t/evil.test/',
    'http://127.0.0.1:22/',
    'http://127.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost:9000@evil.test/',
    'http://localhost:8080.evil.test/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'http://[',
  ])('and to no other: %j', async (location) => {
    await using server = await published(
      () => undefined,
      (socket) => socket.once('data', () => socket.end(`HTTP/1.1 307 x\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)),
    );
    const answer = await exchange(`http://${LOOPBACK}:${server.port}/mcp`, 'POST', GOOD);
    expect(answer.statusCode).toBe(502);
    expect(answer.headers.location).toBeUndefined();
    expect(server.lines).toMatchObject([
      { decision: 'denied', via: 'inbound', reason: expect.stringMatching(/elsewhere/) as string },
    ]);
  });

  it('a fetch that follows by itself is not led away, and a second Location hides nothing', async () => {
    let led = 0;
    await using elsewhere = await listening(createServer((_request, response) => response.end(String((led += 1)))));
    const away = `http://${LOOPBACK}:${elsewhere.port}/`;
    await using server = await published(
      () => undefined,
      (socket) =>
        socket.once('data', () =>
          socket.end(`HTTP/1.1 307 x\r\nLocation: /own\r\nLocation: ${away}\r\nContent-Length: 0\r\n\r\n`),
        ),
    );
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`http://${LOOPBACK}:${server.port}/mcp`, { method: 'POST', body: 'secret', headers });
    expect(answer.status).toBe(502);
    expect(led).toBe(0);
    // The control: it is one that follows.
    await using naive = await listening(createServer((_request, response) => response.writeHead(307, { location: away }).end()));
    await fetch(`http://${LOOPBACK}:${naive.port}/mcp`, { method: 'POST', body: 'secret', headers });
    expect(led).toBe(1);
  });

  it('a server does not say where its client gets a token, and 100 only once', async () => {
    await using server = await published(
      () => undefined,
      (socket) =>
        socket.once('data', () =>
          socket.end(
            `${'HTTP/1.1 100 x\r\n\r\n'.repeat(500)}HTTP/1.1 401 x\r\nWWW-Authenticate: Bearer resource_metadata="http://evil.test/"\r\n` +
              'Refresh: 0;url=http://evil.test/\r\nAlt-Svc: h2="evil.test:443"\r\nContent-Length: 0\r\n\r\n',
          ),
        ),
    );
    const client = quiet(connect(server.port, LOOPBACK));
    client.write(
      `POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n`,
    );
    const text = await readAll(client);
    expect(text).toMatch(/HTTP\/1\.1 401/);
    expect(text).not.toMatch(/evil/);
    expect(text.match(/100 Continue/g)).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['status 000', 'HTTP/1.1 000 x\r\n\r\n'],
    ['a control character in the reason', 'HTTP/1.1 200 a\x01\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['no HTTP', 'hello\r\n'],
    ['nothing', ''],
  ])('a server that answers with %s gives 502', async (_title, text) => {
    await using server = await published(
      () => undefined,
      (socket) => socket.on('error', () => undefined).once('data', () => socket.end(text, 'latin1')),
    );
    expect((await ask(server.port, GOOD)).status).toBe(502);
    await until(() => server.open.size === 0);
  });
});
