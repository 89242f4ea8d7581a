import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import { plainAddress } from './log.ts';
import type { OnConnection } from './http.ts';

/** RFC 862 over TCP. Resolves when every address listens. */
export async function serveTcpEcho(addresses: readonly string[], port: number, onConnection: OnConnection): Promise<void> {
  await Promise.all(
    addresses.map((address) => {
      const server = createServer((socket) => {
        onConnection('echo', plainAddress(socket.remoteAddress), address, port);
        socket.on('error', () => socket.destroy()).pipe(socket);
      });
      return new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen({ host: address, port, ipv6Only: isIPv6(address) }, resolve),
      );
    }),
  );
}

/** RFC 862 over UDP: each datagram goes back to where it came from. */
export async function serveUdpEcho(addresses: readonly string[], port: number, onDatagram: OnConnection): Promise<void> {
  await Promise.all(
    addresses.map((address) => {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      socket.on('message', (message, peer) => {
        onDatagram('echo', peer.address, address, port);
        socket.send(message, peer.port, peer.address);
      });
      return new Promise<void>((resolve, reject) => socket.once('error', reject).bind(port, address, resolve));
    }),
  );
}
