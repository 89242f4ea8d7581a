import packet from 'dns-packet';
import dgram from 'node:dgram';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Resolver } from '../../../probe-image/src/resolver.ts';
import { freePort, LOOPBACK, make, tcpServer, type Running } from './fixtures.ts';

/** The `Host` of a request. */
const hostOf = (head: string): string | undefined => /^Host: (.*)\r$/m.exec(head)?.[1];

/** Answers every request, and keeps its head. */
async function page(heads: string[]): Promise<Running> {
  return tcpServer((socket) =>
    socket.once('data', (chunk) => {
      heads.push(chunk.toString('latin1'));
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    }),
  );
}

describe('another name than the one that is dialled', () => {
  it('is asked for in Host', async () => {
    const heads: string[] = [];
    await using server = await page(heads);
    const over = { host: 'declared.test', port: server.port, authority: 'other.test' };
    const resolver = new Resolver([LOOPBACK], [{ name: 'declared.test', address: LOOPBACK }], 1);
    expect(await make(over, 400, resolver)).toMatchObject({ outcome: 'connected', address: LOOPBACK, peer: { status: 200 } });
    expect(heads.map(hostOf)).toEqual(['other.test']);
  });
  it('is asked for in Host of plain HTTP by proxy, where the address stays the declared one', async () => {
    const heads: string[] = [];
    await using server = await page(heads);
    const proxy = `http://${LOOPBACK}:${server.port}`;
    await make({ host: 'declared.test', port: 80, authority: 'other.test', path: 'proxy', proxy });
    expect(heads[0]).toMatch(/^GET http:\/\/declared\.test\/ HTTP\/1\.1\r\nHost: other\.test\r\n/);
  });
  it('is asked for in Host of a single request', async () => {
    const heads: string[] = [];
    await using server = await page(heads);
    await make({ kind: 'http', port: server.port, authority: 'other.test:8443', request: '/x' });
    expect(heads.map(hostOf)).toEqual(['other.test:8443']);
  });
  it.each(['a\r\nX: y', 'a b', '\u001b[31m', 'b\u00fccher.test'])('is not sent when it is %j', async (authority) => {
    const heads: string[] = [];
    await using server = await page(heads);
    expect(await make({ port: server.port, authority })).toMatchObject({ outcome: 'probe-error' });
    expect(heads).toEqual([]);
  });
});

describe('the spelling of a name', () => {
  it.each(['DECLARED.Test', 'declared.test.', 'DECLARED.TEST.', '3405803786', '0xcb00710a', '::ffff:203.0.113.10'])(
    '%s reaches a proxy as it is',
    async (host) => {
      const heads: string[] = [];
      await using server = await tcpServer((socket) =>
        socket.once('data', (chunk) => {
          heads.push(chunk.toString('latin1'));
          socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        }),
      );
      const proxy = `http://${LOOPBACK}:${server.port}`;
      await make({ host, port: 443, path: 'proxy', proxy, family: host.includes(':') ? 6 : 4 });
      const shown = host.includes(':') ? `[${host}]` : host;
      expect(heads[0]).toBe(`CONNECT ${shown}:443 HTTP/1.1\r\nHost: ${shown}:443\r\n\r\n`);
    },
  );
  it.each(['2130706433', '0x7f000001', '0177.0.0.01'])('%s is dialled as the address that it is', async (host) => {
    await using server = await tcpServer((socket) => socket.end('n0nce\n'));
    expect(await make({ host, port: server.port, nonce: 'n0nce' })).toMatchObject({ nonce: 'matched', address: LOOPBACK });
  });
});

