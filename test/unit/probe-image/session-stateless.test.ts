import { describe, expect, it } from 'vitest';
import { asked, fault, httpServer, json, open, reply, type Exchange } from './mcp-fixtures.ts';

const REVISION = '2026-07-28';

function unsupported(message: Exchange['message'], supported: unknown): object {
  return { jsonrpc: '2.0', id: message?.id, error: { code: -32022, message: 'no', data: { supported } } };
}

/** A server that speaks `revisions` and nothing else. */
function stateless(message: Exchange['message'], headers: Exchange['headers'], revisions: readonly string[]): object {
  const spoken = headers['mcp-protocol-version'];
  if (typeof spoken !== 'string' || !revisions.includes(spoken)) return unsupported(message, revisions);
  if (message?.method === 'server/discover') return reply(message, { supportedVersions: revisions, resultType: 'complete' });
  if (message?.method === 'tools/list') return reply(message, { tools: [{ name: 'a' }], resultType: 'complete' });
  return fault(message, -32601);
}

describe('a server without sessions', () => {
  it('is asked in headers as well as in the message', async () => {
    await using server = await httpServer(({ message, headers }, response) =>
      json(response, stateless(message, headers, [REVISION])),
    );
    const seen = await open(server.port);
    expect(seen).toMatchObject({ outcome: 'connected', phase: 'mcp', peer: { revision: REVISION, tools: 1 } });
    expect(asked(server)).toEqual(['POST /mcp initialize', 'POST /mcp server/discover', 'POST /mcp tools/list']);
    for (const { headers, message } of server.exchanges.slice(1)) {
      expect(headers).toMatchObject({ 'mcp-protocol-version': REVISION, 'mcp-method': message?.method });
      expect(message?.params?.['_meta']).toMatchObject({
        'io.modelcontextprotocol/protocolVersion': REVISION,
        'io.modelcontextprotocol/clientCapabilities': {},
      });
    }
  });
  it('of a later revision is asked in that', async () => {
    await using server = await httpServer(({ message, headers }, response) =>
      json(response, stateless(message, headers, ['2031-01-01'])),
    );
    expect((await open(server.port)).peer).toMatchObject({ revision: '2031-01-01', tools: 1 });
    expect(server.exchanges).toHaveLength(3);
  });
  it('is told once more what it wants to hear, and not for ever', async () => {
    let day = 10;
    await using server = await httpServer(({ message, url }, response) =>
      url === '/mcp' ? json(response, unsupported(message, [`2031-01-${(day += 1)}`])) : response.writeHead(404).end(),
    );
    expect(await open(server.port)).toMatchObject({ outcome: 'other-protocol', detail: 'HTTP 200' });
    expect(server.exchanges.filter(({ message }) => message?.method === 'server/discover')).toHaveLength(2);
  });
  it.each<[string, unknown]>([
    ['no list', 'yes'],
    ['no revisions', [1, null, 'x'.repeat(9000), '2025-06-18']],
    ['nothing', undefined],
  ])('may offer %s', async (_, offered) => {
    await using server = await httpServer(({ message }, response) => json(response, unsupported(message, offered)));
    expect(await open(server.port)).toMatchObject({ outcome: 'other-protocol' });
  });
  it('asks for credentials at its tools: that it says who it is lets nobody in', async () => {
    await using server = await httpServer(({ message, headers }, response) =>
      message?.method === 'tools/list' ? response.writeHead(401).end() : json(response, stateless(message, headers, [REVISION])),
    );
    expect(await open(server.port)).toMatchObject({ outcome: 'unauthorized', detail: 'HTTP 401' });
  });
  it('may refuse what bears none of its headers before it reads it', async () => {
    await using server = await httpServer(({ message, headers }, response) =>
      headers['mcp-method'] === undefined
        ? response.writeHead(400, { 'Content-Type': 'text/plain' }).end('no Mcp-Method')
        : json(response, stateless(message, headers, [REVISION])),
    );
    expect(await open(server.port)).toMatchObject({ outcome: 'connected', peer: { revision: REVISION } });
  });
});
