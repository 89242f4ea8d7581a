import packet from 'dns-packet';
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure, type Made } from './failure.ts';
import type { Resolver } from './resolver.ts';

/** A datagram that its service answers; anything that comes back from that address counts. Sent again at half time. */
export async function datagram(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Made> {
  const address = await resolver.address(spec.host, spec.family, budget);
  const payload = payloadFor(spec.port, spec.nonce);
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const socket = dgram.createSocket(spec.family === 6 ? 'udp6' : 'udp4');
  let tries = 0;
  let cancel = (): void => undefined;
  let again: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Made>((resolve, reject) => {
      cancel = deadline(left, () => reject(new AttemptFailure('timeout', 'connect')), budget);
      socket.on('error', reject);
      socket.on('message', (bytes) => {
        const nonce = spec.nonce === undefined ? {} : ({ nonce: bytes.equals(payload) ? 'matched' : 'mismatch' } as const);
        resolve({ outcome: 'connected', address, tries, ...nonce });
      });
      // Connected: other senders are dropped, ICMP refusals are told, and no route fails at once.
      connectDatagram(socket, spec.port, address, reject, () => {
        const send = (): void => {
          tries += 1;
          socket.send(payload, (error) => error && reject(error));
        };
        again = setTimeout(send, left / 2);
        send();
      });
    });
  } catch (error) {
    throw AttemptFailure.from(error, 'connect', { tries, address });
  } finally {
    cancel();
    clearTimeout(again);
    socket.close();
  }
}

/** Node.js hands a failure to the callback, which its types do not say; taken for success, the next send would throw. */
export function connectDatagram(
  socket: dgram.Socket,
  port: number,
  address: string,
  failed: (error: Error) => void,
  connected: () => void,
): void {
  const callback = (error?: Error | null): void => (error ? failed(error) : connected());
  socket.connect(port, address, callback as () => void);
}

/** DNS and time servers answer nothing but their own protocol; elsewhere an echo is expected. */
export function payloadFor(port: number, nonce: string | undefined): Buffer {
  if (port === 53) {
    return packet.encode({
      type: 'query',
      id: randomInt(1, 65536),
      flags: packet.RECURSION_DESIRED,
      questions: [{ type: 'NS', name: '.' }],
    });
  }
  if (port === 123) {
    const request = Buffer.alloc(48);
    // Version 4, client (RFC 5905, figure 8).
    request[0] = 0x23;
    return request;
  }
  return nonce === undefined ? randomBytes(16) : Buffer.from(nonce);
}