describe('the name in TLS', () => {
  let directory: string | undefined;
  let options: { readonly key: string; readonly cert: string } = { key: '', cert: '' };
  beforeAll(() => {
    try {
      const made = mkdtempSync(path.join(tmpdir(), 'bulkhead-names-'));
      execFileSync(
        'openssl',
        // prettier-ignore
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=probe.test',
         '-keyout', `${made}/key.pem`, '-out', `${made}/cert.pem`],
        { stdio: 'ignore' },
      );
      options = { key: readFileSync(`${made}/key.pem`, 'utf8'), cert: readFileSync(`${made}/cert.pem`, 'utf8') };
      directory = made;
    } catch {
      directory = undefined;
    }
  });
  afterAll(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    ['declared.test', {}, 'declared.test', 'declared.test'],
    ['declared.test', { serverName: 'other.test', authority: 'other.test' }, 'other.test', 'other.test'],
    ['declared.test', { authority: 'other.test' }, 'declared.test', 'other.test'],
    ['declared.test', { serverName: 'OTHER.Test' }, 'OTHER.Test', 'declared.test'],
    // RFC 6066 section 3 has no dot at the end; Host is what was dialled.
    ['Declared.test.', {}, 'Declared.test', 'Declared.test.'],
    [LOOPBACK, {}, false, LOOPBACK],
    [LOOPBACK, { serverName: 'declared.test', authority: 'declared.test' }, 'declared.test', 'declared.test'],
  ])('of %s with %j is %s, and %s in Host', async (host, over, sni, authority) => {
    if (directory === undefined) return;
    const seen: { sni?: unknown; host?: string | undefined } = {};
    const server = tls.createServer(options, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        seen.sni = socket.servername;
        seen.host = hostOf(chunk.toString('latin1'))?.replace(/:\d+$/, '');
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    try {
      const resolver = new Resolver([LOOPBACK], [{ name: 'declared.test', address: LOOPBACK }], 1);
      const result = await make({ host, port: (server.address() as AddressInfo).port, tls: true, ...over }, 1000, resolver);
      expect(result).toMatchObject({ outcome: 'connected', peer: { status: 200 } });
      expect(seen).toEqual({ sni, host: authority });
    } finally {
      server.close();
    }
  });
});

describe('a resolver that is asked itself', () => {
  const NXDOMAIN = 3;
  function answerTo(question: Buffer): Buffer {
    const { id = 0, questions = [] } = packet.decode(question);
    const data = { mname: 'ns.test', rname: 'root.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 };
    return packet.encode({
      type: 'response',
      id,
      flags: NXDOMAIN,
      questions,
      authorities: [{ type: 'SOA', name: 'test', data }],
    });
  }
  /** Answers by UDP and TCP on one port, and keeps by which. */
  async function nameServer(asked: string[]) {
    const stream = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        asked.push('tcp');
        const answer = answerTo(chunk.subarray(2));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.end(Buffer.concat([length, answer]));
      });
    });
    await new Promise<void>((resolve) => stream.listen(0, LOOPBACK, resolve));
    const { port } = stream.address() as AddressInfo;
    const socket = dgram.createSocket('udp4');
    socket.on('message', (bytes, from) => {
      asked.push('udp');
      socket.send(answerTo(bytes), from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(port, LOOPBACK, resolve));
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        socket.close();
        await new Promise((resolve) => stream.close(resolve));
      },
    };
  }

  it.each([
    ['udp', false],
    ['tcp', true],
  ])('answers by %s, whatever the namespace is configured with', async (protocol, tcp) => {
    const asked: string[] = [];
    await using server = await nameServer(asked);
    const resolver = { address: LOOPBACK, port: server.port, tcp };
    // The resolver of the namespace knows the name, and is not asked.
    const own = new Resolver([LOOPBACK], [{ name: 'x.test', address: LOOPBACK }], 1);
    expect(await make({ kind: 'dns', host: 'x.test', port: 0, resolver }, 500, own)).toMatchObject({
      outcome: 'nxdomain',
      phase: 'resolve',
      answer: { rcode: 'NXDOMAIN', soa: 'test', server: LOOPBACK },
    });
    expect(asked).toEqual([protocol]);
  });
  it.each([false, true])('is refused where nothing listens (TCP: %s)', async (tcp) => {
    const resolver = { address: LOOPBACK, port: await freePort(), tcp };
    const result = await make({ kind: 'dns', host: 'x.test', port: 0, resolver });
    expect(result).toMatchObject({ outcome: 'refused', phase: 'resolve' });
    expect(result.answer).toBeUndefined();
  });
  it('times out where it says nothing', async () => {
    await using server = await tcpServer((socket) => socket.resume());
    const resolver = { address: LOOPBACK, port: server.port, tcp: true };
    expect(await make({ kind: 'dns', host: 'x.test', port: 0, resolver }, 150)).toMatchObject({
      outcome: 'timeout',
      phase: 'resolve',
    });
  });
});
