import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptedSource, join, openSource, type Source } from '../../../gateway-image/src/pump.ts';
import { closing, listening, LOOPBACK, quiet, readAll, tcpServer, until, type Listening } from './fixtures.ts';

const BLOCK = randomBytes(1 << 20);

/** Two hops, as in real life: TCP to a relay, a unix socket to a gateway, TCP to the destination. */
interface Hops extends AsyncDisposable {
  readonly port: number;
  readonly open: () => number;
}

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(joinPath(tmpdir(), 'bulkhead-pump-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Fails when this Node.js does not let a handle move: then the relay would be slower, and nobody would know. */
function withOwnBuffer(client: Socket): Source {
  const source = acceptedSource(client);
  if (source === undefined) throw new Error('the connection stayed as it was');
  return source;
}

async function hops(destination: number, idleMs = 20_000): Promise<Hops> {
  const sockets = new Set<Socket>();
  const path = joinPath(dir, 'hop.sock');
  const serve = (read: (client: Socket) => Socket | Source, open: () => Source): Server =>
    createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) => {
      const client = read(accepted);
      const source = open();
      for (const each of ['socket' in client ? client.socket : client, source.socket]) {
        sockets.add(each);
        each.on('close', () => sockets.delete(each));
      }
      join(client, source, idleMs);
    });
  const gateway = serve(
    (client) => client,
    () => openSource({ host: LOOPBACK, port: destination }),
  );
  const relay = serve(withOwnBuffer, () => openSource({ path }));
  await new Promise<void>((resolve) => {
    gateway.listen(path, resolve);
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, LOOPBACK, resolve);
  });
  const address = relay.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    open: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of [relay, gateway]) {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
      }
    },
  };
}

/** Sends `count` blocks in pieces of odd sizes, then ends. Answers the hash of what was sent. */
async function send(socket: Socket, count: number): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < count; i += 1) {
    const cut = (i * 7919) % BLOCK.length;
    for (const part of [BLOCK.subarray(cut), BLOCK.subarray(0, cut)]) {
      if (part.length === 0) continue;
      hash.update(part);
      if (!socket.write(part)) await new Promise((resolve) => socket.once('drain', resolve));
    }
  }
  socket.end();
  return hash.digest('hex');
}

/** Reads all, with pauses; answers the hash of what came. */
async function receive(socket: Socket, slowly: boolean): Promise<{ readonly hash: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let reads = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    reads += 1;
    if (slowly && reads % 64 === 0) await (reads % 1024 === 0 ? wait(2) : turn());
  }
  return { hash: hash.digest('hex'), bytes };
}

describe('bytes arrive whole through two hops', () => {
  it.each([
    ['quick readers', false],
    ['slow readers', true],
  ])('200 MB both ways at once, %s', { timeout: 120_000 }, async (_title, slowly) => {
    const COUNT = 200;
    let theirs: Promise<[string, { readonly hash: string; readonly bytes: number }]> | undefined;
    await using server = await tcpServer((socket) => {
      theirs = Promise.all([send(socket, COUNT), receive(socket, slowly)]);
    });
    await using chain = await hops(server.port);
    const client = quiet(connect({ host: LOOPBACK, port: chain.port, allowHalfOpen: true }));
    const [sent, got] = await Promise.all([send(client, COUNT), receive(client, slowly)]);
    const [sentBack, gotThere] = (await theirs) ?? [];
    expect(gotThere).toEqual({ hash: sent, bytes: COUNT << 20 });
    expect(got).toEqual({ hash: sentBack, bytes: COUNT << 20 });
    await until(() => chain.open() === 0);
  });

  it('a reader that stops does not make memory grow, and loses nothing', { timeout: 60_000 }, async () => {
    let written = 0;
    let theirs: Promise<string> | undefined;
    await using server = await tcpServer((socket) => {
      theirs = send(socket, 64);
      const watch = setInterval(() => (written = socket.bytesWritten), 5);
      socket.on('close', () => clearInterval(watch)).resume();
    });
    await using chain = await hops(server.port);
    const client = quiet(connect({ host: LOOPBACK, port: chain.port, allowHalfOpen: true }));
    client.pause();
    let before = -1;
    // Until nothing moves any more: the buffers of the kernel are full.
    while (written === 0 || before !== written) {
      before = written;
      await wait(300);
    }
    expect(written).toBeLessThan(32 << 20);
    const got = await receive(client, false);
    expect(got).toEqual({ hash: await theirs, bytes: 64 << 20 });
    client.end();
  });

  it('to join while bytes of a server that speaks first still wait', { timeout: 60_000 }, async () => {
    let theirs: Promise<string> | undefined;
    await using server = await tcpServer((socket) => {
      theirs = send(socket, 32);
      socket.resume();
    });
    const path = joinPath(dir, 'late.sock');
    const late = createServer({ allowHalfOpen: true }, (client) => {
      const source = openSource({ host: LOOPBACK, port: server.port });
      source.flowInto(client);
      // Its first word comes when the reader has long been full.
      client.once('data', (chunk: Buffer) => {
        source.socket.write(chunk);
        for (let i = 0; i < 5; i += 1) source.flowInto(client);
        join(client, source, 20_000);
      });
    });
    await new Promise<void>((resolve) => {
      late.listen(path, resolve);
    });
    const client = quiet(connect({ path, allowHalfOpen: true }));
    client.pause();
    await wait(200);
    client.write('x');
    await wait(200);
    const got = await receive(client, false);
    expect(got).toEqual({ hash: await theirs, bytes: 32 << 20 });
    client.end();
    await new Promise<void>((resolve) => {
      late.close(() => resolve());
    });
  });

  it('an upload to somebody who has already ended his half', { timeout: 60_000 }, async () => {
    let theirs: Promise<{ readonly hash: string; readonly bytes: number }> | undefined;
    await using server = await tcpServer((socket) => {
      socket.end('bye');
      theirs = receive(socket, true);
    });
    await using chain = await hops(server.port);
    const client = quiet(connect({ host: LOOPBACK, port: chain.port, allowHalfOpen: true }));
    expect(await readAll(client)).toBe('bye');
    const sent = await send(client, 32);
    expect(await theirs).toEqual({ hash: sent, bytes: 32 << 20 });
    await until(() => chain.open() === 0);
  });

  it('what is not yet written when the sender has gone', async () => {
    let there: Socket | undefined;
    await using server = await tcpServer((socket) => {
      there = socket.pause();
      socket.end();
    });
    const path = joinPath(dir, 'gone.sock');
    let upstream: Socket | undefined;
    let accepted: Socket | undefined;
    const joint = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const source = openSource({ host: LOOPBACK, port: server.port });
      upstream = source.socket;
      accepted = client;
      join(client, source, 20_000);
    });
    await new Promise<void>((resolve) => {
      joint.listen(path, resolve);
    });
    const client = quiet(connect({ path, allowHalfOpen: true }));
    expect(await readAll(client)).toBe('');
    let sent = 0;
    // Until the kernel takes no more, and some of it waits in the process.
    while (upstream?.writableLength === 0) {
      await new Promise<void>((resolve) => {
        client.write(BLOCK.subarray(0, 8192), () => resolve());
      });
      sent += 8192;
      await turn();
    }
    client.end();
    await until(() => accepted?.destroyed === true);
    if (there === undefined) throw new Error('nobody came');
    expect((await receive(there, false)).bytes).toBe(sent);
    await new Promise<void>((resolve) => {
      joint.close(() => resolve());
    });
  });

  it('an answer after the question has ended', async () => {
    await using server = await tcpServer((socket) => {
      void receive(socket, false).then(({ bytes }) => socket.end(`got ${bytes}`));
    });
    await using chain = await hops(server.port);
    const client = quiet(connect({ host: LOOPBACK, port: chain.port, allowHalfOpen: true }));
    await send(client, 2);
    expect(await readAll(client)).toBe(`got ${2 << 20}`);
  });
});

