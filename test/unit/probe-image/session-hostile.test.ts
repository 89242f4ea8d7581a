import fc from 'fast-check';
import type http from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { silent, tcpServer, until } from './fixtures.ts';
import { FOUND, httpServer, INFO, json, open, reply, resultOf, type Exchange } from './mcp-fixtures.ts';

/** What a probe reads of one attempt at most, with what lies in the buffers of sockets: a few answers of a mebibyte. */
const MUCH = 32 << 20;
/** Far below the time after which an attempt is given up, which is no finding about the peer. */
const LONG_MS = 14_000;

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

function raw(text: string) {
  return (socket: Socket): void => void socket.once('data', () => socket.write(text));
}

function drip(text: string, of = 'x') {
  return (socket: Socket): void => {
    socket.once('data', () => {
      socket.write(text);
      const timer = setInterval(() => socket.write(of), 5);
      socket.on('close', () => clearInterval(timer));
    });
  };
}

describe('who takes a connection and gives no answer is slow or no server, and never a session', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['is silent', silent],
    ['stops within its headers', raw('HTTP/1.1 200 OK\r\nX: ')],
    ['stops after its headers', raw(`${HEAD}Content-Length: 9\r\n\r\n`)],
    ['drips its headers', drip('HTTP/1.1 200 OK\r\nX: ')],
    ['drips its body', drip(`${HEAD}\r\n`)],
    ['drips an event', drip('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n', 'd')],
    ['says nothing but "continue"', drip('', 'HTTP/1.1 100 Continue\r\n\r\n')],
    ['answers less than it announces', raw(`${HEAD}Content-Length: 99999\r\n\r\n{"jsonrpc":"2.0"`)],
  ])('when it %s', async (_, serve) => {
    await using server = await tcpServer(serve);
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'timeout', phase: 'mcp', detail: 'no MCP answer in time', tries: 1 });
    expect(result.peer).toBeUndefined();
    expect(result.elapsedMs).toBeLessThan(LONG_MS);
    await until(() => server.open.size === 0);
  });
});

