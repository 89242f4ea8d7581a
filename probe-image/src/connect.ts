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
 * Opens a TCP connection. A second try starts when half of the time is over and the first one still waits, as
 * a lost packet would else look like a filter; the first that connects wins.
 */
export async function connect(address: string, port: number, { start, timeoutMs }: Budget): Promise<Connection> {
  const left = Math.max(1, timeoutMs - (performance.now() - start));
  const sockets: net.Socket[] = [];
  return new Promise<Connection>((resolve, reject) => {
    const facts = (): Pick<Attempt, 'tries' | 'address'> => ({ tries: sockets.length, address });
    const finish = (winner?: net.Socket): void => {
      cancel();
      clearTimeout(hedge);
      for (const socket of sockets) {
        if (socket === winner) continue;
        socket.on('error', () => undefined);
        socket.destroy();
      }
    };
    const dial = (): void => {
      const socket = net.connect({ host: address, port, noDelay: true });
      sockets.push(socket);
      socket.once('connect', () => {
        finish(socket);
        socket.removeAllListeners('error');
        socket.on('error', () => undefined);
        resolve({ socket, address, facts: facts() });
      });
      socket.once('error', (error) => {
        finish();
        reject(AttemptFailure.from(error, 'connect', facts()));
      });
    };
    const cancel = deadline(left, () => {
      finish();
      reject(new AttemptFailure('timeout', 'connect', undefined, facts()));
    });
    const hedge = setTimeout(dial, left / 2);
    dial();
  });
}