describe.each<[string, (client: Socket) => Socket | Source]>([
  ['of a plain connection', (client) => client],
  ['of one with a buffer of our own', withOwnBuffer],
])('a broken side %s', (_title, read) => {
  /** How the other end of a single join sees it. */
  async function outcome(
    server: Listening,
    idleMs = 20_000,
  ): Promise<{ readonly text: string; readonly code: string | undefined }> {
    const joint = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      join(read(client), openSource({ host: LOOPBACK, port: server.port }), idleMs),
    );
    await new Promise<void>((resolve) => {
      joint.listen(0, LOOPBACK, resolve);
    });
    const address = joint.address();
    const client = connect({ host: LOOPBACK, port: typeof address === 'object' && address !== null ? address.port : 0 });
    let code: string | undefined;
    client.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
    client.write('hello');
    const text = await readAll(client);
    await closing(client);
    await new Promise<void>((resolve) => {
      joint.close(() => resolve());
    });
    return { text, code };
  }

  it('is no clean end for the other one', async () => {
    await using server = await tcpServer((socket) => {
      socket.on('data', () => socket.write('half', () => setTimeout(() => socket.resetAndDestroy(), 50)));
    });
    expect(await outcome(server)).toEqual({ text: 'half', code: 'ECONNRESET' });
  });

  it('unlike a side that ended (control)', async () => {
    await using server = await tcpServer((socket) => {
      socket.on('data', () => socket.end('half'));
    }, false);
    expect(await outcome(server)).toEqual({ text: 'half', code: undefined });
  });

  it('nobody there is one', async () => {
    let port = 0;
    {
      await using gone = await tcpServer(() => undefined);
      port = gone.port;
    }
    expect(await outcome({ port } as Listening)).toEqual({ text: '', code: 'ECONNRESET' });
  });

  it('one that has answered and gone is none: what is still said to it goes nowhere', async () => {
    await using server = await tcpServer((socket) => {
      socket.once('data', () => socket.end('enough', () => socket.destroySoon()));
    });
    const joint = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      join(read(client), openSource({ host: LOOPBACK, port: server.port }), 20_000),
    );
    await using entrance = await listening(joint);
    const client = connect({ host: LOOPBACK, port: entrance.port, allowHalfOpen: true });
    let code: string | undefined;
    client.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
    client.write('x');
    expect(await readAll(client)).toBe('enough');
    await new Promise<void>((resolve) => {
      client.end(Buffer.alloc(16 << 20), () => resolve());
    });
    expect(code).toBeUndefined();
  });

  it('when nothing moves is one', async () => {
    await using server = await tcpServer((socket) => socket.resume());
    expect(await outcome(server, 150)).toEqual({ text: '', code: 'ECONNRESET' });
    await until(() => server.open.size === 0);
  });
});
