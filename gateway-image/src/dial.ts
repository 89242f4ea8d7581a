import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { forbiddenAddress, type Policy } from './policy.ts';
import type { Host } from './hosts.ts';
import type { DecisionLog } from './log.ts';
import { openSource, type Source } from './pump.ts';
import type { Resolver } from './resolve.ts';

/** More addresses of one name are not tried. */
const MAX_ADDRESSES = 4;

/** A destination that was allowed and could not be reached, or whose addresses it must not have. */
export class DialError extends Error {
  /** True when Bulkhead refused, false when the network failed. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean) {
    super(message);
    this.refused = refused;
  }
}

export interface Dialled {
  readonly source: Source;
  readonly address: string;
}

interface DialTools {
  readonly policy: Policy;
  readonly resolver: Resolver;
  /** For the name and all its addresses together. */
  readonly timeoutMs: number;
  /** Whoever waits for the connection; when it closes, nobody does. */
  readonly owner: Duplex;
  /** An ordinary stream, as an HTTP client needs it. */
  readonly plain?: boolean;
}

/**
 * Resolves an allowed host and connects to the first of its addresses that answers. The very address that was
 * checked is dialled, so a name that changes its mind in between (DNS rebinding) gains nothing.
 * @throws DialError
 */
export async function dial(
  { policy, resolver, timeoutMs, owner, plain = false }: DialTools,
  host: Host,
  port: number,
): Promise<Dialled> {
  const deadline = performance.now() + timeoutMs;
  const all = host.kind === 'address' ? [host.text] : await inTime(meantAddresses(policy, resolver, host.text), timeoutMs);
  const addresses = all.slice(0, MAX_ADDRESSES);
  let failure = 'it has no address';
  for (const [index, address] of addresses.entries()) {
    if (owner.destroyed) break;
    try {
      const share = (deadline - performance.now()) / (addresses.length - index);
      return { source: await connected({ host: address, port }, Math.max(1, share), owner, plain), address };
    } catch (error) {
      failure = `${address}: ${codeOf(error)}`;
    }
  }
  throw new DialError(`it could not be reached (${failure})`, false);
}

async function meantAddresses(policy: Policy, resolver: Resolver, name: string): Promise<readonly string[]> {
  const all = await resolver.addresses(name).catch((error: unknown) => {
    throw new DialError(`it could not be resolved (${codeOf(error)})`, false);
  });
  const meant = all.filter((address) => forbiddenAddress(policy, address) === undefined);
  const [first] = all;
  if (meant.length === 0 && first !== undefined) {
    const why = forbiddenAddress(policy, first) ?? '';
    throw new DialError(`it resolves to ${first}, which no name may mean (${why}); if it is meant, add it to allow_host`, true);
  }
  return meant;
}

function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DialError('it could not be resolved (ETIMEOUT)', false)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function connected(
  to: { readonly host: string; readonly port: number },
  timeoutMs: number,
  owner: Duplex,
  plain: boolean,
): Promise<Source> {
  const options = { ...to, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
  const source = plain ? { socket: connect(options), flowInto: () => undefined } : openSource(options);
  const { socket } = source;
  return new Promise((resolve, reject) => {
    // From here on there is always a listener: an error without one would end the gateway.
    socket.on('error', ignore);
    const settle = (then: () => void) => (): void => {
      clearTimeout(timer);
      owner.removeListener('close', abandoned);
      socket.removeListener('error', fail);
      then();
    };
    const fail = (error: Error): void =>
      settle(() => {
        socket.destroy();
        reject(error);
      })();
    const abandoned = (): void => fail(Object.assign(new Error('abandoned'), { code: 'ECANCELED' }));
    const timer = setTimeout(() => fail(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })), timeoutMs);
    owner.once('close', abandoned);
    socket.once('error', fail);
    socket.once(
      'connect',
      settle(() => resolve(source)),
    );
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'failed';
}

/** Only a refusal is a decision; a network that fails is a problem. */
export function logDialFailure(
  log: DecisionLog,
  via: 'tcp' | 'connect' | 'http',
  host: string,
  port: number,
  error: unknown,
): void {
  if (error instanceof DialError && error.refused) log.decision({ decision: 'denied', via, host, port, reason: error.message });
  else log.problem(`${host}:${port}: ${error instanceof Error ? error.message : String(error)}`);
}

const signals = new WeakMap<Duplex, AbortSignal>();

/** Aborted when the socket closes; one signal a socket, however often it is asked for. */
export function untilClosed(socket: Duplex): AbortSignal {
  const known = signals.get(socket);
  if (known !== undefined) return known;
  const controller = new AbortController();
  signals.set(socket, controller.signal);
  if (socket.destroyed) controller.abort();
  else socket.once('close', () => controller.abort());
  return controller.signal;
}

/** For a moment in which nobody else listens. */
export function ignore(_error: Error): void {}
