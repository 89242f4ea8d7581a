import fc from 'fast-check';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodePreamble } from '../../../gateway-image/src/preamble.ts';
import { LOOPBACK, quiet, readAll, runGateway, tcpServer, until } from './fixtures.ts';
import { madeHello, sni } from './hellos.ts';

/** A bounded time for each of the two doors. Milliseconds. */
const TIME = 2500;

describe('random bytes and mutated traffic', () => {
  it.each(['connect', 'proxy'] as const)(
    'at the door of %s reach only what is allowed, and nothing stays behind',
    { timeout: 60_000 },
    async (door) => {
      await using allowed = await tcpServer((socket) => socket.resume().end('reached'), false);
      // On the same port of another loopback address: whoever gets the name wrong comes out here.
      await using canary = await tcpServer((socket) => socket.end('canary'), false);
      const forbidden = ['evil.test', '127.0.0.2', 'localhost', '0x7f.1', '::1', '::ffff:127.0.0.2'];
      const names: string[] = [];
      const resolver = {
        addresses: (name: string) => {
          names.push(name);
          return Promise.resolve([LOOPBACK]);
        },
      };
      // The port of the canary is not allowed; that of the other one is.
      await using gateway = await runGateway({
        ports: [allowed.port],
        resolver,
        limits: { headerTimeoutMs: 300, idleTimeoutMs: 1000, connections: 500 },
      });
      const port = fc.constantFrom(allowed.port, allowed.port, canary.port);
      const host = fc.constantFrom('name.test', 'name.test', LOOPBACK, ...forbidden);
      const inside = fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        host.map((name) => madeHello(sni(name))),
        fc.tuple(host, host, port).map(([a, b, p]) => Buffer.from(`GET http://${a}:${p}/ HTTP/1.1\r\nHost: ${b}:${p}\r\n\r\n`)),
        fc
          .tuple(host, port)
          .map(([a, p]) =>
            Buffer.from(`POST / HTTP/1.1\r\nHost: ${a}:${p}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
          ),
      );
      const opening =
        door === 'connect'
          ? fc.tuple(host, port).map(([name, p]) => encodePreamble({ host: name, port: p }))
          : fc.oneof(
              fc.constant(Buffer.alloc(0)),
              fc.tuple(host, port).map(([name, p]) => Buffer.from(`CONNECT ${name}:${p} HTTP/1.1\r\nHost: x\r\n\r\n`)),
            );
      const change = fc.tuple(fc.nat(600), fc.nat(255));
      const traffic = fc.tuple(opening, fc.array(inside, { maxLength: 3 }), fc.array(change, { maxLength: 2 }), fc.boolean());
      const samples = fc.sample(traffic, 4000);
      const path = door === 'connect' ? gateway.connectPath : gateway.proxyPath;
      const end = performance.now() + TIME;
      let sent = 0;
      while (performance.now() < end) {
        const batch: Socket[] = [];
        for (let i = 0; i < 40; i += 1) {
          const [head, parts, changes, abrupt] = samples[sent % samples.length] ?? [Buffer.alloc(0), [], [], true];
          const bytes = Buffer.concat([head, ...parts]);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const client = quiet(connect({ path }));
          client.resume();
          client.write(bytes.subarray(0, bytes.length >> 1));
          client.write(bytes.subarray(bytes.length >> 1));
          if (abrupt) setTimeout(() => client.destroy(), 5);
          else client.end();
          batch.push(client);
          sent += 1;
        }
        await Promise.all(batch.map((client) => new Promise((resolve) => client.once('close', resolve))));
      }
      expect(sent).toBeGreaterThan(40);
      expect(canary.accepted()).toBe(0);
      // The positive control: the same traffic did reach what is allowed.
      expect(allowed.accepted()).toBeGreaterThan(0);
      expect([...new Set(names)]).toEqual(['name.test']);
      // Nothing is held, on either side.
      await until(() => gateway.held() === 0 && allowed.open.size === 0);
      // And it still serves.
      expect(await readAll(gateway.dial('name.test', allowed.port))).toBe('reached');
      // The canary is one: it answers who gets there.
      expect(await readAll(connect(canary.port, LOOPBACK))).toBe('canary');
    },
  );
});
