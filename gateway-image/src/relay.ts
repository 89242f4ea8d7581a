/** Inside of a compartment: answers DNS by itself and carries connections to the gateway. It decides nothing that counts. */
import { createServer, Socket, type Server } from 'node:net';
import { PROXY_PORT, SOCKETS, type RelayConfig } from '../../src/model/compartment.ts';
import { collectQuickly } from './collect-quickly.ts';
import { endWithRun, readConfig } from './config.ts';
import { ignore } from './dial.ts';
import { serveDns, type AddressFor } from './dns.ts';
import { listen } from './listen.ts';
import { decisionLog } from './log.ts';
import { NameTable } from './names.ts';
import { compilePolicy, isNameAllowed } from './policy.ts';
import { encodePreamble } from './preamble.ts';
import { serverListening } from './server-listening.ts';
import { acceptedSource, join, openSource, reset, type Source } from './pump.ts';

/** Listeners and connections that are open at once; the server can only starve itself. */
const MAX_LISTENERS = 16_384;
const MAX_CONNECTIONS = 512;
/** The gateway ends idle connections; here only what it forgot. Milliseconds. */
const IDLE_MS = 60 * 60_000;

const config = readConfig<RelayConfig>('BULKHEAD_RELAY');
const log = decisionLog((line) => process.stdout.write(line));
endWithRun();
collectQuickly();

let connections = 0;
let listeners = 0;

/** A listener that counts its connections and hands them over, each not read yet. */
function accept(serve: (client: Socket | Source) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => {
    client.on('error', ignore);
    if (connections >= MAX_CONNECTIONS) return reset(client);
    connections += 1;
    const source = acceptedSource(client);
    const socket = source?.socket ?? client;
    socket.on('error', ignore).once('close', () => (connections -= 1));
    return serve(source ?? client);
  });
}

/** Out of the compartment: to a socket of the gateway, after `head`. */
function outward(path: string, head?: Buffer): Server {
  return accept((client) => {
    const source = openSource({ path });
    if (head !== undefined) source.socket.write(head);
    join(client, source, IDLE_MS);
  });
}

/** Into the compartment: to the server, as soon as it listens. */
function inward(port: number): Server {
  const listening = serverListening(port);
  return accept((client) => {
    void listening.then(() => {
      const socket = client instanceof Socket ? client : client.socket;
      if (!socket.destroyed) join(client, openSource({ host: '127.0.0.1', port, noDelay: true }), IDLE_MS);
    });
  });
}

function namesOf(egress: NonNullable<RelayConfig['egress']>): AddressFor {
  const policy = compilePolicy({ ...egress, hostAddresses: [], allowEch: false });
  const table = new NameTable();
  const listening = new Map<string, Promise<void>>();
  const open = async (name: string, address: string): Promise<void> => {
    await Promise.all(
      egress.ports.map(async (port) => {
        try {
          await listen(outward(SOCKETS.connect, encodePreamble({ host: name, port })), { host: address, port }, log.problem);
        } catch (error) {
          // The server listens there itself, on all addresses: it wins, and the proxy remains.
          log.problem(`${name}:${port} can be reached by the proxy only: ${(error as NodeJS.ErrnoException).code ?? ''}`);
        }
      }),
    );
  };
  return async (name) => {
    if (!isNameAllowed(policy, name)) {
      log.decision({ decision: 'denied', via: 'dns', host: name, port: 53, reason: 'it is not in allow_host' });
      return 'refused';
    }
    const isNew = !listening.has(name);
    if (isNew && listeners + egress.ports.length > MAX_LISTENERS) return 'full';
    const address = table.addressOf(name);
    if (address === undefined) return 'full';
    if (isNew) {
      listeners += egress.ports.length;
      listening.set(name, open(name, address));
    }
    await listening.get(name);
    return { address };
  };
}

const { egress, inboundPort } = config;
void Promise.all([
  ...(egress === null
    ? []
    : [
        serveDns('127.0.0.1', 53, namesOf(egress), log.problem),
        listen(outward(SOCKETS.proxy), { host: '127.0.0.1', port: PROXY_PORT }, log.problem),
      ]),
  ...(inboundPort === null ? [] : [listen(inward(inboundPort), SOCKETS.inbound, log.problem)]),
]).then(() => {
  // One connection must not be able to end all others; the line says that there is a fault to mend.
  process.on('uncaughtException', (error) => log.problem(`a fault of the relay: ${error.message}`));
  log.ready();
});
