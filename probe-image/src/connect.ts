import net from 'node:net';
import type { Attempt } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure } from './failure.ts';

export interface Connection {
  readonly socket: net.Socket;
  readonly address: string;
  readonly facts: Pick<Attempt, 'tries' | 'address'>;
}

/**
 * For a connection whose address took long to find: at least half of the time. A timeout of the few milliseconds
 * that a slow name server leaves would say nothing about the way.
 */
export function timeToConnect(budget: Budget): Budget {
  const now = performance.now();
  return now - budget.start > budget.timeoutMs / 2 ? { ...budget, start: now, timeoutMs: budget.timeoutMs / 2 } : budget;
}

/**
 * Opens a TCP connection. A second try starts when half of the time is over and the first one still waits, as
 * a lost packet would else look like a filter; the first that connects wins.
 */
export async function connect(address: string, port: number, budget: Budget): Promise<Connection> {
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const sockets: net.Socket[] = [];
  return new Promise<Connection>((resolve, reject) => {
    let settled = false;
    let waiting = 0;
    const facts = (): Pick<Attempt, 'tries' | 'address'> => ({ tries: sockets.length, address });
    const finish = (winner?: net.Socket): void => {
      settled = true;
      cancel();
      clearTimeout(hedge);
      for (const socket of sockets) if (socket !== winner) socket.destroy();
    };
    const fail = (error: unknown): void => {
      if (settled) return;
      const failure = failureOf(error, facts());
      // A second try for which this machine has no means says nothing while the first one still waits.
      if (failure.outcome === 'probe-error' && waiting > 0) return;
      finish();
      reject(failure);
    };
    const dial = (): void => {
      try {
        const socket = net.connect({ host: address, port, noDelay: true });
        sockets.push(socket);
        waiting += 1;
        // Stays for the life of the socket: a hostile peer may reset it at any time.
        socket.on('error', (error) => {
          waiting -= 1;
          fail(error);
        });
        socket.once('connect', () => {
          if (settled) return;
          finish(socket);
          resolve({ socket, address, facts: facts() });
        });
      } catch (error) {
        // Thrown out of a timer it would end the whole order.
        fail(error);
      }
    };
    const late = (): void => {
      finish();
      reject(new AttemptFailure('timeout', 'connect', undefined, facts()));
    };
    const cancel = deadline(left, late, budget);
    const hedge = setTimeout(dial, left / 2);
    dial();
  });
}

/**
 * A reset of a handshake is ECONNREFUSED (tcp_reset() of the kernel); ECONNRESET here is of a connection that was
 * made and ended before this process looked. In phase `connect` it would count as one that could not be made.
 */
function failureOf(error: unknown, facts: Pick<Attempt, 'tries' | 'address'>): AttemptFailure {
  const failure = AttemptFailure.from(error, 'connect', facts);
  return failure.outcome === 'reset' ? new AttemptFailure('reset', 'http', failure.detail, facts) : failure;
}
