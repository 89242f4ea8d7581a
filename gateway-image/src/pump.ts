import {
  connect,
  Socket,
  type IpcNetConnectOpts,
  type OnReadOpts,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from 'node:net';

/** A read buffer begins small and grows with what is read into it: idle connections stay cheap. Bytes. */
const SMALL = 16 * 1024;
const LARGE = 256 * 1024;
/** Of all grown buffers together: many connections at once do with small ones. Bytes. */
const MAX_GROWN = 16 * 1024 * 1024;

/** So long a side may still speak to nobody, that it reads the end of the other one. Milliseconds. */
const LINGER_MS = 2000;

let grown = 0;

/** Small buffers of connections that ended, for the next ones: most connections are short. */
const spare: Buffer[] = [];
const MAX_SPARE = 64;

/** A socket with a read buffer of our own, with what it receives going straight on to `sink`. */
export interface Source {
  readonly socket: Socket;
  /**
   * Until it is called, what arrives waits in the kernel. To call it again with the same sink changes nothing but
   * `look`, which sees all that arrives from then on, and must not keep it.
   */
  flowInto(sink: Socket, look?: (bytes: Buffer) => void): void;
}

/** Connects, and reads as a source does. */
export function openSource(options: TcpNetConnectOpts | IpcNetConnectOpts): Source {
  return sourceOf((onread) => connect({ ...options, allowHalfOpen: true, onread }));
}

/**
 * The same for a connection that was accepted paused, and with half-open ones allowed: an upload costs the relay half.
 * Node.js gives a buffer to sockets that it makes for us only, so the handle of this one moves into such a socket, as
 * Node.js itself moves handles between processes. Should it let nobody do that any more, the connection stays as it is.
 */
export function acceptedSource(client: Socket): Source | undefined {
  const owner = client as unknown as { _handle?: unknown };
  const handle = owner._handle;
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return undefined;
  owner._handle = null;
  client.destroy();
  const options = { handle, allowHalfOpen: true, pauseOnCreate: true };
  return sourceOf((onread) => new Socket({ ...options, onread } as SocketConstructorOpts));
}

/**
 * Reads into a buffer that is used again: no allocation a chunk, which a plain stream makes.
 * The buffer is free when the write of its bytes is done; until then nothing more is read.
 */
function sourceOf(make: (onread: OnReadOpts) => Socket): Source {
  let buffer = spare.pop() ?? Buffer.allocUnsafeSlow(SMALL);
  let sink: Socket | undefined;
  let look: ((bytes: Buffer) => void) | undefined;
  let waiting = false;
  const grow = (): void => {
    const size = Math.min(buffer.length * 4, LARGE);
    if (socket.destroyed || size === buffer.length || grown + size - buffer.length > MAX_GROWN) return;
    grown += size - buffer.length;
    buffer = Buffer.allocUnsafeSlow(size);
  };
  const goOn = (): void => {
    // Called for every write: only when none is pending is the buffer free.
    if (!waiting || (sink !== undefined && !sink.destroyed && sink.writableLength > 0)) return;
    waiting = false;
    socket.resume();
  };
  const socket = make({
    buffer: () => buffer,
    callback: (count) => {
      if (sink === undefined) return false;
      // Nobody is there to be told, and what is left unread would turn the end into a reset.
      if (sink.destroyed) return true;
      if (!sink.writable) return false;
      const bytes = buffer.subarray(0, count);
      look?.(bytes);
      sink.write(bytes, goOn);
      waiting = sink.writableLength > 0;
      // Bytes that wait to be written are still in the old buffer: only a free one may be replaced.
      if (!waiting && count === buffer.length) grow();
      return !waiting;
    },
  });
  socket.pause();
  socket.once('close', () => {
    grown -= buffer.length - SMALL;
    // One whose bytes still wait to be written is not free.
    const free = !waiting && (sink === undefined || sink.writableLength === 0);
    if (free && buffer.length === SMALL && spare.length < MAX_SPARE) spare.push(buffer);
  });
  return {
    socket,
    flowInto: (target, looking) => {
      sink = target;
      look = looking;
      // Reading while a write is pending would overwrite what it writes.
      if (!waiting) socket.resume();
    },
  };
}

/** Looks at what passes between two joined sockets. */
export interface Guard {
  /** Whether these bytes of the client may pass; whoever says no ends both sides. */
  readonly mayPass: (bytes: Buffer) => boolean;
  readonly answered: (bytes: Buffer) => void;
}

/**
 * Joins an accepted connection with the one that was opened for it, both ways, each half closed on its own.
 * Ends with both destroyed; a side that broke is passed on as a reset, so that nobody takes it for a clean end.
 */
export function join(client: Socket, source: Source, idleTimeoutMs: number, guard: Guard | undefined): void;
export function join(accepted: Socket | Source, source: Source, idleTimeoutMs: number): void;
export function join(accepted: Socket | Source, source: Source, idleTimeoutMs: number, guard?: Guard): void {
  const { socket: upstream } = source;
  const client = accepted instanceof Socket ? accepted : accepted.socket;
  source.flowInto(client, guard?.answered);
  if (accepted instanceof Socket) flowPlainly(accepted, upstream, guard);
  else accepted.flowInto(upstream);
  client.on('end', () => upstream.end());
  upstream.on('end', () => client.end());
  const idle = (): void => {
    reset(client);
    reset(upstream);
  };
  for (const side of [client, upstream]) side.removeAllListeners('timeout').setTimeout(idleTimeoutMs, idle);
  passOnEnd(client, upstream);
  passOnEnd(upstream, client);
}

function flowPlainly(client: Socket, upstream: Socket, guard: Guard | undefined): void {
  client.on('data', (chunk: Buffer) => {
    if (guard?.mayPass(chunk) === false) return;
    if (!upstream.destroyed && !upstream.write(chunk)) client.pause();
  });
  upstream.on('drain', () => client.resume());
  client.resume();
}

/**
 * What `from` received whole is still written to `to`, which then closes by itself; a `from` that went before
 * its end takes `to` with it. An 'error' is always followed by 'close'.
 */
function passOnEnd(from: Socket, to: Socket): void {
  from.on('error', () => undefined);
  from.on('close', () => {
    if (!from.readableEnded) return reset(to);
    // What `to` still says goes nowhere, but to close on it at once would reset it before it has read all.
    to.resume();
    const linger = (): void => {
      if (to.destroyed) return;
      const timer = setTimeout(() => to.destroy(), LINGER_MS);
      to.once('close', () => clearTimeout(timer));
    };
    // To end what has ended costs an error, which nobody would read.
    if (to.writableFinished) linger();
    else if (!to.destroyed) to.end(linger);
    return undefined;
  });
}

/** RST where there is one (TCP); a unix socket is just closed. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
