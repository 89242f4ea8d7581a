import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LOOPBACK, make, silent, tcpServer, until } from './fixtures.ts';

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly message: { readonly id?: number; readonly method?: string; readonly params?: Record<string, unknown> } | undefined;
}

interface HttpServer extends AsyncDisposable {
  readonly port: number;
  readonly exchanges: Exchange[];
}

async function httpServer(
  answer: (exchange: Exchange, response: http.ServerResponse, request: http.IncomingMessage) => void,
): Promise<HttpServer> {
  const exchanges: Exchange[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    response.on('error', () => undefined);
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const message = body === '' ? undefined : (JSON.parse(body) as Exchange['message']);
      const exchange = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, message };
      exchanges.push(exchange);
      answer(exchange, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen({ host: LOOPBACK, port: 0 }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const INFO = { protocolVersion: '2025-03-26', capabilities: {}, serverInfo: { name: 'box', version: '1.2' } };

function resultOf(message: Exchange['message']): object | undefined {
  if (message?.method === 'initialize') return { jsonrpc: '2.0', id: message.id, result: INFO };
  if (message?.method === 'tools/list')
    return { jsonrpc: '2.0', id: message.id, result: { tools: [{ name: 'a' }, { name: 'b' }] } };
  return undefined;
}

function json(response: http.ServerResponse, value: object | undefined, headers: http.OutgoingHttpHeaders = {}): void {
  if (value === undefined) response.writeHead(202).end();
  else response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
}

const open = (port: number, request?: string) => make({ kind: 'mcp', port, ...(request === undefined ? {} : { request }) }, 500);
const FOUND = { outcome: 'connected', phase: 'mcp', peer: { service: 'box 1.2', tools: 2 }, address: LOOPBACK };

describe('a session over streamable HTTP', () => {
  it('opens, lists and needs no session id', async () => {
    await using server = await httpServer(({ message }, response) => json(response, resultOf(message)));
    expect(await open(server.port)).toMatchObject(FOUND);
    expect(server.exchanges.map(({ method, message }) => `${method} ${message?.method}`)).toEqual([
      'POST initialize',
      'POST notifications/initialized',
      'POST tools/list',
    ]);
    const [first, , last] = server.exchanges;
    expect(first).toMatchObject({
      url: '/mcp',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    });
    expect(first?.headers['mcp-protocol-version']).toBeUndefined();
    // The version that the server chose.
    expect(last?.headers['mcp-protocol-version']).toBe('2025-03-26');
  });
  it('keeps to the session that it was given, and closes it', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, resultOf(message), { 'Mcp-Session-Id': 's-1' }),
    );
    expect(await open(server.port, '/other')).toMatchObject(FOUND);
    expect(server.exchanges.map(({ method, headers }) => [method, headers['mcp-session-id']])).toEqual([
      ['POST', undefined],
      ['POST', 's-1'],
      ['POST', 's-1'],
      ['DELETE', 's-1'],
    ]);
    expect(new Set(server.exchanges.map(({ url }) => url))).toEqual(new Set(['/other']));
  });
  it('reads event streams that stay open, and answers after questions of the server', async () => {
    await using server = await httpServer(({ message }, response) => {
      const result = resultOf(message);
      if (result === undefined) return json(response, undefined);
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
      response.write(': hello\r\n\r\nid: 1\r\ndata:\r\n\r\n');
      // A question with the same number, as both sides count from one.
      response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: message?.id, method: 'ping' })}\n\n`);
      const text = `event: message\ndata: ${JSON.stringify(result)}\n\n`;
      response.write(text.slice(0, 20));
      setTimeout(() => response.write(text.slice(20)), 20);
    });
    const result = await open(server.port);
    expect(result).toMatchObject(FOUND);
    expect(result.elapsedMs).toBeLessThan(1500);
  });
  it.each([401, 403])('is asked for credentials: %i', async (status) => {
    await using server = await httpServer((_, response) => response.writeHead(status).end('no'));
    expect(await open(server.port)).toMatchObject({ outcome: 'unauthorized', detail: `HTTP ${status}` });
    expect(server.exchanges).toHaveLength(1);
  });
  it('stays found when its tools are refused', async () => {
    await using server = await httpServer(({ message }, response) =>
      message?.method === 'tools/list' ? response.writeHead(401).end() : json(response, resultOf(message)),
    );
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'connected', peer: { service: 'box 1.2' } });
    // Not zero: nobody counted.
    expect(result.peer?.tools).toBeUndefined();
  });
  it.each<[string, (response: http.ServerResponse) => void]>([
    ['a web page', (response) => response.writeHead(404, { 'Content-Type': 'text/html' }).end('<p>')],
    ['JSON of another kind', (response) => json(response, { status: 'ok' })],
    ['an answer to another question', (response) => json(response, { jsonrpc: '2.0', id: 77, result: INFO })],
    ['an error', (response) => json(response, { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } })],
    ['JSON too deep to read', (response) => response.writeHead(200).end('['.repeat(500_000))],
    ['more JSON than a session needs', (response) => response.writeHead(200).end(`{"x":"${'y'.repeat(3 << 20)}"}`)],
  ])('finds another protocol in %s', async (_, answer) => {
    await using server = await httpServer((__, response) => answer(response));
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'other-protocol', phase: 'mcp' });
    expect(result.elapsedMs).toBeLessThan(1500);
  });
  it('does not mind a wrong content type', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, resultOf(message), resultOf(message) ? { 'Content-Type': 'text/html' } : {}),
    );
    expect(await open(server.port)).toMatchObject(FOUND);
  });
  it('cuts the name that a server gives itself', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, {
        jsonrpc: '2.0',
        id: message?.id,
        result: { ...INFO, protocolVersion: '1\r\nX: y', serverInfo: { name: 'x'.repeat(5000) } },
      }),
    );
    expect((await open(server.port)).peer?.service).toBe('x'.repeat(200));
    expect(server.exchanges.at(-1)?.headers['mcp-protocol-version']).toBe('2025-06-18');
  });
  it.each<[string, (response: http.ServerResponse) => void]>([
    ['says nothing', () => undefined],
    ['stops after its headers', (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()],
    ['breaks off', (response) => void (response.write('{'), setTimeout(() => response.destroy(), 20))],
    ['hangs up', (response) => void response.destroy()],
    [
      'never stops an event stream',
      (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        const pour = (): void =>
          void (!response.destroyed && response.write(`data: ${'x'.repeat(1000)}\n\n`, () => setImmediate(pour)));
        pour();
      },
    ],
    [
      'never ends a line, in small pieces',
      (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        const pour = (): void => void (!response.destroyed && response.write('data: x', () => setImmediate(pour)));
        pour();
      },
    ],
  ])('ends when the server %s', async (_, answer) => {
    await using server = await httpServer((__, response) => answer(response));
    const result = await open(server.port);
    expect(result.outcome).toBe('other-protocol');
    expect(result.elapsedMs).toBeLessThan(8000);
  });
  it.each([
    ['is silent below HTTP', silent],
    ['speaks something else', (socket: Socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n'))],
    [
      'switches protocols unasked',
      (socket: Socket) =>
        socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')),
    ],
    [
      'says nothing but "continue"',
      (socket: Socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 5);
        socket.resume().on('close', () => clearInterval(timer));
      },
    ],
    [
      'has headers without end',
      (socket: Socket) => socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(50_000)}`)),
    ],
  ])('ends when the server %s', async (_, serve) => {
    await using server = await tcpServer(serve);
    const result = await open(server.port);
    expect(result.outcome).toBe('other-protocol');
    expect(result.elapsedMs).toBeLessThan(3500);
    await until(() => server.open.size === 0);
  });
  it('opens one at a server made with the SDK', async () => {
    await using server = await sdkServer();
    expect(await open(server.port)).toMatchObject({ outcome: 'connected', peer: { service: 'sdk 3.1', tools: 1 } });
    await until(() => server.closed() === 1);
  });
});

