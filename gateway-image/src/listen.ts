import type { Server } from 'node:net';

/** Listens on a port, an address or a socket file; what goes wrong later is told to `problem`, and ends nothing. */
export function listen(
  server: Server,
  at: number | string | { readonly host: string; readonly port: number },
  problem: (message: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => {
      server.removeListener('error', reject);
      server.on('error', (error) => problem(`a listener: ${error.message}`));
      resolve();
    });
  });
}
