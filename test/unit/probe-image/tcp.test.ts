import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../probe-image/src/connect.ts';
import { AttemptFailure } from '../../../probe-image/src/failure.ts';
import { listen, readHead } from '../../../probe-image/src/read.ts';
import { budget, freePort, fullBacklog, LOOPBACK, make, silent, spec, tcpServer, until } from './fixtures.ts';

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a TCP attempt', () => {
  it('is refused where nothing listens', async () => {
    expect(await make({ port: await freePort() })).toMatchObject({
      outcome: 'refused',
      phase: 'connect',
      detail: 'ECONNREFUSED',
      address: LOOPBACK,
      tries: 1,
    });
  });
  it('times out after two tries where nothing is answered', async () => {
    await using server = await fullBacklog();
    const result = await make({ port: server.port }, 500);
    expect(result).toMatchObject({ outcome: 'timeout', phase: 'connect', tries: 2, address: LOOPBACK });
    // Timers may fire a millisecond early, once a try.
    expect(result.elapsedMs).toBeGreaterThan(490);
    expect(result.elapsedMs).toBeLessThan(900);
  });
  it.each([
    ['the nonce', 'n0nce\n', 'matched'],
    ['the nonce without an end of line', 'n0nce', 'matched'],
    ['another nonce', 'other\n', 'mismatch'],
    ['a page', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'mismatch'],
  ] as const)('knows a canary by what it says: %s', async (_, says, nonce) => {
    await using server = await tcpServer((socket) => socket.end(says));
    expect(await make({ port: server.port, nonce: 'n0nce' })).toMatchObject({ outcome: 'connected', nonce });
  });
  it('knows a nonce that comes in pieces', async () => {
    await using server = await tcpServer((socket) => {
      socket.write('n0');
      setTimeout(() => socket.end('nce\n'), 50);
    });
    expect(await make({ port: server.port, nonce: 'n0nce' })).toMatchObject({ outcome: 'connected', nonce: 'matched' });
  });
  // All of these may be a canary in trouble: judged beside a good control, a mismatch would be a pass.
  it.each([
    ['says nothing', silent, 'probe-error'],
    ['says half of the nonce and waits', (socket: net.Socket) => socket.write('n0n'), 'probe-error'],
    ['hangs up at once', (socket: net.Socket) => socket.end(), 'reset'],
    ['resets the connection', (socket: net.Socket) => socket.resetAndDestroy(), 'reset'],
  ])('does not call it another peer when the canary %s', async (_, serve, outcome) => {
    await using server = await tcpServer(serve);
    const result = await make({ port: server.port, nonce: 'n0nce' });
    expect(result.outcome).toBe(outcome);
    expect(result.nonce).toBeUndefined();
    // In phase `connect` a reset would count as a refusal.
    expect(result.phase).toBe('http');
  });
  it('keeps the banner of a server that speaks first, made printable', async () => {
    await using server = await tcpServer((socket) => socket.write('SSH-2.0-\u001b[31mX\n'));
    expect(await make({ port: server.port })).toMatchObject({ outcome: 'connected', peer: { banner: 'SSH-2.0-.[31mX.' } });
  });
  it('asks a silent server in HTTP, and keeps status, server and a hash of the body', async () => {
    await using server = await tcpServer((socket) =>
      socket.once('data', (question) => {
        expect(question.toString()).toContain(`Host: ${LOOPBACK}:`);
        socket.write('HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 5\r\n\r\nhello, and more');
      }),
    );
    const result = await make({ port: server.port });
    expect(result).toMatchObject({ outcome: 'connected', peer: { status: 404, server: 'nginx', body: sha256('hello') } });
    // The announced length ends it, not the time.
    expect(result.elapsedMs).toBeLessThan(1400);
  });
  it('stays connected when the server never says a word', async () => {
    await using server = await tcpServer(silent);
    const result = await make({ port: server.port }, 200);
    expect(result).toMatchObject({ outcome: 'connected', peer: {} });
    expect(result.elapsedMs).toBeLessThan(2500);
    await until(() => server.open.size === 0);
  });
  it('stays connected when the server closes at once, and does not wait', async () => {
    await using server = await tcpServer((socket) => socket.resume().end());
    const result = await make({ port: server.port });
    expect(result).toMatchObject({ outcome: 'connected', peer: {} });
    expect(result.elapsedMs).toBeLessThan(1000);
  });
  it('was connected when the server resets, however soon', async () => {
    await using soon = await tcpServer((socket) => socket.resetAndDestroy());
    const result = await make({ port: soon.port });
    // The kernel tells both at once or one after the other; never is it a connection that could not be made.
    expect([result.outcome, result.phase]).toBeOneOf([
      ['connected', undefined],
      ['reset', 'http'],
    ]);
    await using later = await tcpServer((socket) => void setTimeout(() => socket.resetAndDestroy(), 50));
    expect(await make({ port: later.port })).toMatchObject({ outcome: 'connected', peer: {} });
  });
  it('is bounded against a server that never stops talking', async () => {
    await using server = await tcpServer((socket) => {
      const pour = (): void => void (!socket.destroyed && socket.write(Buffer.alloc(1 << 16, 0x41), () => setImmediate(pour)));
      pour();
    });
    const result = await make({ port: server.port });
    expect(result.outcome).toBe('connected');
    expect(result.peer?.banner).toHaveLength(512);
    expect(result.elapsedMs).toBeLessThan(1000);
    await until(() => server.open.size === 0);
  });
  it('is bounded against an endless page, whose hash is of its first 64 KiB', async () => {
    await using server = await tcpServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const pour = (): void => void (!socket.destroyed && socket.write(Buffer.alloc(50_000, 0x41), () => setImmediate(pour)));
        pour();
      }),
    );
    const result = await make({ port: server.port });
    expect(result.peer).toMatchObject({ status: 200, body: sha256(Buffer.alloc(65_536, 0x41)) });
    expect(result.elapsedMs).toBeLessThan(1500);
  });
  it('is bounded against headers that trickle', async () => {
    await using server = await tcpServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('X: y\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const result = await make({ port: server.port });
    expect(result).toMatchObject({ outcome: 'connected', peer: { status: 200, body: sha256('') } });
    expect(result.elapsedMs).toBeLessThan(3000);
    await until(() => server.open.size === 0);
  });
  it('is bounded against headers without end', async () => {
    await using server = await tcpServer((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const pour = (): void => void (!socket.destroyed && socket.write('X: y\r\n'.repeat(1000), () => setImmediate(pour)));
        pour();
      }),
    );
    const result = await make({ port: server.port });
    expect(result).toMatchObject({ outcome: 'connected', peer: { status: 200 } });
    expect(result.elapsedMs).toBeLessThan(1500);
  });
  it('reports an answer that is not HTTP as a banner', async () => {
    await using server = await tcpServer((socket) => socket.once('data', () => socket.end('-ERR unknown command\r\n')));
    expect(await make({ port: server.port })).toMatchObject({ outcome: 'connected', peer: { banner: '-ERR unknown command..' } });
  });
});

