import type http from 'node:http';
import { describe, expect, it } from 'vitest';
import { freePort, LOOPBACK, make, offlineResolver, tcpServer } from './fixtures.ts';
import { asked, FOUND, httpServer, json, open, resultOf } from './mcp-fixtures.ts';

describe('where a session is looked for', () => {
  it.each<[string | undefined, readonly string[]]>([
    [undefined, ['POST /mcp initialize', 'GET /sse', 'POST / initialize']],
    ['/x', ['POST /x initialize', 'GET /x']],
    ['/a/sse', ['GET /a/sse']],
    ['/mcp?key=1', ['POST /mcp?key=1 initialize', 'GET /mcp?key=1']],
  ])('for %s', async (request, expected) => {
    await using server = await httpServer((_, response) => response.writeHead(404).end());
    expect(await open(server.port, request === undefined ? {} : { request })).toMatchObject({
      outcome: 'other-protocol',
      detail: 'HTTP 404',
    });
    expect(asked(server)).toEqual(expected);
  });
  it('also at the root', async () => {
    await using server = await httpServer(({ url, message }, response) =>
      url === '/' ? json(response, resultOf(message)) : response.writeHead(404).end(),
    );
    expect(await open(server.port)).toMatchObject({ ...FOUND, detail: 'at /' });
  });
  it('needs one connection before it is known that there is somebody', async () => {
    await using server = await tcpServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')),
    );
    expect(await open(server.port, { request: '/a/sse' })).toMatchObject({ outcome: 'unauthorized', tries: 1 });
    expect(server.accepted()).toBe(1);
  });
  it('is found at a path without credentials beside one with', async () => {
    await using server = await httpServer(({ url, message }, response) =>
      url === '/' ? json(response, resultOf(message)) : response.writeHead(401).end(),
    );
    expect(await open(server.port)).toMatchObject(FOUND);
  });
});

describe('redirects', () => {
  const moved = (location: string) => async () =>
    httpServer(({ url, message }, response) =>
      url === '/mcp'
        ? response.writeHead(307, { Location: location }).end()
        : url === '/mcp/'
          ? json(response, resultOf(message))
          : response.writeHead(404).end(),
    );
  it.each(['/mcp/', 'http://whatever.test/mcp/'])('to the same path with a slash: %s', async (location) => {
    await using server = await moved(location)();
    expect(await open(server.port)).toMatchObject(FOUND);
    expect(asked(server)).toEqual([
      'POST /mcp initialize',
      'POST /mcp/ initialize',
      'POST /mcp/ notifications/initialized',
      'POST /mcp/ tools/list',
    ]);
  });
  it.each(['/elsewhere', '//mcp/', 'http://', '', '/mcp', '/mcp/?x'])('not to %j', async (location) => {
    await using server = await moved(location)();
    expect(await open(server.port, { request: '/mcp' })).toMatchObject({ outcome: 'other-protocol', detail: 'HTTP 307' });
    expect(asked(server)).toEqual(['POST /mcp initialize', 'GET /mcp']);
  });
  it('to no other server', async () => {
    await using elsewhere = await httpServer((_, response) => response.end());
    await using server = await httpServer((_, response) =>
      response.writeHead(307, { Location: `http://${LOOPBACK}:${elsewhere.port}/mcp/` }).end(),
    );
    expect(await open(server.port)).toMatchObject({ outcome: 'other-protocol', detail: 'HTTP 307' });
    expect(elsewhere.exchanges).toEqual([]);
  });
  it('not for ever', async () => {
    await using server = await httpServer(({ url }, response) =>
      response.writeHead(308, { Location: url.endsWith('/') ? url.slice(0, -1) : `${url}/` }).end(),
    );
    expect(await open(server.port)).toMatchObject({ outcome: 'other-protocol', detail: 'HTTP 308' });
    expect(server.exchanges.length).toBeLessThan(6);
  });
});

describe('refusals', () => {
  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [400, 'other-protocol'],
    [421, 'other-protocol'],
    [429, 'other-protocol'],
  ])('HTTP %i', async (status, outcome) => {
    await using server = await httpServer((_, response) => response.writeHead(status).end('no'));
    const result = await open(server.port);
    expect(result).toMatchObject({ outcome, phase: 'mcp', detail: `HTTP ${status}` });
    expect(result.peer).toBeUndefined();
  });
  it.each([403, 421])('HTTP %i at one path says more than nothing at others', async (status) => {
    await using server = await httpServer(({ url }, response) => response.writeHead(url === '/sse' ? status : 404).end());
    expect(await open(server.port)).toMatchObject({ detail: `HTTP ${status}` });
  });
  it('stay known when another path is silent', async () => {
    await using server = await httpServer(({ url }, response) => void (url === '/mcp' && response.writeHead(401).end()));
    expect(await open(server.port)).toMatchObject({ outcome: 'unauthorized', detail: 'HTTP 401' });
  });
});

describe('names that are sent', () => {
  const NAMES = { origin: 'http://page.test:81', authority: 'rebound.test' };
  it('in every request', async () => {
    await using server = await httpServer(({ message }, response) =>
      json(response, resultOf(message), { 'Mcp-Session-Id': 's' }),
    );
    expect(await open(server.port, { ...NAMES, call: { tool: 'a' } })).toMatchObject(FOUND);
    expect(server.exchanges).toHaveLength(5);
    for (const { headers } of server.exchanges) expect(headers).toMatchObject({ origin: NAMES.origin, host: NAMES.authority });
  });
  it('over event streams too', async () => {
    await using server = await httpServer((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('event: endpoint\ndata: /m\n\n'),
    );
    await open(server.port, { ...NAMES, request: '/sse' });
    expect(server.exchanges.map(({ method }) => method)).toContain('POST');
    for (const { headers } of server.exchanges) expect(headers).toMatchObject({ origin: NAMES.origin, host: NAMES.authority });
  });
  it('by name, dialled by address', async () => {
    const hosts = [{ address: LOOPBACK, name: 'box.test' }];
    await using server = await httpServer(({ message }, response) => json(response, resultOf(message)));
    const result = await make({ kind: 'mcp', host: 'box.test', port: server.port }, 500, offlineResolver(hosts));
    expect(result).toMatchObject(FOUND);
    expect(new Set(server.exchanges.map(({ headers }) => headers.host))).toEqual(new Set([`box.test:${server.port}`]));
  });
  it.each([
    ['a header', { origin: 'http://x\r\nX: y' }],
    ['a host', { authority: 'x\r\n' }],
    ['TLS, which it does not speak', { tls: true }],
  ])('are none with %s: a plan that cannot be carried out says nothing about the server', async (_, over) => {
    await using server = await httpServer((__, response: http.ServerResponse) => response.end());
    expect(await open(server.port, over)).toMatchObject({ outcome: 'probe-error' });
    expect(server.exchanges).toEqual([]);
  });
});

it('is refused where nobody listens', async () => {
  expect(await open(await freePort())).toMatchObject({ outcome: 'refused', phase: 'connect' });
});
