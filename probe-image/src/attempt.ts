import type { Attempt, AttemptSpec } from '../../src/model/attempt.ts';
import { connect, type Connection } from './connect.ts';
import { TOLERATED_STALL, type StallMonitor } from './deadline.ts';
import { datagram } from './datagram.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { identify } from './identify.ts';
import { throughProxy } from './proxy.ts';
import { query } from './query.ts';
import { request } from './request.ts';
import type { Resolver } from './resolver.ts';
import { session } from './session.ts';

export interface Tools {
  readonly resolver: Resolver;
  readonly stalls: StallMonitor;
}

/** One attempt, whatever comes of it; never rejects. `timeoutMs` is for all of it, its retry included. */
export async function attempt(spec: AttemptSpec, timeoutMs: number, tools: Tools): Promise<Attempt> {
  const start = performance.now();
  const budget = { start, timeoutMs };
  const base = { id: spec.id, tries: 1 };
  try {
    const made = await make(spec, budget, tools);
    return { ...base, ...made, elapsedMs: performance.now() - start };
  } catch (error) {
    const failure = error instanceof AttemptFailure ? error : AttemptFailure.from(error, 'connect');
    const stall = tools.stalls.since(start);
    const starved = failure.outcome === 'timeout' && stall > timeoutMs * TOLERATED_STALL;
    return {
      ...base,
      ...failure.facts,
      outcome: starved ? 'probe-error' : failure.outcome,
      phase: failure.phase,
      ...(starved ? { detail: `stalled for ${Math.round(stall)} ms` } : failure.detail === undefined ? {} : { detail: failure.detail.slice(0, 1024) }),
      elapsedMs: performance.now() - start,
    };
  }
}

export interface Budget {
  /** Of `performance.now()`. */
  readonly start: number;
  readonly timeoutMs: number;
}

async function make(spec: AttemptSpec, budget: Budget, tools: Tools): Promise<Made> {
  switch (spec.kind) {
    case 'udp':
      return datagram(spec, budget, tools.resolver);
    case 'dns':
      return query(spec, budget, tools.resolver);
    case 'tcp': {
      const connection = await (spec.path === 'proxy' ? throughProxy(spec, budget, tools.resolver) : reach(spec, budget, tools.resolver));
      return withConnection(connection, () => identify(spec, budget, connection));
    }
    case 'http': {
      const connection = await reach(spec, budget, tools.resolver);
      return withConnection(connection, () => request(spec, budget, connection));
    }
    case 'mcp': {
      const connection = await reach(spec, budget, tools.resolver);
      // The session opens connections of its own; this one shows that there is somebody.
      connection.socket.destroy();
      return { ...connection.facts, ...(await session(spec, budget, connection.address)) };
    }
  }
}

async function reach(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Connection> {
  const address = await resolver.address(spec.host, spec.family, budget);
  return connect(address, spec.port, budget);
}

async function withConnection(connection: Connection, work: () => Promise<Made>): Promise<Made> {
  try {
    return { ...connection.facts, ...(await work()) };
  } catch (error) {
    throw AttemptFailure.from(error, 'connect', connection.facts);
  } finally {
    connection.socket.destroy();
  }
}