describe('an HTTP attempt', () => {
  const page = (answer: string) => tcpServer((socket) => socket.once('data', () => socket.end(answer)));
  it('keeps what a service is known by', async () => {
    await using server = await page('HTTP/1.0 200 OK\r\nServer: Docker\r\nContent-Type: text/plain\r\n\r\nOK\u0007');
    expect(await make({ kind: 'http', port: server.port, request: '/_ping' })).toMatchObject({
      outcome: 'connected',
      phase: 'http',
      peer: { status: 200, server: 'Docker', body: sha256('OK\u0007'), service: 'text/plain OK.' },
    });
  });
  it('keeps the few headers by which an API is known, of one that may be a secret its presence alone', async () => {
    const lines = [
      'X-Toolhive-Nonce: s3cret',
      'Location: /ui/',
      'Api-Version: 1.43\u0007',
      'Set-Cookie: s3cret',
      'Content-Length: 0',
    ];
    await using server = await page(`HTTP/1.1 204 No Content\r\n${lines.join('\r\n')}\r\n\r\n`);
    const { peer } = await make({ kind: 'http', port: server.port, request: '/health' });
    expect(peer?.service).toBe('api-version=1.43. location=/ui/ x-toolhive-nonce');
  });
  it('keeps of a page its title alone', async () => {
    const html = '<html><script>token = "s3cret"</script><title>MCP Inspector</title><body>s3cret';
    await using server = await page(`HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}`);
    const { peer } = await make({ kind: 'http', port: server.port });
    expect(peer?.service).toBe('text/html; charset=utf-8 MCP Inspector');
  });
  it('keeps nothing but the status where that is all that may be known', async () => {
    await using server = await page('HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: application/json\r\n\r\n{"token":"s3cret"}');
    expect((await make({ kind: 'http', port: server.port, request: '/config', statusOnly: true })).peer).toEqual({ status: 200 });
  });
  it('says other-protocol of an answer that is none', async () => {
    await using server = await page('220 mail\r\n');
    expect(await make({ kind: 'http', port: server.port })).toMatchObject({ outcome: 'other-protocol', phase: 'http' });
  });
  it('ends, though the server says nothing', async () => {
    await using server = await tcpServer(silent);
    const result = await make({ kind: 'http', port: server.port }, 300);
    expect(result.outcome).toBe('other-protocol');
    expect(result.elapsedMs).toBeLessThan(1500);
  });
});

