/**
 * A hostile server, as a program for `node -e` whose types have been stripped: it may import from Node.js alone.
 * It does what it is told and says what came of it; it judges nothing.
 *
 * With ATTACK_PLAN in its environment it carries that plan out, prints one line of JSON and ends. Without, each
 * line of its input is a plan, and each line of its output the answer.
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { chownSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { Worker } from 'node:worker_threads';

export type Attempt =
  | Talk
  /** Sends one datagram, again and again, until one comes back. */
  | { readonly do: 'udp'; readonly host: string; readonly port: number; readonly payload: string; readonly forMs?: number }
  | Query
  /** As a program asks: by way of the C library. */
  | { readonly do: 'resolve'; readonly name: string }
  /** Opens so many connections, the targets in turn, and keeps them; then tells how many it has. */
  | { readonly do: 'flood'; readonly targets: readonly Target[]; readonly count: number; readonly bytes?: string }
  /** Ends all connections that are kept. */
  | { readonly do: 'release' }
  /** So many connections with a byte now and then; how many of them are open at the end of the time. */
  | {
      readonly do: 'linger';
      readonly target: Target;
      readonly bytes: string;
      readonly count: number;
      readonly forMs: number;
    }
  /** Keeps every processor busy until `release`. */
  | { readonly do: 'burn'; readonly threads: number }
  /** Listens for good and answers with `says`. */
  | { readonly do: 'listen'; readonly host: string; readonly port: number; readonly says: string; readonly udp?: boolean }
  | { readonly do: 'unix'; readonly path: string }
  | { readonly do: 'identity' }
  | { readonly do: 'read'; readonly path: string }
  | { readonly do: 'list'; readonly path: string }
  | { readonly do: 'write'; readonly directory: string; readonly execute?: boolean }
  /** Fills a directory with so many MiB. */
  | { readonly do: 'fill'; readonly directory: string; readonly mebibytes: number }
  | { readonly do: 'become-root' }
  | { readonly do: 'own'; readonly path: string }
  /** What a program with the set-uid bit runs as. */
  | { readonly do: 'run'; readonly argv: readonly string[] }
  /** The processes that can be seen, what their environment says, and a polite signal to all but this one. */
  | { readonly do: 'processes'; readonly signal: boolean };

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** One TCP connection: perhaps through a proxy, perhaps with TLS, then words in turn. */
export interface Talk extends Target {
  readonly do: 'talk';
  /** Sent first; all else only when the answer to it is 200. */
  readonly tunnel?: string;
  readonly tls?: { readonly servername?: string };
  /** Latin-1. After each but the last, waits until `until` has come once more. */
  readonly say?: readonly string[];
  /** The end of an answer. Without it, whatever comes until the other side ends. */
  readonly until?: string;
  /** Says after the last word that there is no more. */
  readonly end?: boolean;
  /** What `<BIG>` in a word stands for: this text, so often. */
  readonly big?: readonly [text: string, times: number];
}

/** A question written by hand, so that nothing makes it look better than it is. */
export interface Query {
  readonly do: 'dns';
  readonly server: string;
  readonly tcp: boolean;
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'TXT' | 'ANY';
  /** Bytes of padding (RFC 7830) behind the question. */
  readonly padding?: number;
}

/** `outcome`: `connected`, `answered`, `done`, `silent`, or the code of an error. */
export interface Result {
  readonly outcome: string;
  /** What was received or read; Latin-1. */
  readonly text?: string;
  readonly number?: number;
  readonly list?: readonly string[];
}

export type Plan = Readonly<Record<string, Attempt>>;
export type Results<P extends Plan = Plan> = { readonly [K in keyof P]: Result };

/** Only a failure takes so long: whatever is looked at here ends by itself. Milliseconds. */
const PATIENCE = 20_000;
/** A new address may not be used for the first two seconds (RFC 4862). */
const DATAGRAM_MS = 8000;
const TYPES = { A: 1, AAAA: 28, TXT: 16, ANY: 255 } as const;

