import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, vi } from 'vitest';
import { LOOPBACK, until } from './fixtures.ts';
import { FOUND, httpServer, INFO, json, open, reply, resultOf, type Exchange } from './mcp-fixtures.ts';
import { handler, sessionless, sse, streamable, streamable2, type Official } from './mcp-official.ts';

/** What the official client sees. */
async function official(port: number, kind: 'http' | 'sse') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(`http://${LOOPBACK}:${port}/sse`))
      : new StreamableHTTPClientTransport(new URL(`http://${LOOPBACK}:${port}/mcp`));
  try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    const { name, version } = client.getServerVersion() ?? {};
    if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession();
    return { service: `${name} ${version}`, tools: tools.length };
  } finally {
    await client.close();
  }
}

const SERVERS: readonly (readonly [string, () => Promise<Official>, string, 'http' | 'sse', number])[] = [
  ['1.x, streamable HTTP', streamable, '2025-06-18', 'http', 1],
  ['1.x, streamable HTTP that answers in JSON', async () => streamable({ enableJsonResponse: true }), '2025-06-18', 'http', 1],
  ['1.x, streamable HTTP without sessions', sessionless, '2025-06-18', 'http', 0],
  ['1.x, HTTP with SSE', sse, '2024-11-05', 'sse', 1],
  ['2.x, streamable HTTP', streamable2, '2025-06-18', 'http', 1],
  ['2.x, old revisions and new', handler, '2025-06-18', 'http', 0],
  ['2.x, the stateless revision alone', async () => handler({ legacy: 'reject' }), '2026-07-28', 'http', 0],
];

describe.each(SERVERS)('a server of package %s', (_, start, revision, kind, sessions) => {
  it('is seen as the official client sees it, and its session is closed', async () => {
    await using server = await start();
    const seen = await open(server.port, { call: { readOnly: true } });
    expect(seen).toMatchObject({ outcome: 'connected', phase: 'mcp' });
    expect(seen.peer).toEqual({
      ...(await official(server.port, kind)),
      revision,
      called: { tool: 'look', result: 'answered' },
    });
    expect(server.calls).toEqual(['look']);
    // Ours and the official client's.
    expect(server.opened()).toBe(sessions * 2);
    await until(() => server.left() === 0);
  });
  it('is called by nobody who was not told to', async () => {
    await using server = await start();
    expect((await open(server.port)).peer?.called).toBeUndefined();
    expect(server.calls).toEqual([]);
    await until(() => server.left() === 0);
  });
  it('offers no other tool than it lists', async () => {
    await using server = await start();
    const seen = await open(server.port, { call: { tool: 'none' } });
    expect(seen.peer?.called).toEqual({ tool: 'none', result: 'not-offered' });
    expect(server.calls).toEqual([]);
    await until(() => server.left() === 0);
  });
});

describe('a server that checks names', () => {
  it.each<[string, object, object]>([
    ['its own', {}, { outcome: 'connected' }],
    ['a foreign Host', { authority: 'rebound.test' }, { outcome: 'unauthorized', detail: 'HTTP 403' }],
    ['a foreign Origin', { origin: 'http://page.test' }, { outcome: 'unauthorized', detail: 'HTTP 403' }],
  ])('of package 1.x: %s', async (_, over, expected) => {
    // What it listens on is known only then.
    const allowed: string[] = [];
    await using server = await streamable({
      enableDnsRebindingProtection: true,
      allowedHosts: allowed,
      allowedOrigins: ['http://own.test'],
    });
    allowed.push(`${LOOPBACK}:${server.port}`);
    expect(await open(server.port, over)).toMatchObject(expected);
    expect(server.left()).toBe(0);
  });
  it.each<[string, object, object]>([
    ['its own', {}, { outcome: 'connected' }],
    ['a foreign Host', { authority: 'rebound.test:80' }, { outcome: 'unauthorized', detail: 'HTTP 403' }],
    ['a foreign Origin', { origin: 'http://page.test' }, { outcome: 'unauthorized', detail: 'HTTP 403' }],
  ])('of package 2.x: %s', async (_, over, expected) => {
    await using server = await handler({ allowed: [LOOPBACK] });
    expect(await open(server.port, over)).toMatchObject(expected);
  });
});

describe('calls of named tools', () => {
  it('tells a tool that fails from one that answers', async () => {
    await using server = await streamable();
    expect((await open(server.port, { call: { tool: 'fail' } })).peer?.called).toEqual({ tool: 'fail', result: 'tool-error' });
    await until(() => server.left() === 0);
  });
  it('names a tool in a header whatever it is called', async () => {
    const name = 'sieh nach ☂';
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await using server = await handler({ legacy: 'reject', more: [name] });
    expect((await open(server.port, { call: { tool: name } })).peer?.called).toEqual({ tool: name, result: 'answered' });
    expect(server.calls).toEqual([name]);
    warned.mockRestore();
  });
});

/** Why the probe has a client of its own: these are sessions, and the official client says that there is none. */
describe('what the official client takes for no session, or for none whose tools can be listed', () => {
  const able = { ...INFO, capabilities: { tools: {} } };
  const typed = [
    { name: 'a', inputSchema: { type: 'object' } },
    { name: 'b', inputSchema: { type: 'object' } },
  ];
  const answering = (over: (message: Exchange['message']) => object | undefined) => (message: Exchange['message']) =>
    over(message) ?? (message?.method === 'initialize' ? reply(message, able) : resultOf(message, typed));
  it.each<[string, (message: Exchange['message']) => object | undefined, string]>([
    [
      'a server without a version',
      answering((message) =>
        message?.method === 'initialize' ? reply(message, { ...able, serverInfo: { name: 'box' } }) : undefined,
      ),
      'application/json',
    ],
    [
      'a revision that it does not know',
      answering((message) =>
        message?.method === 'initialize' ? reply(message, { ...able, protocolVersion: '2027-01-01' }) : undefined,
      ),
      'application/json',
    ],
    [
      'tools without a schema',
      answering((message) => (message?.method === 'tools/list' ? resultOf(message) : undefined)),
      'application/json',
    ],
    ['another content type', answering(() => undefined), 'text/plain'],
  ])('%s', async (_, answer, type) => {
    await using server = await httpServer(({ method, message }, response) => {
      if (method !== 'POST') return void response.writeHead(405).end();
      const value = answer(message);
      json(response, value, value === undefined ? {} : { 'Content-Type': type });
    });
    await expect(official(server.port, 'http')).rejects.toThrow(/./);
    const seen = await open(server.port);
    expect(seen).toMatchObject({ outcome: FOUND.outcome, peer: { tools: 2 } });
    expect(seen.peer?.service).toMatch(/^box/);
  });
});