describe('connecting', () => {
  it('tries once where the first try is answered', async () => {
    await using server = await tcpServer(silent);
    const { socket, facts } = await connect(LOOPBACK, server.port, budget(200));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(facts).toEqual({ tries: 1, address: LOOPBACK });
    expect(server.accepted()).toBe(1);
    socket.destroy();
  });
  it('survives a peer that resets the connection while nobody looks', async () => {
    let other: net.Socket | undefined;
    await using server = await tcpServer((socket) => (other = socket));
    const { socket } = await connect(LOOPBACK, server.port, budget(500));
    await until(() => other !== undefined);
    socket.resume();
    other?.resetAndDestroy();
    await until(() => socket.destroyed);
    // Whoever reads then is told at once.
    const began = performance.now();
    expect((await listen(socket, { maxBytes: 10, timeoutMs: 2000 })).stop).toBe('broken');
    expect(performance.now() - began).toBeLessThan(200);
  });
  it('fails as itself for a port that cannot be', async () => {
    await expect(connect(LOOPBACK, 70_000, budget(100))).rejects.toMatchObject({ outcome: 'probe-error' });
  });
  it('has no more time than the budget', async () => {
    const began = performance.now();
    const late = { start: began - 10_000, timeoutMs: 100 };
    await using server = await fullBacklog();
    const start = performance.now();
    await expect(connect(LOOPBACK, server.port, late)).rejects.toMatchObject({ outcome: 'timeout' });
    expect(performance.now() - start).toBeLessThan(300);
  });
});