const kept = new Set<Socket | Worker>();
const servers: Server[] = [];

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function attempted(action: () => Result | void): Result {
  try {
    return action() ?? { outcome: 'done' };
  } catch (error) {
    return { outcome: codeOf(error) };
  }
}

/** Resolves once, at the latest when patience ends. */
function within(start: (settle: (result: Result) => void) => void): Promise<Result> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ outcome: 'timeout' }), PATIENCE);
    start((result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
}

function talk({ host, port, tunnel, tls, say = [], until, end: hangUp = false, big = ['', 0] }: Talk): Promise<Result> {
  return within((settle) => {
    const plain = connect({ host, port });
    let text = '';
    let status = '';
    const end = (outcome: string): void => {
      plain.destroy();
      settle({ outcome, text: text || status });
    };
    const converse = (stream: Socket): void => {
      const left = [...say];
      let answered = 0;
      const next = (): void => {
        const words = left.shift();
        if (words !== undefined) stream.write(words.replace('<BIG>', big[0].repeat(big[1])), 'latin1');
        if (hangUp && left.length === 0) stream.end();
      };
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (until === undefined) return;
        while (text.split(until).length - 1 > answered) {
          answered += 1;
          if (left.length === 0) return end('connected');
          next();
        }
      });
      stream.on('error', (error) => end(tls === undefined ? codeOf(error) : `tls ${codeOf(error)}`));
      stream.on('close', () => end('connected'));
      stream.resume();
      next();
    };
    const secure = (): void => {
      if (tls === undefined) return converse(plain);
      const stream = connectTls({ socket: plain, rejectUnauthorized: false, ...tls });
      return converse(stream);
    };
    plain.on('error', (error) => end(codeOf(error)));
    plain.once('connect', () => {
      if (tunnel === undefined) return secure();
      plain.write(tunnel, 'latin1');
      const read = (chunk: Buffer): void => {
        status += chunk.toString('latin1');
        if (!status.includes('\r\n\r\n')) return;
        plain.removeListener('data', read);
        plain.pause();
        if (status.startsWith('HTTP/1.1 200 ')) secure();
        else end('refused by the proxy');
      };
      plain.on('data', read);
      plain.on('close', () => end('connected'));
      return undefined;
    });
  });
}

function datagram(host: string, port: number, payload: Buffer, forMs: number): Promise<Result> {
  return within((settle) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    let over = false;
    const end = (result: Result): void => {
      if (over) return;
      over = true;
      clearInterval(again);
      clearTimeout(silence);
      socket.close();
      settle(result);
    };
    // Datagrams may be lost on a busy machine; an echo that is there answers one of them.
    const again = setInterval(() => {
      try {
        socket.send(payload);
      } catch {
        // Not connected yet.
      }
    }, 200);
    const silence = setTimeout(() => end({ outcome: 'silent' }), forMs);
    socket.on('error', (error) => end({ outcome: codeOf(error) }));
    socket.on('message', (message) => end({ outcome: 'answered', text: message.toString('latin1') }));
    // Connected, so that what the network says against it is heard.
    socket.once('connect', () => socket.send(payload));
    socket.connect(port, host);
  });
}

function question({ name, type, padding }: Query): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  const head = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, padding === undefined ? 0 : 1]);
  const what = Buffer.from([0, 0, TYPES[type], 0, 1]);
  if (padding === undefined) return Buffer.concat([head, ...labels, what]);
  // RFC 6891: a record OPT of the root, with one option.
  const option = Buffer.alloc(11 + 4);
  option.set([0, 0, 41, 0x10, 0]);
  option.writeUInt16BE(4 + padding, 9);
  option.writeUInt16BE(12, 11);
  option.writeUInt16BE(padding, 13);
  return Buffer.concat([head, ...labels, what, option, Buffer.alloc(padding, 0x61)]);
}

/** The response code and how many answers there are, e.g. `rcode 5, 0 answers`. */
function answerText(message: Buffer): string {
  return message.length < 12 ? 'none' : `rcode ${message.readUInt8(3) & 15}, ${message.readUInt16BE(6)} answers`;
}