describe('other protocols', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['speaks something else', (socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n'))],
    ['speaks first', (socket) => void socket.resume().write('220 ready\r\n')],
    ['switches protocols unasked', raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')],
    ['has headers without end', raw(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(50_000)}`)],
    ['hangs up', (socket) => void socket.once('data', () => socket.end())],
    ['resets', (socket) => void socket.once('data', () => socket.resetAndDestroy())],
    [
      'answers more than it announces',
      raw(`${HEAD}Content-Length: 2\r\n\r\n{}${JSON.stringify(resultOf({ id: 1, method: 'initialize' }))}`),
    ],
    ['announces two lengths', raw(`${HEAD}Content-Length: 2\r\nContent-Length: 900\r\n\r\n{}`)],
    ['announces a length that is none', raw(`${HEAD}Content-Length: -1\r\n\r\n{}`)],
    ['breaks its chunks', raw(`${HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}`)],
  ])('when the server %s', async (_, serve) => {
    await using server = await tcpServer(serve);
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'other-protocol', phase: 'mcp' });
    expect(result.peer).toBeUndefined();
    expect(result.elapsedMs).toBeLessThan(LONG_MS);
    await until(() => server.open.size === 0);
  });
  const nest = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  it.each<[string, (response: http.ServerResponse, message: Exchange['message']) => void]>([
    ['a web page', (response) => response.writeHead(404, { 'Content-Type': 'text/html' }).end('<p>')],
    [
      'a block page that says that all is well',
      (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Blocked'),
    ],
    ['a proxy that wants a login', (response) => response.writeHead(407).end()],
    ['a proxy that reaches nobody', (response) => response.writeHead(502).end('<p>')],
    ['JSON of another kind', (response) => json(response, { status: 'ok' })],
    ['our own words', (response, message) => json(response, message)],
    ['an answer to another question', (response) => json(response, { jsonrpc: '2.0', id: 77, result: INFO })],
    ['an answer to the same number as a text', (response) => json(response, { jsonrpc: '2.0', id: '1', result: INFO })],
    ['an answer to no question', (response) => json(response, { jsonrpc: '2.0', method: 'initialize', params: INFO })],
    ['an error', (response) => json(response, { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } })],
    [
      'a name that is inherited',
      (response) => response.writeHead(200).end('{"id":1,"result":{"__proto__":{"protocolVersion":"x"}}}'),
    ],
    ['JSON that never closes', (response) => response.writeHead(200).end('['.repeat(500_000))],
    ['JSON that is deep', (response) => response.writeHead(200).end(nest(400_000))],
    ['a deep result', (response) => response.writeHead(200).end(`{"id":1,"result":${nest(400_000)}}`)],
    [
      'a deep event',
      (response) =>
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(`data: {"id":1,"result":${nest(400_000)}}\n\n`),
    ],
    ['more JSON than a session needs', (response) => response.writeHead(200).end(`{"x":"${'y'.repeat(3 << 20)}"}`)],
    [
      'what claims to be compressed',
      (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(JSON.stringify({ x: 1 })),
    ],
  ])('such as %s', async (_, answer) => {
    await using server = await httpServer(({ message }, response) => answer(response, message));
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'other-protocol', phase: 'mcp' });
    expect(result.peer).toBeUndefined();
  });
  it.each<[string, string]>([
    ['whole events', `data: ${'x'.repeat(1000)}\n\n`],
    ['a line without end', `data: ${'x'.repeat(1000)}`],
    ['empty lines', '\n'.repeat(1000)],
    ['messages of others', `data: {"jsonrpc":"2.0","id":9,"result":{"protocolVersion":"x"}}\n\n`.repeat(20)],
  ])('such as a stream without end of %s, of which little is read', async (_, piece) => {
    let poured = 0;
    await using server = await httpServer((__, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const pour = (): void => {
        if (response.destroyed) return;
        poured += piece.length;
        response.write(piece, () => setImmediate(pour));
      };
      pour();
    });
    const result = await open(server.port);
    expect(result.outcome).toMatch(/^(other-protocol|timeout)$/);
    expect(result.elapsedMs).toBeLessThan(LONG_MS);
    expect(poured).toBeLessThan(MUCH);
  });
});

describe('a session with a hostile server', () => {
  it('is one, though its list of tools is without end', async () => {
    let poured = 0;
    await using server = await httpServer(({ message }, response) => {
      if (message?.method !== 'tools/list') return json(response, resultOf(message), { 'Mcp-Session-Id': 's' });
      response.writeHead(200).write('{"jsonrpc":"2.0","id":2,"result":{"tools":[');
      const pour = (): void => {
        if (response.destroyed) return;
        poured += 10_000;
        response.write('{"name":"x"},'.repeat(1000), () => setImmediate(pour));
      };
      pour();
    });
    const result = await open(server.port, { call: { readOnly: true } });
    expect(result).toMatchObject({ outcome: 'connected', peer: { service: 'box 1.2', called: { result: 'no-answer' } } });
    expect(result.peer?.tools).toBeUndefined();
    expect(poured).toBeLessThan(MUCH);
    expect(server.exchanges.at(-1)?.method).toBe('DELETE');
  });
  it('counts many tools', async () => {
    const tools = Array.from({ length: 20_000 }, () => ({ name: 'x' }));
    await using server = await httpServer(({ message }, response) => json(response, resultOf(message, tools)));
    expect((await open(server.port)).peer?.tools).toBe(20_000);
  });
  it.each<[string, unknown]>([
    ['no list', 'many'],
    ['a list of nothing', [null, 1, [], {}, { name: {} }, { name: '' }]],
    ['names that are inherited', [JSON.parse('{"__proto__":{"name":"look","annotations":{"readOnlyHint":true}}}')]],
  ])('survives tools that are %s, and calls none', async (_, tools) => {
    await using server = await httpServer(({ message }, response) =>
      json(response, message?.method === 'tools/list' ? reply(message, { tools }) : resultOf(message)),
    );
    const result = await open(server.port, { call: { readOnly: true } });
    expect(result.outcome).toBe('connected');
    expect(server.exchanges.some(({ message }) => message?.method === 'tools/call')).toBe(false);
  });
  it('ends in time when every exchange but the first is drawn out', async () => {
    await using server = await httpServer(({ message }, response) => {
      if (message?.method === 'initialize') return json(response, resultOf(message), { 'Mcp-Session-Id': 's' });
    });
    const result = await open(server.port, { call: { tool: 'x' } });
    expect(result).toMatchObject({ outcome: 'connected', peer: { called: { tool: 'x', result: 'no-answer' } } });
    expect(result.elapsedMs).toBeLessThan(LONG_MS);
    expect(server.exchanges.at(-1)?.method).toBe('DELETE');
  });
  it('ends in time when each part of a list takes as long as it may', async () => {
    await using server = await httpServer(({ message }, response) => {
      if (message?.method !== 'tools/list') return json(response, resultOf(message), { 'Mcp-Session-Id': 's' });
      setTimeout(() => json(response, reply(message, { tools: [{ name: 'a' }], nextCursor: 'n' })), 1800);
    });
    const result = await open(server.port, { call: { tool: 'x' } });
    expect(result).toMatchObject({ outcome: 'connected', peer: { called: { tool: 'x', result: 'no-answer' } } });
    expect(result.elapsedMs).toBeLessThan(LONG_MS + 500);
    expect(server.exchanges.at(-1)?.method).toBe('DELETE');
  });
});

describe('any answer at all', () => {
  const odd = fc.oneof(fc.constant(undefined), fc.jsonValue(), fc.constantFrom('2025-06-18', 'box', 1, '1', null, {}));
  const message = fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', 2),
      id: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.constantFrom('1', 2, null)),
      result: fc.oneof(
        odd,
        fc.record({ protocolVersion: odd, serverInfo: fc.oneof(odd, fc.record({ name: odd, version: odd })) }),
      ),
      error: fc.oneof(
        odd,
        fc.record({ code: fc.oneof(fc.constant(-32022), odd), data: fc.oneof(odd, fc.record({ supported: odd })) }),
      ),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    message.map((value) => ({ value, text: JSON.stringify(value) })),
    fc.string({ unit: 'binary' }).map((text) => ({ value: undefined, text })),
    fc.jsonValue().map((value) => ({ value: undefined, text: JSON.stringify(value) })),
  );
  const status = fc.constantFrom(200, 202, 204, 302, 307, 400, 401, 403, 404, 421, 500, 599);
  const type = fc.constantFrom('application/json', 'text/html', 'text/event-stream', 'x');

  it('is a session when it greets, and nothing worse than another protocol when not', async () => {
    const current: { status: number; type: string; text: string } = { status: 200, type: '', text: '' };
    await using server = await httpServer((_, response) =>
      response
        .writeHead(current.status, { 'Content-Type': current.type, Location: '/mcp/' })
        .end(current.type === 'text/event-stream' ? `data: ${current.text}\n\n` : current.text),
    );
    await fc.assert(
      fc.asyncProperty(status, type, body, async (code, kind, { value, text }) => {
        Object.assign(current, { status: code, type: kind, text });
        const { outcome, phase, peer } = await open(server.port, { call: { readOnly: true } });
        const result = value?.id === 1 ? (value.result as typeof INFO | null | undefined) : undefined;
        const greets = typeof result?.protocolVersion === 'string' || typeof result?.serverInfo?.name === 'string';
        const refused = code === 401 || code === 403;
        // No body goes with it.
        const expected = refused ? 'unauthorized' : greets && code !== 204 ? FOUND.outcome : 'other-protocol';
        expect([outcome, phase]).toEqual([expected, 'mcp']);
        expect(peer?.called?.tool).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });
});
