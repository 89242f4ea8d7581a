import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listening, LOOPBACK, readAll, readUntil, runGateway, tcpServer, until, type Running } from './fixtures.ts';

interface Seen {
  readonly requests: string[];
  readonly headers: string[][];
}

/** Answers each request with its method, host, path and body. */
async function echoServer(serve?: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: Seen = { requests: [], headers: [] };
  const server = createServer((request, response) => {
    seen.requests.push(`${request.method ?? ''} ${request.headers.host ?? ''} ${request.url ?? ''}`);
    seen.headers.push(request.rawHeaders);
    if (serve !== undefined) return serve(request, response);
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => response.end(`${request.method ?? ''} ${request.url ?? ''} [${body}]`));
    return undefined;
  });
  const running = await listening(server);
  return {
    seen,
    server,
    port: running.port,
    accepted: running.accepted,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** Sends all at once, over a directly dialled connection, and ends when the other side does. */
function say(client: Socket, text: string): Promise<string> {
  client.write(text, 'latin1');
  return readAll(client);
}

const CLOSE = 'Connection: close\r\n';

/** What a policy-minded server would answer to whom it does not know. */
function direct(gateway: Running, port: number): Socket {
  return gateway.dial('name.test', port);
}

describe('a request on a connection that was dialled', () => {
  it.each<[string, (host: string) => string]>([
    ['as it should be', (host) => `GET /x HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`],
    ['upper case and a dot', (host) => `GET /x HTTP/1.1\r\nHost: ${host.replace('name.test', 'NAME.test.')}\r\n${CLOSE}\r\n`],
    ['without port', () => `GET /x HTTP/1.1\r\nHost: name.test\r\n${CLOSE}\r\n`],
    ['HTTP/1.0 without Host', () => 'GET /x HTTP/1.0\r\n\r\n'],
    ['in absolute form', (host) => `GET http://${host}/x HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`],
    ['after empty lines', (host) => `\r\n\r\nGET /x HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`],
    ['with whitespace around the host', (host) => `GET /x HTTP/1.1\r\nHost: \t ${host} \r\n${CLOSE}\r\n`],
  ])('passes %s, with the Host that was dialled', async (_title, text) => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    expect(await say(direct(gateway, server.port), text(`name.test:${server.port}`))).toMatch(/^HTTP\/1\.1 200[^]*GET \/x \[\]/);
    expect(server.seen.requests).toEqual([`GET name.test:${server.port} /x`]);
    expect(gateway.decisions().filter(({ via }) => via === 'http')).toMatchObject([{ decision: 'allowed' }]);
  });

  it.each<[string, string]>([
    ['another Host', 'GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: name.test\r\nHost: evil.test\r\n\r\n'],
    ['two equal Hosts', 'GET / HTTP/1.1\r\nHost: name.test\r\nHost: name.test\r\n\r\n'],
    ['two Hosts in odd case', 'GET / HTTP/1.1\r\nHost: name.test\r\nhOST: evil.test\r\n\r\n'],
    ['a folded Host', 'GET / HTTP/1.1\r\nHost: name.test\r\n .evil.test\r\n\r\n'],
    ['a Host list', 'GET / HTTP/1.1\r\nHost: name.test, evil.test\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : name.test\r\n\r\n'],
    ['a user in the Host', 'GET / HTTP/1.1\r\nHost: name.test@evil.test\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['no Host in HTTP/1.1', 'GET / HTTP/1.1\r\n\r\n'],
    ['an absolute form of another', 'GET http://evil.test/ HTTP/1.1\r\nHost: name.test\r\n\r\n'],
    ['an absolute form with a user', 'GET http://name.test@evil.test/ HTTP/1.1\r\nHost: name.test\r\n\r\n'],
    ['another scheme', 'GET https://name.test/ HTTP/1.1\r\nHost: name.test\r\n\r\n'],
    ['CONNECT', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n'],
    [
      'h2c',
      'GET / HTTP/1.1\r\nHost: name.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
    ],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: name.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: name.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['an odd length', 'POST / HTTP/1.1\r\nHost: name.test\r\nContent-Length: +5\r\n\r\nhello'],
    ['chunks that are not last', 'POST / HTTP/1.1\r\nHost: name.test\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['odd chunks', 'POST / HTTP/1.1\r\nHost: name.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['bare CR', 'GET / HTTP/1.1\rHost: evil.test\r\n\r\n'],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: name.test\r\nX: a\0b\r\n\r\n'],
    ['a header without end', `GET / HTTP/1.1\r\nHost: name.test\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['a path without end', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: name.test\r\n\r\n`],
  ])('never reaches the server with %s', async (_title, text) => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const client = direct(gateway, server.port);
    client.end(text, 'latin1');
    expect(await readAll(client)).not.toMatch(/^HTTP\/1\.1 200/);
    expect(server.seen.requests).toEqual([]);
    // Each leaves a trace: a refusal, or a request that could not be read.
    await until(() =>
      gateway.lines.some((line) => line.type === 'problem' || (line.type === 'decision' && line.decision === 'denied')),
    );
    // The control: the same connection with nothing odd in it.
    expect(await say(direct(gateway, server.port), `GET / HTTP/1.1\r\nHost: name.test\r\n${CLOSE}\r\n`)).toMatch(
      /^HTTP\/1\.1 200/,
    );
  });

  it('is looked at each: the second of a kept connection, and what is pipelined behind a refused one', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const kept = direct(gateway, server.port);
    kept.write('GET /1 HTTP/1.1\r\nHost: name.test\r\n\r\n');
    await readUntil(kept, /GET \/1 \[\]/);
    expect(await say(kept, 'GET /2 HTTP/1.1\r\nHost: evil.test\r\n\r\n')).toMatch(/^HTTP\/1\.1 403/);
    const one = 'GET /3 HTTP/1.1\r\nHost: evil.test\r\n\r\n';
    const answers = await say(direct(gateway, server.port), `${one}GET /4 HTTP/1.1\r\nHost: evil.test\r\n\r\n${one}`);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
    // One that would be allowed by itself, and a tunnel, go with what they came with.
    const good = 'GET /5 HTTP/1.1\r\nHost: name.test\r\n\r\n';
    expect((await say(direct(gateway, server.port), one + good)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
    const tunnel = `CONNECT name.test:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await say(gateway.proxy(), `GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n${tunnel}${good}`)).not.toMatch(
      / 200 /,
    );
    expect(server.seen.requests).toEqual([`GET name.test:${server.port} /1`]);
  });

  it('is written anew: chunks with extensions and trailers, a length that Connection wants away, hop-by-hop headers', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const post = `POST /p HTTP/1.1\r\nHost: name.test\r\n`;
    const chunked = `${post}${CLOSE}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;evil="x"\r\nhello\r\n0\r\nX: y\r\nHost: evil.test\r\n\r\n`;
    expect(await say(direct(gateway, server.port), chunked)).toMatch(/POST \/p \[hello\]/);
    const length = `${post}Connection: close, content-length, x-secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nContent-Length: 5\r\n\r\nhello`;
    expect(await say(direct(gateway, server.port), length)).toMatch(/POST \/p \[hello\]/);
    for (const headers of server.seen.headers) {
      expect(headers.filter((text) => /^(?:x-secret|keep-alive|te|trailer|x)$/i.test(text))).toEqual([]);
    }
  });

  it('with more headers than Node.js counts is still read to its end', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    server.server.maxHeadersCount = 0;
    const many = 'a:\r\n'.repeat(1500);
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: evil.test\r\n\r\n';
    const post = `POST /p HTTP/1.1\r\nHost: name.test\r\n${many}Content-Length: ${inner.length}\r\n${CLOSE}\r\n${inner}`;
    expect(await say(direct(gateway, server.port), post)).toMatch(/POST \/p \[GET \/smuggled[^]*\]/);
    expect(server.seen.requests).toEqual([`POST name.test:${server.port} /p`]);
  });

  it('too many at once end the connection; a few are answered in turn', async () => {
    const waiting: ServerResponse[] = [];
    await using server = await echoServer((_request, response) => waiting.push(response));
    await using gateway = await runGateway({ ports: [server.port] });
    const request = 'GET / HTTP/1.1\r\nHost: name.test\r\n\r\n';
    expect(await say(direct(gateway, server.port), request.repeat(2000))).toBe('');
    expect(server.accepted()).toBeLessThan(20);
    await until(() => gateway.held() === 0);
    const few = direct(gateway, server.port);
    waiting.length = 0;
    few.write(request.repeat(3));
    await until(() => waiting.length === 3);
    for (const [index, response] of waiting.entries()) response.end(`answer ${index}`);
    expect(await readUntil(few, /(?:answer \d[^]*){3}/)).toMatch(/answer 0[^]*answer 1[^]*answer 2/);
    few.destroy();
  });
});

describe('the proxy', () => {
  it('passes absolute-form requests to allowed names, and nothing else', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const at = `name.test:${server.port}`;
    expect(await say(gateway.proxy(), `GET http://${at}/a?b HTTP/1.1\r\nHost: ${at}\r\n${CLOSE}\r\n`)).toMatch(
      /200[^]*GET \/a\?b/,
    );
    for (const text of [
      `GET http://evil.test:${server.port}/ HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
      `GET http://${at}/ HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${at}\r\n\r\n`,
      `GET http://0x7f.1:${server.port}/ HTTP/1.1\r\nHost: 0x7f.1\r\n\r\n`,
      `GET http://[::1]:${server.port}/ HTTP/1.1\r\nHost: [::1]\r\n\r\n`,
      `GET http://name.test:1/ HTTP/1.1\r\nHost: name.test:1\r\n\r\n`,
      `GET http://name%2etest:${server.port}/ HTTP/1.1\r\nHost: ${at}\r\n\r\n`,
    ]) {
      expect(await say(gateway.proxy(), text)).toMatch(/^HTTP\/1\.1 403[^]*bulkhead: refused/);
    }
    expect(server.seen.requests).toHaveLength(1);
  });

  it('CONNECT: allowed, with bytes that come at once; the inside is judged like any connection', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const connect = `CONNECT name.test:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const inside = (host: string): string => `GET /in HTTP/1.1\r\nHost: ${host}\r\n${CLOSE}\r\n`;
    expect(await say(gateway.proxy(), connect + inside('name.test'))).toMatch(/^HTTP\/1\.1 200 Connection[^]*GET \/in \[\]/);
    expect(await say(gateway.proxy(), connect + inside('evil.test'))).toMatch(/^HTTP\/1\.1 200 Connection[^]*HTTP\/1\.1 403/);
    expect(await say(gateway.proxy(), `${connect}CONNECT name.test:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
      /HTTP\/1\.1 403/,
    );
    expect(server.seen.requests).toEqual([`GET name.test:${server.port} /in`]);
  });

  it.each([
    'evil.test:443',
    'name.test',
    'name.test:0',
    'name.test:99999',
    'name.test:443@evil.test',
    '[::1]:443',
    '127.1:443',
    '/',
  ])('CONNECT %s is refused', async (target) => {
    await using gateway = await runGateway({ ports: [443] });
    expect(await say(gateway.proxy(), `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 40[03]/);
  });

  it('CONNECT to a server that speaks first', async () => {
    await using server = await tcpServer((socket) => socket.end('220 hello\r\n'));
    await using gateway = await runGateway({ ports: [server.port] });
    expect(await say(gateway.proxy(), `CONNECT name.test:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/220 hello/);
  });

  it('CONNECT where nobody is, and a request there, is 502 and no decision', async () => {
    let port = 0;
    {
      await using gone = await tcpServer(() => undefined);
      port = gone.port;
    }
    await using gateway = await runGateway({ ports: [port] });
    expect(await say(gateway.proxy(), `CONNECT name.test:${port} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 502/);
    expect(await say(gateway.proxy(), `GET http://name.test:${port}/ HTTP/1.1\r\nHost: name.test\r\n${CLOSE}\r\n`)).toMatch(
      /^HTTP\/1\.1 502/,
    );
    expect(gateway.decisions()).toEqual([]);
  });
});

describe('WebSocket', () => {
  const handshake = (host: string, upgrade = 'websocket'): string =>
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n\r\n`;

  it('passes, with all bytes after it', async () => {
    await using server = await echoServer();
    server.server.on('upgrade', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst');
      socket.on('data', (chunk: Buffer) => socket.end(`echo ${chunk.toString()}`));
    });
    await using gateway = await runGateway({ ports: [server.port] });
    const client = direct(gateway, server.port);
    client.write(handshake('name.test'));
    expect(await readUntil(client, /first/)).toMatch(/^HTTP\/1\.1 101[^]*Upgrade: websocket[^]*first$/);
    client.write('GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n');
    expect(await readAll(client)).toMatch(/^echo GET \//);
  });

  it('that the server declines, drops or does not understand ends; what it says is no door for another request', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const declined = await say(
      direct(gateway, server.port),
      `${handshake('name.test')}GET /after HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
    );
    expect(declined).toMatch(/^HTTP\/1\.1 200/);
    await using rude = await tcpServer((socket) => socket.on('data', () => socket.destroy()));
    await using other = await runGateway({ ports: [rude.port] });
    expect(await say(direct(other, rude.port), handshake('name.test'))).toMatch(/^HTTP\/1\.1 502/);
    expect(server.seen.requests).toEqual([`GET name.test:${server.port} /ws`]);
  });

  it('that is answered with another protocol is none, and a declined one leaves no connection to whoever holds on to it', async () => {
    await using other = await tcpServer((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nfree')),
    );
    await using gateway = await runGateway({ ports: [other.port] });
    expect(await say(direct(gateway, other.port), handshake('name.test'))).toMatch(/^HTTP\/1\.1 502/);
    await using declining = await echoServer();
    await using second = await runGateway({ ports: [declining.port] });
    const client = direct(second, declining.port);
    client.write(`${handshake('name.test')}more`);
    expect(await readAll(client)).toMatch(/^HTTP\/1\.1 200/);
    await until(() => second.held() === 0);
    client.destroy();
  });

  it('to another host is refused', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    expect(await say(direct(gateway, server.port), handshake('evil.test'))).toMatch(/^HTTP\/1\.1 403/);
    expect(server.accepted()).toBe(0);
  });
});

