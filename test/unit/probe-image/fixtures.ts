import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { attempt } from '../../../probe-image/src/attempt.ts';
import type { StallMonitor } from '../../../probe-image/src/deadline.ts';
import { Resolver, type HostEntry } from '../../../probe-image/src/resolver.ts';
import type { Attempt, AttemptSpec } from '../../../src/model/attempt.ts';

/** Everything here stays on loopback: no name is asked of a real name server. */
export const LOOPBACK = '127.0.0.1';

export function spec(over: Partial<AttemptSpec> = {}): AttemptSpec {
  return {
    id: 'a',
    purpose: 'declared',
    kind: 'tcp',
    host: LOOPBACK,
    port: 1,
    family: 4,
    path: 'direct',
    subject: 'subject',
    controls: [],
    ...over,
  };
}

export function budget(timeoutMs: number) {
  return { start: performance.now(), timeoutMs };
}

/** Knows the given names, and asks only a port of loopback on which nothing is. */
export function offlineResolver(hosts: readonly HostEntry[] = []): Resolver {
  return new Resolver([LOOPBACK], hosts, 1);
}

/** Many tests share the processor: what that takes from a probe is no matter of theirs. */
const NEVER_STALLED = { since: () => 0 };

export async function make(
  over: Partial<AttemptSpec>,
  timeoutMs = 400,
  resolver = offlineResolver(),
  stalls: Pick<StallMonitor, 'since'> = NEVER_STALLED,
): Promise<Attempt> {
  return attempt(spec(over), timeoutMs, { resolver, stalls });
}

export interface Running extends AsyncDisposable {
  readonly port: number;
  /** Sockets that are open on the server's side. */
  readonly open: Set<net.Socket>;
  readonly accepted: () => number;
}

/** A TCP server on loopback that does `serve` with each connection. */
export async function tcpServer(serve: (socket: net.Socket) => void, listen: net.ListenOptions = {}): Promise<Running> {
  const open = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer((socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen({ host: LOOPBACK, port: 0, ...listen }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    open,
    accepted: () => accepted,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Says nothing, and notices when the other side goes. */
export function silent(socket: net.Socket): void {
  socket.resume();
}

/** Waits until `condition` holds; fails after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > 2000) throw new Error('It did not happen.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A port of loopback on which nothing listens. */
export async function freePort(): Promise<number> {
  await using server = await tcpServer(() => undefined);
  return server.port;
}

/** A listener that completes no handshake: its queue is full and it never accepts. */
export async function fullBacklog(): Promise<{ readonly port: number } & AsyncDisposable> {
  // Node.js accepts as fast as it can; only a process that does not run leaves its queue full.
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const s=require('net').createServer();s.listen({host:'127.0.0.1',port:0,backlog:1},()=>{require('fs').writeSync(1,s.address().port+'\\n');Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,20000)})`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const port = Number(await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk)))));
  const fillers = Array.from({ length: 8 }, () => net.connect({ host: LOOPBACK, port }).on('error', () => undefined));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy();
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}