describe('a session over HTTP with SSE', () => {
  /** A server of revision 2024-11-05: answers go to the stream, not to the request. */
  async function legacy(endpoint: string, over: (text: string) => string = (text) => text): Promise<HttpServer> {
    let stream: http.ServerResponse | undefined;
    return httpServer(({ method, message }, response) => {
      if (method === 'GET') {
        stream = response;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(over(`event: endpoint\r\ndata: ${endpoint}\r\n\r\n`));
        return;
      }
      response.writeHead(202).end('Accepted');
      const result = resultOf(message);
      if (result !== undefined) stream?.write(`event: message\ndata: ${JSON.stringify(result)}\n\n`);
    });
  }

  it('opens where the stream says, and lists', async () => {
    await using server = await legacy('/messages?id=7');
    expect(await open(server.port, '/sse')).toMatchObject(FOUND);
    expect(server.exchanges.map(({ method, url, message }) => `${method} ${url} ${message?.method}`)).toEqual([
      'GET /sse undefined',
      'POST /messages?id=7 initialize',
      'POST /messages?id=7 notifications/initialized',
      'POST /messages?id=7 tools/list',
    ]);
  });
  it('follows to no other server', async () => {
    await using elsewhere = await tcpServer(silent);
    await using server = await legacy(`http://${LOOPBACK}:${elsewhere.port}/messages`);
    expect(await open(server.port, '/sse')).toMatchObject(FOUND);
    expect(elsewhere.accepted()).toBe(0);
  });
  it.each([
    ['no URL', 'http://['],
    ['longer than any path', `/${'x'.repeat(5000)}`],
  ])('survives an endpoint that is %s', async (_, endpoint) => {
    await using server = await legacy(endpoint);
    expect(await open(server.port, '/sse')).toMatchObject({ outcome: 'other-protocol', detail: 'no usable endpoint' });
    expect(server.exchanges).toHaveLength(1);
  });
  it('is asked for credentials', async () => {
    await using server = await httpServer((_, response) => response.writeHead(401).end());
    expect(await open(server.port, '/sse')).toMatchObject({ outcome: 'unauthorized' });
  });
  it.each<[string, (response: http.ServerResponse) => void]>([
    ['is a web server', (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>')],
    ['ends the stream', (response) => response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end()],
    [
      'breaks off',
      (response) =>
        void (response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(':'),
        setTimeout(() => response.destroy(), 20)),
    ],
    [
      'never stops',
      (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        const pour = (): void => void (!response.destroyed && response.write('x'.repeat(10_000), () => setImmediate(pour)));
        pour();
      },
    ],
  ])('finds another protocol when the server %s', async (_, answer) => {
    await using server = await httpServer((__, response) => answer(response));
    const result = await open(server.port, '/sse');
    expect(result).toMatchObject({ outcome: 'other-protocol', phase: 'mcp' });
    expect(result.elapsedMs).toBeLessThan(2500);
  });
  it('ends when nothing more comes', async () => {
    await using server = await legacy('/messages', () => ': nothing\n\n');
    const result = await open(server.port, '/sse');
    expect(result).toMatchObject({ outcome: 'other-protocol', detail: 'no MCP answer' });
    expect(result.elapsedMs).toBeLessThan(5500);
  });
  it('opens one at a server made with the SDK', async () => {
    await using server = await sdkServer();
    expect(await open(server.port, '/sse')).toMatchObject({ outcome: 'connected', peer: { service: 'sdk 3.1', tools: 1 } });
  });
});

/** The reference implementation, with both transports. */
async function sdkServer(): Promise<{ readonly port: number; readonly closed: () => number } & AsyncDisposable> {
  let closed = 0;
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const streams = new Map<string, SSEServerTransport>();
  const made = (): McpServer => {
    const server = new McpServer({ name: 'sdk', version: '3.1' });
    server.registerTool('look', { description: 'looks' }, () => ({ content: [] }));
    return server;
  };
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://server.invalid');
    if (url.pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', response);
      streams.set(transport.sessionId, transport);
      return made().connect(transport);
    }
    if (url.pathname === '/messages') {
      return streams.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response);
    }
    let transport = sessions.get(String(request.headers['mcp-session-id']));
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void (transport && sessions.set(id, transport)),
        onsessionclosed: () => void (closed += 1),
      });
      // The SDK's own types disagree under exactOptionalPropertyTypes.
      await made().connect(transport as unknown as Parameters<McpServer['connect']>[0]);
    }
    return transport.handleRequest(request, response);
  };
  const server = http.createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen({ host: LOOPBACK, port: 0 }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    closed: () => closed,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
