import type http from 'node:http';
import { describe, expect, it } from 'vitest';
import { LOOPBACK, silent, tcpServer, until } from './fixtures.ts';
import { asked, FOUND, httpServer, json, open, resultOf, type Exchange, type HttpServer } from './mcp-fixtures.ts';

interface Legacy extends HttpServer {
  readonly streams: Set<http.ServerResponse>;
}

interface Over {
  /** What the stream begins with. */
  readonly begin?: (text: string) => string;
  /** What is answered to a posted message; `false`: nothing out of the ordinary. */
  readonly post?: (exchange: Exchange, response: http.ServerResponse, stream: http.ServerResponse) => boolean;
}

/** A server of revision 2024-11-05: answers go to the stream, not to the request. */
async function legacy(endpoint: string, { begin = (text) => text, post = () => false }: Over = {}): Promise<Legacy> {
  const streams = new Set<http.ServerResponse>();
  let stream: http.ServerResponse | undefined;
  const server = await httpServer((exchange, response) => {
    const { method, url, message } = exchange;
    if (method === 'GET') {
      stream = response;
      streams.add(response);
      response.on('close', () => streams.delete(response));
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(begin(`event: endpoint\r\ndata: ${endpoint}\r\n\r\n`));
      return;
    }
    if (stream === undefined || url === '/mcp') return void response.writeHead(404).end();
    if (post(exchange, response, stream)) return;
    response.writeHead(202).end('Accepted');
    const result = resultOf(message);
    if (result !== undefined) stream.write(`event: message\ndata: ${JSON.stringify(result)}\n\n`);
  });
  return { ...server, streams };
}

const SSE = { request: '/sse' };

describe('a session over HTTP with SSE', () => {
  it('opens where the stream says, and lists', async () => {
    await using server = await legacy('/messages?id=7');
    expect(await open(server.port, SSE)).toMatchObject(FOUND);
    expect(asked(server)).toEqual([
      'GET /sse',
      'POST /messages?id=7 initialize',
      'POST /messages?id=7 notifications/initialized',
      'POST /messages?id=7 tools/list',
    ]);
    expect(server.exchanges[1]?.message?.params).toMatchObject({ protocolVersion: '2024-11-05' });
    await until(() => server.streams.size === 0);
  });
  it('is found where nothing else is', async () => {
    await using server = await legacy('/messages');
    expect(await open(server.port)).toMatchObject({ ...FOUND, detail: 'at /sse' });
    expect(asked(server).slice(0, 2)).toEqual(['POST /mcp initialize', 'GET /sse']);
  });
  it('is found at a path that says nothing about its transport', async () => {
    await using server = await httpServer(({ method }, response) =>
      method === 'POST'
        ? response.writeHead(405).end()
        : response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('event: endpoint\ndata: /m\n\n'),
    );
    await open(server.port, { request: '/servers/box' });
    expect(asked(server).slice(0, 3)).toEqual(['POST /servers/box initialize', 'GET /servers/box', 'POST /m initialize']);
  });
  it('calls a tool', async () => {
    await using server = await legacy('/messages');
    expect((await open(server.port, { ...SSE, call: { tool: 'b' } })).peer?.called).toEqual({ tool: 'b', result: 'answered' });
  });
  it('follows to no other server', async () => {
    await using elsewhere = await tcpServer(silent);
    await using server = await legacy(`http://${LOOPBACK}:${elsewhere.port}/messages`);
    expect(await open(server.port, SSE)).toMatchObject(FOUND);
    expect(elsewhere.accepted()).toBe(0);
  });
  it.each([
    ['no URL', 'http://['],
    ['longer than any path', `/${'x'.repeat(5000)}`],
  ])('survives an endpoint that is %s', async (_, endpoint) => {
    await using server = await legacy(endpoint);
    expect(await open(server.port, SSE)).toMatchObject({ outcome: 'other-protocol', detail: 'no usable endpoint' });
    expect(server.exchanges).toHaveLength(1);
    await until(() => server.streams.size === 0);
  });
  it('is asked for credentials', async () => {
    await using server = await httpServer((_, response) => response.writeHead(401).end());
    expect(await open(server.port, SSE)).toMatchObject({ outcome: 'unauthorized', detail: 'HTTP 401' });
  });
  it('is asked for credentials only when it speaks', async () => {
    await using server = await legacy('/messages', { post: (_, response) => (response.writeHead(403).end(), true) });
    const result = await open(server.port, SSE);
    expect(result).toMatchObject({ outcome: 'unauthorized', detail: 'HTTP 403' });
    expect(result.elapsedMs).toBeLessThan(1500);
    await until(() => server.streams.size === 0);
  });
  it('stays found when its tools are not taken', async () => {
    await using server = await legacy('/messages', {
      post: ({ message }, response) => message?.method === 'tools/list' && (response.writeHead(500).end(), true),
    });
    const result = await open(server.port, { ...SSE, call: { tool: 'b' } });
    expect(result).toMatchObject({ outcome: 'connected', peer: { called: { tool: 'b', result: 'no-answer' } } });
    expect(result.peer?.tools).toBeUndefined();
    await until(() => server.streams.size === 0);
  });
  it('is none before the answer to its own question', async () => {
    await using server = await legacy('/messages', {
      post: ({ message }, response, stream) => {
        json(response, undefined);
        stream.write(`data: ${JSON.stringify({ ...resultOf({ ...message, id: 77 }), id: 77 })}\n\n`);
        stream.end();
        return true;
      },
    });
    expect(await open(server.port, SSE)).toMatchObject({ outcome: 'other-protocol', detail: 'no MCP answer' });
  });
  it('may be slow: an endpoint that is named and does not answer is no other protocol', async () => {
    await using server = await legacy('/messages', { post: (_, response) => (json(response, undefined), true) });
    const result = await open(server.port, SSE);
    expect(result).toMatchObject({ outcome: 'timeout', phase: 'mcp' });
    expect(result.elapsedMs).toBeLessThan(8000);
    await until(() => server.streams.size === 0);
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
    const result = await open(server.port, SSE);
    expect(result).toMatchObject({ outcome: 'other-protocol', phase: 'mcp' });
    expect(result.elapsedMs).toBeLessThan(2500);
  });
  it('ends when nothing more comes', async () => {
    await using server = await legacy('/messages', { begin: () => ': nothing\n\n' });
    const result = await open(server.port, SSE);
    expect(result).toMatchObject({ outcome: 'other-protocol', detail: 'an event stream without an MCP endpoint' });
    expect(result.elapsedMs).toBeLessThan(5500);
    await until(() => server.streams.size === 0);
  });
});
