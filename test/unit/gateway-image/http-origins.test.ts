import fc from 'fast-check';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { listening, readAll, runGateway, until } from './fixtures.ts';

/** A server that forgives more than it should, and the names that it was asked for. */
async function origin(insecureHTTPParser: boolean) {
  const hosts: (string | undefined)[] = [];
  const see = (request: IncomingMessage): void => {
    hosts.push(request.headers.host);
    // One that goes by the address in the request line, as nginx does, sees that.
    const [, named] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(request.url ?? '') ?? [];
    if (named !== undefined) hosts.push(named);
  };
  const server = createServer({ insecureHTTPParser, requireHostHeader: false }, (request, response: ServerResponse) => {
    see(request);
    request.resume().on('end', () => response.end('seen'));
  });
  const meet = (request: IncomingMessage, socket: Socket): void => {
    see(request);
    socket.end('HTTP/1.1 400 no\r\n\r\n');
  };
  server.on('connect', meet).on('upgrade', meet);
  server.on('clientError', (_error, socket) => socket.destroy());
  const running = await listening(server);
  return { hosts, ...running, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

/** Sends the pieces each on its own, leaves a moment for answers, and waits until nothing more comes of it. */
async function say(client: Socket, pieces: readonly string[]): Promise<string> {
  const all = readAll(client);
  for (const piece of pieces) {
    if (!client.writable) break;
    client.write(piece, 'latin1');
    await turn();
  }
  await Promise.race([all, pause(10)]);
  client.end();
  return all;
}

const CLEAN = 'GET / HTTP/1.1\r\nHost: name.test\r\nConnection: close\r\n\r\n';

describe('what only some parsers take for HTTP is HTTP', () => {
  const rest = 'Host: evil.test\r\nConnection: keep-alive\r\n\r\nGET /more HTTP/1.1\r\nHost: evil.test\r\n\r\n';
  it.each([
    'OPTIONS * RTSP/1.0',
    'GET rtsp://evil.test/ RTSP/1.0',
    'SOURCE * ICE/1.0',
    'SOURCE /x ICE/1.0',
    'GET *',
    'GET x://evil.test',
    'GET ftp://evil.test/x',
    'M-SEARCH *',
    'PRI *',
    'CONNECT evil.test:443',
    'GET x\x01 HTTP/1.1',
    'GET evil FOO/1.1',
  ])('%j reaches nobody', async (line) => {
    await using server = await origin(true);
    await using gateway = await runGateway({ ports: [server.port] });
    const client = gateway.dial('name.test', server.port);
    const said = await say(client, [`${line}\r\n`, rest]);
    expect(said).not.toMatch(/seen/);
    expect(server.hosts).toEqual([]);
    const control = gateway.dial('name.test', server.port);
    control.write(CLEAN);
    expect(await readAll(control)).toMatch(/seen/);
    expect(server.hosts).toEqual([`name.test:${server.port}`]);
  });
});

/** The first of them in most cases: what is odd everywhere is refused for the first oddity. */
const mostly = (good: string, ...odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const method = mostly('POST', 'GET', 'OPTIONS', 'M-SEARCH', 'SOURCE', 'CONNECT', 'get', 'PRI', 'DESCRIBE', 'HEAD', 'X');
const space = mostly(' ', '  ', '\t', '\x1c', '\xa0', '\v');
const end = mostly('\r\n', '\n', '\r', '\r\r\n', '\n\r\n');
const target = mostly(
  '/',
  '//evil.test/',
  'http://name.test/',
  'http://evil.test/',
  'x://evil.test',
  'ftp://evil.test/x',
  'evil.test:443',
  '*',
  'HTTP://NAME.test.:80',
  'x',
  '/\x01',
  '?',
  '/ /',
  '/x',
);
const version = mostly('HTTP/1.1', 'HTTP/1.0', 'http/1.1', 'HTTP/2.0', 'RTSP/1.0', 'ICE/1.0', '', 'HTTP/01.1', 'X/1.1');
const host = mostly('Host: name.test\r\n', 'Host: NAME.test.\r\n', 'Host: evil.test\r\n', 'Host: name.test@evil.test\r\n', '');
const header = fc.constantFrom(
  'Content-Length: 5',
  'Content-Length: 0',
  'content-length:5',
  'Content-Length: +5',
  'Content-Length : 5',
  'Content-Length: 5, 5',
  'Transfer-Encoding: chunked',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: chunked, x',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Upgrade',
  'Expect: 100-continue',
  'Connection: host, content-length',
  'Connection: transfer-encoding',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Host',
  'X: y\r\n Host: evil.test',
  'X\0: y',
  'X: \x01',
  ' Host: evil.test',
  ':',
  'X: y\rHost: evil.test',
  'Host: evil.test',
);
const body = fc.constantFrom(
  '',
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;a="\r\n"\r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n',
  '0005\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  'fffffffffffffffff\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '0\r\nHost: evil.test\r\n\r\n',
);
const request = fc
  .tuple(method, space, target, space, version, end, host, fc.array(fc.tuple(header, end), { maxLength: 3 }), end, body)
  .map(([verb, a, path, b, proto, eol, name, headers, last, content]) => {
    const line = proto === '' ? `${verb}${a}${path}` : `${verb}${a}${path}${b}${proto}`;
    return `${line}${eol}${name}${headers.map(([text, eoh]) => text + eoh).join('')}${last}${content}`;
  });
const junk = mostly('', '\r\n', '\n', ' ', '\0', 'X\r\n', '\xef\xbb\xbf');
const traffic = fc.tuple(junk, fc.array(request, { minLength: 1, maxLength: 3 }), fc.nat(400));

describe('requests that are read in many ways', () => {
  it.each([true, false])(
    'reach a server as the gateway read them, or not at all (a parser that forgives: %s)',
    { timeout: 120_000 },
    async (forgiving) => {
      let reached = 0;
      await fc.assert(
        fc.asyncProperty(traffic, fc.constantFrom('dialled', 'connect', 'proxy'), async ([first, requests, cut], door) => {
          // Both anew: what one run has given up may still arrive while the next one counts.
          await using server = await origin(forgiving);
          await using gateway = await runGateway({ ports: [server.port], limits: { headerTimeoutMs: 300, idleTimeoutMs: 300 } });
          const text = first + requests.join('');
          const pieces = [text.slice(0, cut), text.slice(cut)].filter((piece) => piece !== '');
          const opening = door === 'connect' ? [`CONNECT name.test:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`] : [];
          const client = door === 'dialled' ? gateway.dial('name.test', server.port) : gateway.proxy();
          const at = `http://name.test:${server.port}`;
          await say(client, [
            ...opening,
            ...pieces.map((piece) => (door === 'proxy' ? piece.replace(/http:\/\/name\.test|(?<=^POST )(?=\/)/g, at) : piece)),
          ]);
          // Until all that was sent has been read, and nothing is on its way.
          await until(() => gateway.held() === 0 && server.accepted() >= gateway.allowed() && server.open.size === 0);
          reached += server.hosts.length;
          expect(server.hosts.filter((host) => host !== `name.test:${server.port}`)).toEqual([]);
          expect(server.hosts.length).toBeLessThanOrEqual(gateway.requests());
          expect(gateway.lines.filter((line) => line.type === 'problem' && /fault/.test(line.message))).toEqual([]);
        }),
        { numRuns: 800, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
      );
      expect(reached).toBeGreaterThan(0);
    },
  );
});
