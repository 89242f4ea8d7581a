import type { Socket } from 'node:net';
import type { GatewayLimits } from '../../src/model/compartment.ts';
import type { Admission } from './admission.ts';
import { dial, ignore, logDialFailure, type Dialled } from './dial.ts';
import { judgeFirstBytes, type FirstBytes } from './first-bytes.ts';
import { MAX_HELLO } from './client-hello.ts';
import type { Host } from './hosts.ts';
import type { DecisionLog } from './log.ts';
import { decide, type Policy } from './policy.ts';
import { decodePreamble } from './preamble.ts';
import { join } from './pump.ts';
import type { Resolver } from './resolve.ts';
import { guardSecondHello } from './second-hello.ts';

export interface Gateway {
  readonly policy: Policy | undefined;
  readonly resolver: Resolver;
  readonly limits: GatewayLimits;
  readonly log: DecisionLog;
  /** Counts the connections of the server. */
  readonly admit: Admission;
}

/** Takes over a connection that turned out to carry HTTP, with the bytes read so far put back. */
export type HttpHandler = (client: Socket, host: Host, port: number) => void;

/** A client that says nothing for so long waits for the server to begin (SMTP, MySQL). Milliseconds. */
const SERVER_FIRST_MS = 50;
/** Bytes of a client that wait for a decision or a connection. */
const MAX_HELD = MAX_HELLO + 4096;

/** Serves one connection of the relay: a preamble, then whatever the server says. */
export function serveConnection(gateway: Gateway, client: Socket, onHttp: HttpHandler): void {
  client.on('error', ignore);
  if (!gateway.admit(client)) {
    gateway.log.problem(`more than ${gateway.limits.connections} connections at once`);
    client.destroy();
    return;
  }
  const timer = setTimeout(() => client.destroy(), gateway.limits.headerTimeoutMs);
  let bytes: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const destination = decodePreamble(bytes);
    if (destination === undefined) return;
    client.removeListener('data', read);
    clearTimeout(timer);
    const { host, port, length } = destination;
    const verdict = decide(gateway.policy, host, port);
    if (!verdict.allowed) {
      gateway.log.decision({ decision: 'denied', via: 'tcp', host, port, reason: verdict.reason });
      client.destroy();
      return;
    }
    tunnel(
      gateway,
      client,
      { host: verdict.host, port, reason: verdict.reason, via: 'tcp', first: bytes.subarray(length) },
      onHttp,
    );
  };
  client.on('data', read);
  client.once('close', () => clearTimeout(timer));
}

export interface Passage {
  readonly host: Host;
  readonly port: number;
  /** Why the policy lets it pass. */
  readonly reason: string;
  readonly via: 'tcp' | 'connect';
  /** What the client has sent already. */
  readonly first: Buffer;
  /** A connection that is there already (CONNECT answers only when there is one). */
  readonly dialled?: Dialled;
}

/**
 * Looks at the first bytes of an allowed connection, and joins it with its destination when they name nobody
 * else. Nothing of the client is sent before that.
 */
export function tunnel(gateway: Gateway, client: Socket, passage: Passage, onHttp: HttpHandler): void {
  const { host, port, via } = passage;
  const { limits, log } = gateway;
  const asked = { host, mayHide: gateway.policy?.allowEch ?? false };
  let held = passage.first;
  let judged: FirstBytes = { kind: 'more' };
  let dialled = passage.dialled;
  let dialling = dialled !== undefined;
  let over = false;

  const finish = (): void => {
    over = true;
    clearTimeout(patience);
    clearTimeout(serverFirst);
    client.removeListener('data', read);
    client.removeListener('end', ended);
  };
  const drop = (): void => {
    finish();
    dialled?.source.socket.destroy();
    client.destroy();
  };
  const refuse = (reason: string): void => {
    log.decision({ decision: 'denied', via, host: host.text, port, reason });
    drop();
  };
  const connected = (connection: Dialled): void => {
    dialled = connection;
    const { socket } = connection.source;
    socket.once('close', () => {
      if (!over) drop();
    });
    if (socket.destroyed) return drop();
    // It said all it had to say; what the client may still say is judged all the same.
    socket.once('end', () => {
      if (!over) client.end();
    });
    // Whoever waits for the server to begin is served now; the client's own bytes are still held.
    if (held.length === 0) connection.source.flowInto(client);
    return proceed();
  };
  const startDial = (): void => {
    if (dialling || gateway.policy === undefined) return;
    dialling = true;
    const { policy, resolver } = gateway;
    dial({ policy, resolver, timeoutMs: limits.connectTimeoutMs, owner: client }, host, port).then(
      (connection) => {
        if (over || client.destroyed) return connection.source.socket.destroy();
        log.decision({ decision: 'allowed', via, host: host.text, port, reason: passage.reason, address: connection.address });
        return connected(connection);
      },
      (error: unknown) => {
        if (over) return;
        logDialFailure(log, via, host.text, port, error);
        drop();
      },
    );
  };
  const proceed = (): void => {
    if (over) return;
    if (judged.kind === 'refuse') return refuse(judged.reason);
    if (judged.kind === 'http') {
      finish();
      dialled?.source.socket.destroy();
      client.pause();
      client.unshift(held);
      return onHttp(client, host, port);
    }
    if (judged.kind !== 'pass') return;
    startDial();
    if (dialled === undefined) {
      if (held.length > MAX_HELD) client.pause();
      return;
    }
    const { source } = dialled;
    const guard = judged.what === 'tls' && host.kind === 'name' ? guardSecondHello(held, asked, refuse) : undefined;
    if (guard === 'refused') return;
    finish();
    if (held.length > 0) source.socket.write(held);
    join(client, source, limits.idleTimeoutMs, guard);
    if (client.readableEnded) source.socket.end();
  };
  const read = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (judged.kind === 'more') judged = judgeFirstBytes(held, asked);
    if (judged.kind === 'more' && held.length > MAX_HELD) judged = { kind: 'refuse', reason: 'its first bytes do not end' };
    proceed();
  };
  const ended = (): void => {
    // Half a greeting and then the end: nothing that could be judged any more.
    if (judged.kind === 'more')
      judged = held.length === 0 ? { kind: 'pass', what: 'other' } : { kind: 'refuse', reason: 'it ended early' };
    proceed();
  };
  const patience = setTimeout(() => {
    // Without a single byte the server may still be the one who speaks; its idle time bounds that.
    if (judged.kind === 'more' && held.length > 0) refuse('its first bytes took too long');
  }, limits.headerTimeoutMs);
  const serverFirst = setTimeout(startDial, SERVER_FIRST_MS);

  client.setTimeout(limits.idleTimeoutMs, () => client.destroy());
  client.on('data', read);
  client.on('end', ended);
  client.once('close', () => {
    if (!over) drop();
  });
  if (held.length > 0) judged = judgeFirstBytes(held, asked);
  if (dialled !== undefined) connected(dialled);
  else proceed();
}
