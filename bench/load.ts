/**
 * The server of the benchmark: it measures what its network gives it. Runs alike in a compartment and in a plain
 * container whose way out is a proxy. One job a line on standard input, one result a line on standard output.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';

/** Directly by name, or through an HTTP proxy by CONNECT. */
export interface Way {
  readonly proxy?: { readonly host: string; readonly port: number };
}

export type Job = Way & { readonly host: string; readonly port: number } & (
    | { readonly kind: 'connections'; readonly count: number; readonly concurrency: number }
    | { readonly kind: 'https'; readonly count: number; readonly ca: string }
    | { readonly kind: 'down' | 'up'; readonly streams: number; readonly bytes: number }
  );

/** `connections`: a second. `https`: milliseconds each. `down`, `up`: megabytes (10^6) a second of all streams together. */
export type Result = { readonly values: readonly number[] } | { readonly error: string };

const BLOCK = Buffer.alloc(256 * 1024);
const QUESTION = Buffer.alloc(64);

type Sink = (bytes: Buffer) => void;

/** @param sink takes what comes, in a buffer that is used again: the reader must not be what is measured */
function open({ proxy, host, port }: Job, sink?: Sink): Promise<Socket> {
  const to = proxy ?? { host, port };
  return new Promise((resolve, reject) => {
    let head = proxy === undefined ? undefined : '';
    const readHead = (bytes: Buffer): void => {
      head = `${head ?? ''}${bytes.toString('latin1')}`;
      if (!head.endsWith('\r\n\r\n')) return;
      const ok = / 200 /.test(head);
      head = undefined;
      if (sink === undefined) socket.off('data', readHead);
      if (ok) resolve(socket);
      else reject(new Error('the proxy refused'));
    };
    const onread =
      sink === undefined
        ? {}
        : {
            onread: {
              buffer: Buffer.allocUnsafeSlow(256 * 1024),
              callback: (count: number, buffer: Uint8Array) => {
                const bytes = (buffer as Buffer).subarray(0, count);
                if (head === undefined) sink(bytes);
                else readHead(bytes);
                return true;
              },
            },
          };
    const socket = connect({ ...to, noDelay: true, allowHalfOpen: true, ...onread });
    socket.on('error', reject);
    socket.once('connect', () => {
      if (proxy === undefined) return resolve(socket);
      if (sink === undefined) socket.on('data', readHead);
      socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
      return undefined;
    });
  });
}

/** A fresh connection, one question of 64 bytes, its echo. */
async function echo(job: Job): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let got = 0;
  const socket = await open(job);
  socket.on('data', (bytes) => {
    got += bytes.length;
    if (got >= QUESTION.length) resolve();
  });
  socket.once('close', () => reject(new Error('closed before the echo')));
  socket.write(QUESTION);
  await promise;
  socket.end();
}

/** A fresh connection, a TLS handshake, a request, its whole answer. */
async function https(job: Job, ca: string): Promise<number> {
  const start = performance.now();
  const socket = await open(job);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const tls = connectTls({ socket, servername: job.host, ca });
  tls.on('error', reject).once('close', () => reject(new Error('closed before the answer')));
  let text = '';
  tls.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    const [head = '', body] = text.split('\r\n\r\n');
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (body === undefined || body.length < length) return;
    if (head.startsWith('HTTP/1.1 200')) resolve(performance.now() - start);
    else reject(new Error(`answered ${head.slice(0, 40)}`));
    tls.end();
  });
  tls.write(`GET / HTTP/1.1\r\nHost: ${job.host}\r\n\r\n`);
  return promise;
}

async function down(job: Job, bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let got = 0;
  const socket = await open(job, (chunk) => {
    got += chunk.length;
    if (got === bytes) resolve();
  });
  socket.once('close', () => reject(new Error(`${got} of ${bytes} bytes came`)));
  socket.write(`${bytes}\n`);
  await promise;
  socket.end();
}

async function up(job: Job, bytes: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = await open(job, (chunk) => resolve(chunk.toString('latin1')));
  socket.once('close', () => reject(new Error('closed before all was taken')));
  // Not the end of the connection says how much there is: squid would end the answer with it.
  socket.write(`${bytes}\n`);
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    if (socket.write(left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK)) continue;
    await new Promise<void>((drained) => {
      socket.once('drain', drained);
    });
  }
  const taken = await promise;
  socket.end();
  if (taken !== String(bytes)) throw new Error(`${taken} of ${bytes} bytes were taken`);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function run(job: Job): Promise<readonly number[]> {
  switch (job.kind) {
    case 'connections': {
      let left = job.count;
      const worker = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await echo(job);
        }
      };
      return [job.count / (await seconds(() => Promise.all(Array.from({ length: job.concurrency }, worker))))];
    }
    case 'https': {
      const values: number[] = [];
      for (let index = 0; index < job.count; index += 1) values.push(await https(job, job.ca));
      return values;
    }
    case 'down':
    case 'up': {
      const one = job.kind === 'down' ? down : up;
      const share = Math.floor(job.bytes / job.streams);
      const streams = Array.from({ length: job.streams }, () => share);
      return [(share * job.streams) / 1e6 / (await seconds(() => Promise.all(streams.map((bytes) => one(job, bytes)))))];
    }
  }
}

const answer = (result: Result): void => void process.stdout.write(`${JSON.stringify(result)}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  run(JSON.parse(line) as Job).then(
    (values) => answer({ values }),
    (error: unknown) => answer({ error: String(error) }),
  );
});
