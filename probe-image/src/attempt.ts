import net from 'node:net';
import type { Attempt, AttemptSpec } from '../../src/model/attempt.ts';
import { connect, timeToConnect, type Connection } from './connect.ts';
import { missingMs, TOLERATED_STALL, type Served, type StallMonitor } from './deadline.ts';
import { datagram } from './datagram.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { identify } from './identify.ts';
import { askProxy, throughProxy } from './proxy.ts';
import { query } from './query.ts';
import { request } from './request.ts';
import type { Resolver } from './resolver.ts';
import { session } from './session.ts';

export interface Tools {
  readonly resolver: Resolver;
  readonly stalls: Pick<StallMonitor, 'since'>;
}

/**
 * One attempt, whatever comes of it; never rejects. `timeoutMs` is for all of it, its retry included, and is put off
 * where the process does not get to run.
 */
export async function attempt(spec: AttemptSpec, timeoutMs: number, tools: Tools): Promise<Attempt> {
  const start = performance.now();
  const budget = { start, timeoutMs, stalls: tools.stalls };
  const base = { id: spec.id, tries: 1 };
  try {
    const made = await bounded(make(spec, budget, tools), timeoutMs + AFTERWARDS_MS);
    return { ...base, ...made, elapsedMs: performance.now() - start };
  } catch (error) {
    const failure = error instanceof AttemptFailure ? error : AttemptFailure.from(error, 'connect');
    const fault = stalled(failure, budget)
      ? `stalled for ${Math.round(tools.stalls.since(start))} ms`
      : misled(spec, failure, tools.resolver)
        ? `${failure.outcome} at ${failure.facts.address ?? 'an address'} that /etc/hosts gives the name`
        : undefined;
    const detail = fault ?? failure.detail;
    return {
      ...base,
      ...failure.facts,
      outcome: fault === undefined ? failure.outcome : 'probe-error',
      phase: failure.phase,
      ...(detail === undefined ? {} : { detail: detail.slice(0, 1024) }),
      elapsedMs: performance.now() - start,
    };
  }
}

/** A lookup is shared by attempts that begin one after the other in a burst: its time began with the first of them. */
const SHARED = 0.05;

/**
 * Whether a timeout is the probe's own. What waits for the budget is put off where the process does not get to run;
 * who answers a connection has a time of its own.
 */
function stalled({ late, phase }: AttemptFailure, budget: Required<Budget>): boolean {
  if (!late) return false;
  const afterwards = phase === 'tls' || phase === 'http' || phase === 'mcp';
  return afterwards
    ? budget.stalls.since(budget.start) > budget.timeoutMs * TOLERATED_STALL
    : missingMs(budget) > budget.timeoutMs * SHARED;
}

/**
 * A target that is root in its container can write its own /etc/hosts, which its twin shares, and send a
 * forbidden name to a dead address: that the address fails says nothing about the name.
 */
function misled({ host, path, purpose }: AttemptSpec, { phase }: AttemptFailure, resolver: Resolver): boolean {
  // Names of peers are put there by the engine, and a peer is dialled by its addresses too.
  return path === 'direct' && phase !== 'resolve' && purpose !== 'peer-canary' && net.isIP(host) === 0 && resolver.isListed(host);
}

/** After the connection: finding out who answered, or a session. Each step has its own limit, this is for all. */
const AFTERWARDS_MS = 15_000;

/** Whatever a peer comes up with: an attempt that never ended would take the results of all others with it. */
async function bounded(made: Promise<Made>, ms: number): Promise<Made> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AttemptFailure('probe-error', 'http', 'the peer kept the probe busy')),
      Math.min(ms, MAX_TIMEOUT_MS),
    );
  });
  return Promise.race([made, late]).finally(() => clearTimeout(timer));
}

/** What `setTimeout` takes; a longer time would be over at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export type Budget = Served;

async function make(spec: AttemptSpec, budget: Budget, tools: Tools): Promise<Made> {
  if (!(budget.timeoutMs >= 1 && budget.timeoutMs <= MAX_TIMEOUT_MS)) throw unusable(`no time to wait: ${budget.timeoutMs}`);
  // Made directly instead, it would be reported as what the proxy did.
  if (spec.path === 'proxy' && spec.kind !== 'tcp') throw unusable(`no ${spec.kind} through a proxy`);
  // Made in plain HTTP instead, it would be reported as what the server does.
  if (spec.kind === 'mcp' && spec.tls === true) throw unusable('no mcp over TLS');
  // They are written into requests by hand.
  const written = [spec.request, spec.authority, spec.origin];
  if (!/^[!-~\u0080-\uffff]+$/.test(spec.host) || written.some((text) => !/^[!-~]*$/.test(text ?? '')))
    throw unusable('the host, the request or a header holds control characters');
  switch (spec.kind) {
    case 'udp':
      return datagram(spec, budget, tools.resolver);
    case 'dns':
      return query(spec, budget, tools.resolver);
    case 'tcp': {
      // Clients ask a proxy for plain HTTP by the whole address; many a proxy opens no tunnel to port 80.
      if (spec.path === 'proxy' && spec.port === 80 && spec.tls !== true && spec.nonce === undefined) {
        return askProxy(spec, budget, tools.resolver);
      }
      const connection = await (spec.path === 'proxy'
        ? throughProxy(spec, budget, tools.resolver)
        : reach(spec, budget, tools.resolver));
      return withConnection(connection, () => identify(spec, budget, connection));
    }
    case 'http': {
      const connection = await reach(spec, budget, tools.resolver);
      return withConnection(connection, () => request(spec, budget, connection));
    }
    case 'mcp': {
      const connection = await reach(spec, budget, tools.resolver);
      return withConnection(connection, () => session(spec, connection));
    }
    default:
      throw unusable(`unknown kind ${String(spec.kind)}`);
  }
}

function unusable(detail: string): AttemptFailure {
  return new AttemptFailure('probe-error', 'connect', detail);
}

async function reach(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Connection> {
  const address = await resolver.address(spec.host, spec.family, budget);
  return connect(address, spec.port, timeToConnect(budget));
}

async function withConnection(connection: Connection, work: () => Promise<Made>): Promise<Made> {
  try {
    return { ...connection.facts, ...(await work()) };
  } catch (error) {
    // Not `connect`: a reset after the connection was made is no refusal to make one.
    throw AttemptFailure.from(error, 'http', connection.facts);
  } finally {
    connection.socket.destroy();
  }
}
