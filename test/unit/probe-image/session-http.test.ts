import { describe, expect, it } from 'vitest';
import { asked, fault, FOUND, httpServer, INFO, json, open, reply, resultOf } from './mcp-fixtures.ts';

describe('a session over streamable HTTP', () => {
  it('opens, lists and needs no session id', async () => {
    await using server = await httpServer(({ message }, response) => json(response, resultOf(message)));
    expect(await open(server.port)).toMatchObject({ ...FOUND, detail: 'at /mcp' });
    expect(asked(server)).toEqual(['POST /mcp initialize', 'POST /mcp notifications/initialized', 'POST /mcp tools/list']);
    const [first, , last] = server.exchanges;
    expect(first).toMatchObject({
      url: '/mcp',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      message: { params: { protocolVersion: '2025-06-18' } },
    });
    expect(first?.headers['mcp-protocol-version']).toBeUndefined();
    expect(first?.headers.origin).toBeUndefined();
    // The version that the server chose.
    expect(last?.headers['mcp-protocol-version']).toBe('2025-03-26');
  });
  it('keeps to the session that it was given, and closes it', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, resultOf(message), { 'Mcp-Session-Id': 's-1' }),
    );
    expect(await open(server.port, { request: '/other' })).toMatchObject(FOUND);
    expect(server.exchanges.map(({ method, headers }) => [method, headers['mcp-session-id']])).toEqual([
      ['POST', undefined],
      ['POST', 's-1'],
      ['POST', 's-1'],
      ['DELETE', 's-1'],
    ]);
    expect(new Set(server.exchanges.map(({ url }) => url))).toEqual(new Set(['/other']));
  });
  it.each<[string, object]>([
    ['an error', fault({ id: 1 }, -32000)],
    ['nothing that can be read', { hello: 'there' }],
  ])('closes a session that came with %s', async (_, value) => {
    await using server = await httpServer(({ method, url }, response) =>
      method === 'POST' && url === '/mcp' ? json(response, value, { 'Mcp-Session-Id': 's-2' }) : response.writeHead(404).end(),
    );
    expect(await open(server.port)).toMatchObject({ outcome: 'other-protocol', detail: 'HTTP 200' });
    const deleted = server.exchanges.filter(({ method }) => method === 'DELETE');
    expect(deleted.map(({ headers }) => headers['mcp-session-id'])).toEqual(['s-2']);
  });
  it('closes a session whose tools never come', async () => {
    await using server = await httpServer(({ message, method }, response) => {
      if (message?.method === 'tools/list') return void response.destroy();
      json(response, resultOf(message), method === 'POST' ? { 'Mcp-Session-Id': 's-3' } : {});
    });
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'connected', peer: { service: 'box 1.2' } });
    expect(result.peer?.tools).toBeUndefined();
    expect(server.exchanges.at(-1)).toMatchObject({ method: 'DELETE', headers: { 'mcp-session-id': 's-3' } });
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
  it('takes an answer out of a batch', async () => {
    await using server = await httpServer(({ message }, response) => {
      const result = resultOf(message);
      json(response, result === undefined ? undefined : [{ jsonrpc: '2.0', method: 'notifications/message' }, result]);
    });
    expect(await open(server.port)).toMatchObject(FOUND);
  });
  it('counts the tools of a list in parts, and not for ever', async () => {
    await using server = await httpServer(({ message }, response) => {
      if (message?.method !== 'tools/list') return json(response, resultOf(message));
      const { cursor = '' } = (message.params ?? {}) as { readonly cursor?: string };
      json(response, reply(message, { tools: [{ name: 'x' }], nextCursor: `${cursor}+` }));
    });
    expect((await open(server.port)).peer?.tools).toBe(8);
    expect(server.exchanges.map(({ message }) => message?.params?.['cursor']).slice(2, 5)).toEqual([undefined, '+', '++']);
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
  it('does not mind a wrong content type', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, resultOf(message), resultOf(message) ? { 'Content-Type': 'text/html' } : {}),
    );
    expect(await open(server.port)).toMatchObject(FOUND);
  });
  it('needs no name of a server', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, message?.method === 'initialize' ? reply(message, { protocolVersion: '2025-11-25' }) : resultOf(message)),
    );
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome: 'connected', peer: { tools: 2, revision: '2025-11-25' } });
    expect(result.peer?.service).toBeUndefined();
  });
  it('cuts the name that a server gives itself', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, reply(message, { ...INFO, protocolVersion: '1\r\nX: y', serverInfo: { name: 'x'.repeat(5000) } })),
    );
    expect((await open(server.port)).peer).toMatchObject({ service: 'x'.repeat(200), revision: '2025-06-18' });
    expect(server.exchanges.at(-1)?.headers['mcp-protocol-version']).toBe('2025-06-18');
  });
});