async function ask(query: Query): Promise<Result> {
  const message = question(query);
  if (!query.tcp) {
    const result = await datagram(query.server, 53, message, DATAGRAM_MS);
    return result.text === undefined ? result : { ...result, text: answerText(Buffer.from(result.text, 'latin1')) };
  }
  return within((settle) => {
    const socket = connect({ host: query.server, port: 53 });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    let received = Buffer.alloc(0);
    socket.once('connect', () => socket.write(Buffer.concat([length, message])));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 14) return;
      socket.destroy();
      settle({ outcome: 'answered', text: answerText(received.subarray(2)) });
    });
    socket.on('error', (error) => settle({ outcome: codeOf(error) }));
    socket.on('close', () => settle({ outcome: 'silent' }));
  });
}

/** A thousand at a time, so that none waits so long for its turn that it seems to be refused. */
async function flood(targets: readonly Target[], count: number, bytes: string): Promise<Result> {
  let connected = 0;
  const errors = new Map<string, number>();
  for (let done = 0; done < count; done += 1000) {
    await Promise.all(
      Array.from({ length: Math.min(1000, count - done) }, async (_, index) => {
        const { host, port } = targets[index % targets.length] ?? { host: '', port: 0 };
        const { outcome } = await within((settle) => {
          const socket = connect({ host, port });
          kept.add(socket);
          socket.once('connect', () => {
            socket.write(bytes);
            settle({ outcome: 'connected' });
          });
          socket.on('error', (error) => settle({ outcome: codeOf(error) }));
          socket.on('close', () => kept.delete(socket));
          socket.resume();
        });
        if (outcome === 'connected') connected += 1;
        else errors.set(outcome, (errors.get(outcome) ?? 0) + 1);
      }),
    );
  }
  return { outcome: 'done', number: connected, list: [...errors].map(([code, times]) => `${times} ${code}`) };
}

function linger({ host, port }: Target, bytes: string, count: number, forMs: number): Promise<Result> {
  return new Promise((resolve) => {
    const open = new Set<Socket>();
    const end = (): void => {
      clearTimeout(timer);
      resolve({ outcome: 'done', number: open.size });
      for (const socket of open) socket.destroy();
    };
    const timer = setTimeout(end, forMs);
    for (let made = 0; made < count; made += 1) {
      let at = 0;
      const socket = connect({ host, port });
      const slowly = setInterval(() => {
        if (at < bytes.length) socket.write(bytes.charAt(at), 'latin1');
        at += 1;
      }, 500);
      open.add(socket);
      socket.on('error', () => undefined).resume();
      socket.on('close', () => {
        clearInterval(slowly);
        open.delete(socket);
        if (open.size === 0) end();
      });
    }
  });
}

function burn(threads: number): Result {
  for (let made = 0; made < threads; made += 1) kept.add(new Worker('for (;;);', { eval: true }));
  return { outcome: 'done' };
}

async function release(): Promise<Result> {
  for (const one of kept) {
    if (one instanceof Worker) await one.terminate();
    else one.destroy();
  }
  kept.clear();
  return { outcome: 'done' };
}

function listen(host: string, port: number, says: string, udp: boolean): Promise<Result> {
  return within((settle) => {
    const failed = (error: Error): void => settle({ outcome: codeOf(error) });
    if (udp) {
      // As a thief does: shared with whoever listens there already, if he lets it.
      createSocket({ type: 'udp4', reuseAddr: true })
        .on('error', failed)
        .bind(port, host, () => settle({ outcome: 'done' }));
      return;
    }
    const server = createServer((socket) => socket.on('error', () => undefined).end(says));
    servers.push(server);
    server.on('error', failed).listen({ host, port }, () => settle({ outcome: 'done' }));
  });
}

function unix(path: string): Promise<Result> {
  return within((settle) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      settle({ outcome: 'connected' });
    });
    socket.on('error', (error) => settle({ outcome: codeOf(error) }));
  });
}

