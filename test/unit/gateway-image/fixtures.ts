import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admission } from '../../../gateway-image/src/admission.ts';
import { httpSide, type HttpSide } from '../../../gateway-image/src/http-proxy.ts';
import { decisionLog } from '../../../gateway-image/src/log.ts';
import { compilePolicy } from '../../../gateway-image/src/policy.ts';
import { encodePreamble } from '../../../gateway-image/src/preamble.ts';
import type { Resolver } from '../../../gateway-image/src/resolve.ts';
import { serveConnection, type Gateway } from '../../../gateway-image/src/tunnel.ts';
import type { GatewayLimits, GatewayLine } from '../../../src/model/compartment.ts';

/** Everything here stays on loopback and in unix sockets: every name means 127.0.0.1. */
export const LOOPBACK = '127.0.0.1';
export const toLoopback: Resolver = { addresses: () => Promise.resolve([LOOPBACK]) };

export const LIMITS: GatewayLimits = { connections: 64, connectTimeoutMs: 5000, idleTimeoutMs: 20_000, headerTimeoutMs: 10_000 };

export type Decision = Extract<GatewayLine, { type: 'decision' }>;

export interface Listening extends AsyncDisposable {
  readonly port: number;
  readonly open: ReadonlySet<Socket>;
  readonly accepted: () => number;
}

/** Listens on a free port of loopback and counts who comes. */
export async function listening(server: Server): Promise<Listening> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, LOOPBACK, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    open,
    accepted: () => accepted,
    [Symbol.asyncDispose]: () => closed(server, open),
  };
}

export function tcpServer(serve: (socket: Socket) => void, allowHalfOpen = true): Promise<Listening> {
  return listening(createServer({ allowHalfOpen }, serve));
}

async function closed(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}

export interface Running extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly http: HttpSide;
  readonly lines: readonly GatewayLine[];
  readonly decisions: () => readonly Decision[];
  /** Connections that were allowed and made; the lines of a flood are left out, these are counted. */
  readonly allowed: () => number;
  /** Those of them that are for a request of HTTP. */
  readonly requests: () => number;
  /** As the relay does it: connected, with a preamble ahead. */
  readonly dial: (host: string, port: number) => Socket;
  /** To the proxy. */
  readonly proxy: () => Socket;
  readonly connectPath: string;
  readonly proxyPath: string;
  /** Connections that the gateway still holds. */
  readonly held: () => number;
}

export interface Wishes {
  readonly hosts?: readonly string[];
  readonly ports: readonly number[];
  readonly resolver?: Resolver;
  readonly limits?: Partial<GatewayLimits>;
  readonly hostAddresses?: readonly string[];
}

/** The gateway's way out, on real unix sockets. By default it allows name.test, which means 127.0.0.1. */
export async function runGateway(wishes: Wishes): Promise<Running> {
  const lines: GatewayLine[] = [];
  const limits = { ...LIMITS, ...wishes.limits };
  const log = decisionLog((line) => lines.push(JSON.parse(line) as GatewayLine));
  let allowed = 0;
  let requests = 0;
  const gateway: Gateway = {
    policy: compilePolicy({
      hosts: wishes.hosts ?? ['name.test', LOOPBACK],
      ports: wishes.ports,
      hostAddresses: wishes.hostAddresses ?? [],
      allowEch: false,
    }),
    resolver: wishes.resolver ?? toLoopback,
    limits,
    log: {
      ...log,
      decision: (entry) => {
        if (entry.decision === 'allowed') allowed += 1;
        if (entry.decision === 'allowed' && entry.via === 'http') requests += 1;
        log.decision(entry);
      },
    },
    admit: admission(limits.connections),
  };
  const http = httpSide(gateway);
  const dir = mkdtempSync(join(tmpdir(), 'bulkhead-gateway-'));
  const connectPath = join(dir, 'connect.sock');
  const proxyPath = join(dir, 'proxy.sock');
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => serveConnection(gateway, client, http.takeOver));
  for (const each of [server, http.server]) {
    each.on('connection', (socket: Socket) => {
      if (open.has(socket)) return;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
  }
  await Promise.all([
    new Promise<void>((resolve) => server.listen(connectPath, resolve)),
    new Promise<void>((resolve) => http.server.listen(proxyPath, resolve)),
  ]);
  return {
    gateway,
    http,
    lines,
    allowed: () => allowed,
    requests: () => requests,
    decisions: () => lines.filter((line) => line.type === 'decision'),
    dial: (host, port) => {
      const socket = quiet(connect({ path: connectPath, allowHalfOpen: true }));
      socket.write(encodePreamble({ host, port }));
      return socket;
    },
    proxy: () => quiet(connect({ path: proxyPath, allowHalfOpen: true })),
    connectPath,
    proxyPath,
    held: () => open.size,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([closed(server, open), closed(http.server, open)]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function quiet(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}

/** All that comes until the other side ends or breaks; `latin1`. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const done = (): void => resolve(Buffer.concat(chunks).toString('latin1'));
    socket.on('end', done).on('close', done);
  });
}

/** What comes until `pattern` is in it, or until the end. */
export function readUntil(socket: Socket, pattern: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const done = (): void => {
      socket.removeListener('data', read);
      resolve(text);
    };
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (pattern.test(text)) done();
    };
    socket.on('data', read).on('end', done).on('close', done);
  });
}

export function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** Waits until it is so; the test's own time limit bounds it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
