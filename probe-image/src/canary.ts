import net from 'node:net';
import type { Canary, HelloOrder } from '../../src/model/probe-protocol.ts';

const PLACES = [
  { scope: 'wildcard', family: 4, host: '0.0.0.0' },
  { scope: 'wildcard', family: 6, host: '::' },
  { scope: 'loopback', family: 4, host: '127.0.0.1' },
  { scope: 'loopback', family: 6, host: '::1' },
] as const;

/** Listeners on ports of the kernel's choice that say the nonce to whoever connects, and hang up. */
export async function openCanaries(wanted: HelloOrder['canaries'], nonce: string): Promise<readonly Canary[]> {
  const opened = await Promise.all(PLACES.filter(({ scope }) => wanted[scope]).map((place) => listen(place, nonce)));
  return opened.filter((canary) => canary !== undefined);
}

async function listen(place: (typeof PLACES)[number], nonce: string): Promise<Canary | undefined> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setTimeout(2000, () => socket.destroy());
    // Unread words of the other side would delay its goodbye, and turn ours into a reset.
    socket.resume();
    socket.end(`${nonce}\n`);
  });
  return new Promise((resolve) => {
    // Without IPv6 in the namespace there is nothing to listen on, and nothing to reach. For ever, as a server that
    // runs out of descriptors says so again and again.
    server.on('error', () => resolve(undefined));
    server.listen({ host: place.host, port: 0, ipv6Only: place.family === 6, backlog: 511 }, () => {
      const address = server.address();
      resolve(
        typeof address === 'object' && address !== null
          ? { scope: place.scope, family: place.family, port: address.port }
          : undefined,
      );
    });
  });
}