/** `uid=… gid=… groups=…`, and the lines of the kernel about capabilities, new privileges and seccomp. */
function identity(): Result {
  const status = readFileSync('/proc/self/status', 'utf8');
  const lines = status.split('\n').filter((line) => /^(?:Cap\w+|NoNewPrivs|Seccomp|Groups):/.test(line));
  const ids = `uid=${process.getuid?.()} euid=${process.geteuid?.()} gid=${process.getgid?.()}`;
  return { outcome: 'done', list: [ids, ...lines.map((line) => line.replace(/:\s+/, '=').trim())] };
}

/** A program: what runs it is named in its first line. */
const SCRIPT = '#!/bulkhead/node\nprocess.exitCode = 42;\n';

function write(directory: string, execute: boolean): Result {
  const path = `${directory === '/' ? '' : directory}/hostile-${process.pid}`;
  return attempted(() => {
    writeFileSync(path, SCRIPT, { mode: 0o755 });
    const run = execute ? spawnSync(path) : undefined;
    rmSync(path, { force: true });
    if (run === undefined) return { outcome: 'done' };
    return { outcome: run.error === undefined ? `ran, exit ${run.status}` : codeOf(run.error) };
  });
}

function fill(directory: string, mebibytes: number): Result {
  const path = `${directory}/big`;
  const result = attempted(() => writeFileSync(path, Buffer.alloc(mebibytes << 20, 1)));
  rmSync(path, { force: true });
  return result;
}

function processes(signal: boolean): Result {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const others = ids.filter((id) => id !== String(process.pid));
  const list = others.map((id) => {
    const environment = attempted(() => ({ outcome: 'read', text: readFileSync(`/proc/${id}/environ`, 'utf8') }));
    const kill = signal ? attempted(() => void process.kill(Number(id), 'SIGTERM')).outcome : 'not tried';
    return `${id} environment: ${environment.text ?? environment.outcome} signal: ${kill}`;
  });
  return { outcome: 'done', number: others.length, list };
}

async function attempt(what: Attempt): Promise<Result> {
  switch (what.do) {
    case 'talk':
      return talk(what);
    case 'udp':
      return datagram(what.host, what.port, Buffer.from(what.payload), what.forMs ?? DATAGRAM_MS);
    case 'dns':
      return ask(what);
    case 'resolve':
      return lookup(what.name).then(
        ({ address }) => ({ outcome: 'answered', text: address }),
        (error: unknown) => ({ outcome: codeOf(error) }),
      );
    case 'flood':
      return flood(what.targets, what.count, what.bytes ?? '');
    case 'release':
      return release();
    case 'linger':
      return linger(what.target, what.bytes, what.count, what.forMs);
    case 'burn':
      return burn(what.threads);
    case 'listen':
      return listen(what.host, what.port, what.says, what.udp ?? false);
    case 'unix':
      return unix(what.path);
    case 'identity':
      return identity();
    case 'read':
      return attempted(() => ({ outcome: 'done', text: readFileSync(what.path, 'latin1').slice(0, 100_000) }));
    case 'list':
      return attempted(() => ({ outcome: 'done', list: readdirSync(what.path) }));
    case 'write':
      return write(what.directory, what.execute ?? false);
    case 'fill':
      return fill(what.directory, what.mebibytes);
    case 'become-root':
      return attempted(() => process.setuid?.(0));
    case 'own':
      return attempted(() => chownSync(what.path, 0, 0));
    case 'run': {
      const [file = '', ...args] = what.argv;
      const { error, stdout } = spawnSync(file, args, { encoding: 'utf8' });
      return error === undefined ? { outcome: 'done', text: stdout.trim() } : { outcome: codeOf(error) };
    }
    case 'processes':
      return processes(what.signal);
  }
}

async function carryOut(plan: Plan): Promise<Results> {
  const entries = Object.entries(plan).map(async ([name, what]) => [name, await attempt(what)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Written whole, also into a pipe: an exit does not wait for what is on its way. */
function print(results: Results): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(results)}\n`, () => resolve()));
}

const once = process.env['ATTACK_PLAN'];
if (once === undefined) {
  for await (const line of createInterface({ input: process.stdin })) await print(await carryOut(JSON.parse(line) as Plan));
  process.exit(0);
}
await print(await carryOut(JSON.parse(once) as Plan));
process.exit(0);