describe('errors of the system', () => {
  const outcome = (code: string, address?: string) =>
    AttemptFailure.from(Object.assign(new Error(code), { code, address }), 'connect').outcome;
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ETIMEDOUT', 'timeout'],
    ['ENETUNREACH', 'unreachable'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ECONNRESET', 'reset'],
    ['EPERM', 'permission'],
    ['EACCES', 'permission'],
    // What the probe lacks says nothing about the network.
    ['EMFILE', 'probe-error'],
    ['ENFILE', 'probe-error'],
    ['ENOBUFS', 'probe-error'],
    ['ENOMEM', 'probe-error'],
    ['EINVAL', 'probe-error'],
    ['EAGAIN', 'probe-error'],
    ['EADDRINUSE', 'probe-error'],
    ['ERR_SOCKET_BAD_PORT', 'probe-error'],
  ])('%s is %s', (code, expected) => {
    expect(outcome(code)).toBe(expected);
  });
  it('tell a lack of IPv6 from a lack of ports', () => {
    expect(outcome('EADDRNOTAVAIL', '2001:db8::1')).toBe('unreachable');
    expect(outcome('EADDRNOTAVAIL', '192.0.2.1')).toBe('probe-error');
    expect(outcome('EADDRNOTAVAIL')).toBe('probe-error');
  });
  it('never make a refusal of the descriptors that the probe lacks', async (context) => {
    if (process.platform !== 'linux') return context.skip('needs a POSIX shell with ulimit');
    await using server = await tcpServer((socket) => socket.end('n\n'));
    const main = path.join(import.meta.dirname, '../../../probe-image/src/main.ts');
    const child = spawn('/bin/sh', ['-c', 'ulimit -n 64 && exec "$0" "$1"', process.execPath, main], {
      env: {},
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const specs = Array.from({ length: 300 }, (_, index) =>
      spec({ id: `a${index}`, port: server.port, nonce: 'n', kind: index % 3 === 0 ? 'udp' : 'tcp' }),
    );
    child.stdin.write(`${JSON.stringify({ type: 'attempt', timeoutMs: 1000, specs })}\n`);
    const outcomes = new Set<string>();
    for await (const line of createInterface({ input: child.stdout })) {
      const message = JSON.parse(line) as { type: string; attempt: { id: string; outcome: string } };
      if (message.type === 'done') break;
      if (message.type === 'settled') continue;
      const udp = Number(message.attempt.id.slice(1)) % 3 === 0;
      // The server speaks no UDP: there, a refusal is true.
      if (!udp || message.attempt.outcome !== 'refused') outcomes.add(message.attempt.outcome);
    }
    child.kill('SIGKILL');
    expect([...outcomes].toSorted()).toEqual(['connected', 'probe-error']);
  });
});

describe('reading', () => {
  it('finds an end that comes in two pieces, and leaves the rest for the next reader', async () => {
    await using server = await tcpServer((socket) => {
      socket.write('head\r');
      setTimeout(() => socket.end('\n\r\nbody'), 50);
    });
    const { socket } = await connect(LOOPBACK, server.port, budget(500));
    const head = await listen(socket, { maxBytes: 100, timeoutMs: 1000, until: '\r\n\r\n' });
    expect([head.bytes.toString(), head.stop]).toEqual(['head\r\n\r\n', 'found']);
    const body = await listen(socket, { maxBytes: 100, timeoutMs: 1000 });
    expect([body.bytes.toString(), body.stop]).toEqual(['body', 'ended']);
    socket.destroy();
  });
  it('stops at the greatest size', async () => {
    await using server = await tcpServer((socket) => socket.write('0123456789'));
    const { socket } = await connect(LOOPBACK, server.port, budget(500));
    expect(await listen(socket, { maxBytes: 4, timeoutMs: 1000 })).toEqual({ bytes: Buffer.from('0123'), stop: 'full' });
    expect(await listen(socket, { maxBytes: 6, timeoutMs: 1000 })).toEqual({ bytes: Buffer.from('456789'), stop: 'full' });
    socket.destroy();
  });
  it('takes no more of a file than is asked for', () => {
    expect(readHead('/dev/zero', 5)).toEqual(Buffer.alloc(5));
    expect(readHead('/proc/self/comm', 4096).length).toBeGreaterThan(1);
  });
});

describe('a TLS attempt', () => {
  let directory: string | undefined;
  let key = '';
  let cert = '';
  beforeAll(() => {
    try {
      const made = mkdtempSync(path.join(tmpdir(), 'bulkhead-tls-'));
      execFileSync(
        'openssl',
        // prettier-ignore
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=probe.test',
         '-addext', 'subjectAltName=DNS:probe.test,IP:127.0.0.1', '-keyout', `${made}/key.pem`, '-out', `${made}/cert.pem`],
        { stdio: 'ignore' },
      );
      key = readFileSync(`${made}/key.pem`, 'utf8');
      cert = readFileSync(`${made}/cert.pem`, 'utf8');
      directory = made;
    } catch {
      directory = undefined;
    }
  });
  afterAll(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  async function tlsServer(serve: (socket: tls.TLSSocket) => void = () => undefined) {
    const context = tls.createSecureContext({ key, cert });
    return tcpServer((raw) => {
      const socket = new tls.TLSSocket(raw, { isServer: true, secureContext: context });
      socket.on('error', () => undefined);
      serve(socket);
    });
  }

  it('knows the server by its certificate, which it does not trust', async (context) => {
    if (directory === undefined) return context.skip('openssl is not installed');
    await using server = await tlsServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nhi')));
    expect(await make({ port: server.port, tls: true })).toMatchObject({
      outcome: 'connected',
      peer: { certificate: sha256(new X509Certificate(cert).raw), authorized: false, status: 200, body: sha256('hi') },
    });
  });
  it.each([
    ['an address that the certificate names', LOOPBACK, true],
    ['an address that it does not name', '127.0.0.2', false],
  ])('holds a trusted certificate against %s', async (_, host, authorized) => {
    if (directory === undefined) return;
    await using server = await tcpServer(
      (raw) => {
        const socket = new tls.TLSSocket(raw, { isServer: true, secureContext: tls.createSecureContext({ key, cert }) });
        socket.on('error', () => undefined);
      },
      { host: '0.0.0.0' },
    );
    // Authorities are read when a process starts.
    const main = path.join(import.meta.dirname, '../../../probe-image/src/main.ts');
    const child = spawn(process.execPath, [main], {
      env: { NODE_EXTRA_CA_CERTS: `${directory}/cert.pem` },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.write(
      `${JSON.stringify({ type: 'attempt', timeoutMs: 1000, specs: [spec({ host, port: server.port, tls: true })] })}\n`,
    );
    const lines: unknown[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const message = JSON.parse(line) as { type: string };
      if (message.type === 'attempt') lines.push(message);
      if (message.type === 'done') break;
    }
    child.stdin.end();
    expect(lines[0]).toMatchObject({ attempt: { outcome: 'connected', peer: { authorized } } });
  });
  it.each([
    ['speaks something else', (socket: net.Socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['hangs up', (socket: net.Socket) => socket.resume().end()],
    ['resets', (socket: net.Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['says nothing', silent],
  ])('has failed, and was not refused, where the server %s', async (_, serve) => {
    await using server = await tcpServer(serve);
    // Roomy: a handshake that the machine kept from happening would rightly be the probe's own fault.
    const result = await make({ port: server.port, tls: true }, 4000);
    expect(result).toMatchObject({ outcome: 'tls-failed', phase: 'tls', address: LOOPBACK });
    expect(result.elapsedMs).toBeLessThan(9000);
    await until(() => server.open.size === 0);
  });
});