describe('100-continue', () => {
  it('is the server`s to say, once', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const client = direct(gateway, server.port);
    client.write(`POST / HTTP/1.1\r\nHost: name.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n${CLOSE}\r\n`);
    expect(await readUntil(client, /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const rest = await say(client, 'hello');
    expect(rest).toMatch(/^HTTP\/1\.1 200[^]*\[hello\]/);
    expect(rest).not.toMatch(/100 Continue/);
  });

  it('is not said where the request is refused', async () => {
    await using server = await echoServer();
    await using gateway = await runGateway({ ports: [server.port] });
    const text = `POST / HTTP/1.1\r\nHost: evil.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`;
    expect(await say(direct(gateway, server.port), text)).toMatch(/^HTTP\/1\.1 403/);
  });
});

describe('a hostile or broken server', () => {
  it.each<[string, string]>([
    ['status 000', 'HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n'],
    ['status 042', 'HTTP/1.1 042 x\r\nContent-Length: 0\r\n\r\n'],
    ['a control character in the reason', 'HTTP/1.1 200 a\x01b\r\nContent-Length: 0\r\n\r\n'],
    ['a switch of protocols that nobody asked for', 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['no HTTP', 'hello\r\n'],
    ['nothing', ''],
    ['a length and chunks', 'HTTP/1.1 200 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('that answers with %s gives 502, and no connection stays behind', async (_title, text) => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end(text, 'latin1')));
    await using gateway = await runGateway({ ports: [server.port] });
    expect(await say(direct(gateway, server.port), 'GET / HTTP/1.1\r\nHost: name.test\r\n\r\n')).toMatch(/^HTTP\/1\.1 502/);
    await until(() => gateway.held() === 0);
  });

  it('that breaks off within its answer: the answer does not end cleanly', async () => {
    await using server = await tcpServer((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 x\r\n\r\nhalf', () => setTimeout(() => socket.resetAndDestroy(), 50))),
    );
    await using gateway = await runGateway({ ports: [server.port] });
    const text = await say(direct(gateway, server.port), 'GET / HTTP/1.1\r\nHost: name.test\r\n\r\n');
    expect(text).toMatch(/half/);
    expect(text).not.toMatch(/0\r\n\r\n$/);
  });

  it('that ends its answer by closing (control): it ends cleanly', async () => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 x\r\n\r\nwhole')));
    await using gateway = await runGateway({ ports: [server.port] });
    const client = direct(gateway, server.port);
    client.write('GET / HTTP/1.1\r\nHost: name.test\r\n\r\n');
    expect(await readUntil(client, /0\r\n\r\n$/)).toMatch(/whole/);
    client.destroy();
  });

  it('that never answers is left when its client goes', async () => {
    await using server = await echoServer(() => undefined);
    const open = (): number => server.seen.requests.length;
    await using gateway = await runGateway({ ports: [server.port] });
    const client = direct(gateway, server.port);
    client.write('GET / HTTP/1.1\r\nHost: name.test\r\n\r\n');
    await until(() => open() === 1);
    client.destroy();
    await until(() => gateway.held() === 0);
  });

  it('large bodies pass both ways', { timeout: 60_000 }, async () => {
    await using server = await echoServer((request, response) => request.pipe(response));
    await using gateway = await runGateway({ ports: [server.port] });
    const client = direct(gateway, server.port);
    const body = 'x'.repeat(20_000_000);
    const text = await say(client, `POST / HTTP/1.1\r\nHost: name.test\r\nContent-Length: ${body.length}\r\n${CLOSE}\r\n${body}`);
    expect(text.match(/x/g)?.length).toBeGreaterThanOrEqual(body.length);
  });
});

it('an address that is not allowed is not reached through the proxy either', async () => {
  await using server = await tcpServer((socket) => socket.end('reached'));
  await using gateway = await runGateway({ hosts: ['name.test'], ports: [server.port] });
  expect(await say(gateway.proxy(), `CONNECT ${LOOPBACK}:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403/);
  expect(await say(gateway.proxy(), `CONNECT name.test:${server.port} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 403[^]*no name may mean/,
  );
  expect(await say(gateway.proxy(), `GET http://name.test:${server.port}/ HTTP/1.1\r\nHost: name.test\r\n${CLOSE}\r\n`)).toMatch(
    /^HTTP\/1\.1 403[^]*no name may mean/,
  );
  expect(server.accepted()).toBe(0);
});
