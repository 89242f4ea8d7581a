import {
  Agent,
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { DialError, dial, ignore, logDialFailure } from './dial.ts';
import { forward, forwardUpgrade, type Onward } from './forward.ts';
import type { Host } from './hosts.ts';
import {
  hostHeaderProblem,
  isSame,
  MAX_HEADER_BYTES,
  parseAbsoluteForm,
  parseAuthority,
  type Authority,
} from './http-messages.ts';
import { decide } from './policy.ts';
import { tunnel, type Gateway, type HttpHandler } from './tunnel.ts';

/** Requests of one connection that wait for their answers at once; browsers and most programs send one. */
const MAX_PIPELINED = 4;

/** The HTTP side of the way out: a forward proxy, and the requests of connections that were dialled directly. */
export interface HttpSide {
  readonly server: Server;
  /** Takes over a connection to one destination: every request on it must be for that. */
  readonly takeOver: HttpHandler;
}

export function httpSide(gateway: Gateway): HttpSide {
  const { limits, log } = gateway;
  /** Connections that were dialled directly, and where to. All others speak to a proxy. */
  const dialled = new WeakMap<Duplex, Authority>();
  const agent = new GuardedAgent(gateway);
  const waiting = new WeakMap<Duplex, number>();
  /** Connections of which a request was refused: what they sent together with it is not read. */
  const refusedOnes = new WeakSet<Duplex>();
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headerTimeoutMs,
    // A large upload takes its time; a connection on which nothing moves is ended by its idle time.
    requestTimeout: 0,
    keepAliveTimeout: 60_000,
    connectionsCheckingInterval: Math.min(1000, limits.headerTimeoutMs),
    insecureHTTPParser: false,
    // Judged here, so that it is logged.
    requireHostHeader: false,
  });
  // By default Node.js leaves headers out that are too many: those could be the ones that say where a body ends.
  server.maxHeadersCount = 0;
  server.setTimeout(limits.idleTimeoutMs);
  server.on('connection', (client) => {
    if (!gateway.admit(client)) client.destroy();
  });

  /** Where a request may go, or why it may not; what is refused is logged. */
  const route = (
    request: IncomingMessage,
  ): { readonly onward: Onward; readonly to: Authority } | { readonly refusal: string } => {
    const fixed = dialled.get(request.socket);
    const target = request.url ?? '';
    const absolute = parseAbsoluteForm(target);
    const refused = (to: { readonly host: string; readonly port: number }, reason: string): { readonly refusal: string } => {
      log.decision({ decision: 'denied', via: 'http', ...to, reason });
      refusedOnes.add(request.socket);
      return { refusal: reason };
    };
    if (absolute === undefined && (fixed === undefined || !(target.startsWith('/') || target === '*'))) {
      return refused({ host: target.slice(0, 100), port: 0 }, 'it is not the form in which a proxy is asked (http://host/path)');
    }
    const to = absolute?.authority ?? fixed;
    if (to === undefined) return refused({ host: '', port: 0 }, 'it names no destination');
    const where = { host: to.host.text, port: to.port };
    if (fixed !== undefined && !isSame(to, fixed)) return refused(where, 'it is not the name that was dialled');
    const verdict = decide(gateway.policy, to.host.text, to.port);
    if (!verdict.allowed) return refused(where, verdict.reason);
    const problem = hostHeaderProblem(request, to);
    if (problem !== undefined) return refused(where, problem);
    const host = to.port === 80 ? hostText(to.host) : `${hostText(to.host)}:${to.port}`;
    const options: GuardedOptions = { agent, host: to.host.text, port: to.port, owner: request.socket };
    return { to, onward: { options, path: absolute?.path ?? target, host } };
  };

  server.on('request', (request, response) => {
    const { socket } = request;
    if (refusedOnes.has(socket)) return undefined;
    const count = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, count);
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    if (count > MAX_PIPELINED) {
      log.problem(`more than ${MAX_PIPELINED} requests at once on one connection`);
      return void socket.destroy();
    }
    const routed = route(request);
    if ('refusal' in routed) return answer(response, 403, `refused: ${routed.refusal}`);
    forward(request, response, routed.onward, (error) => failed(response, error));
    return undefined;
  });
  server.on('checkContinue', (request, response) => {
    // The server decides whether it wants the body; its 100 is passed on.
    server.emit('request', request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    const client = socket as Socket;
    if (refusedOnes.has(client)) return void client.destroy();
    const routed = route(request);
    if ('refusal' in routed) return refuse(client, 403, `refused: ${routed.refusal}`);
    // h2c would carry requests that nobody looks at.
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      const reason = 'only WebSocket upgrades pass';
      log.decision({ decision: 'denied', via: 'http', host: routed.to.host.text, port: routed.to.port, reason });
      return refuse(client, 501, `refused: ${reason}`);
    }
    client.setTimeout(limits.idleTimeoutMs, () => client.destroy());
    forwardUpgrade(request, client, head, routed.onward, (error) => refuse(client, statusOf(error), error.message));
    return undefined;
  });
  server.on('connect', (request, socket, head) => connectTunnel(request, socket as Socket, head));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') log.problem(`HTTP that cannot be read: ${error.code ?? error.message}`);
    refuse(socket as Socket, parseErrorStatus(error.code), 'this is no HTTP/1.1 that can be checked');
  });

  const takeOver: HttpHandler = (client, host, port) => {
    dialled.set(client, { host, port });
    server.emit('connection', client);
    client.resume();
  };

  function connectTunnel(request: IncomingMessage, client: Socket, head: Buffer): void {
    client.on('error', ignore);
    if (refusedOnes.has(client)) return void client.destroy();
    const target = request.url ?? '';
    const to = parseAuthority(target, undefined);
    const deny = (host: string, port: number, reason: string): void => {
      log.decision({ decision: 'denied', via: 'connect', host, port, reason });
      refuse(client, 403, `refused: ${reason}`);
    };
    if (to === undefined)
      return deny(target.slice(0, 260), 0, 'it is neither a host name nor a plainly written address, with a port');
    const { host, port } = to;
    if (dialled.has(client)) return deny(host.text, port, 'a proxy was not asked');
    const verdict = decide(gateway.policy, host.text, port);
    if (!verdict.allowed || gateway.policy === undefined) return deny(host.text, port, verdict.reason);
    const { policy, resolver } = gateway;
    dial({ policy, resolver, timeoutMs: limits.connectTimeoutMs, owner: client }, host, port).then(
      (connection) => {
        if (client.destroyed) return connection.source.socket.destroy();
        log.decision({
          decision: 'allowed',
          via: 'connect',
          host: host.text,
          port,
          reason: verdict.reason,
          address: connection.address,
        });
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        return tunnel(
          gateway,
          client,
          { host, port, reason: verdict.reason, via: 'connect', first: head, dialled: connection },
          takeOver,
        );
      },
      (error: unknown) => {
        logDialFailure(log, 'connect', host.text, port, error);
        return refuse(client, statusOf(error), messageOf(error));
      },
    );
    return undefined;
  }

  function failed(response: ServerResponse, error: Error): void {
    answer(response, statusOf(error), error.message);
  }

  return { server, takeOver };
}

interface GuardedOptions extends RequestOptions {
  /** The connection of the client. */
  readonly owner: Duplex;
}

/** Opens connections for requests: to the address that was checked, and only where the policy allows it. */
class GuardedAgent extends Agent {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    // One request a connection: whatever a server makes of it, no other request can be taken for its rest.
    super({ keepAlive: false });
    this.#gateway = gateway;
  }

  override createConnection(options: GuardedOptions, ready: (error: Error | null, socket?: Duplex) => void): undefined {
    const { policy, resolver, limits, log } = this.#gateway;
    const port = Number(options.port);
    const verdict = decide(policy, options.host ?? '', port);
    if (policy === undefined || !verdict.allowed) {
      ready(new DialError(verdict.reason, true));
      return undefined;
    }
    const { host, reason } = verdict;
    dial({ policy, resolver, timeoutMs: limits.connectTimeoutMs, owner: options.owner, plain: true }, host, port).then(
      ({ source, address }) => {
        log.decision({ decision: 'allowed', via: 'http', host: host.text, port, reason, address });
        ready(null, source.socket);
      },
      (error: unknown) => {
        logDialFailure(log, 'http', host.text, port, error);
        ready(error instanceof Error ? error : new Error(String(error)));
      },
    );
    return undefined;
  }
}

function hostText(host: Host): string {
  return host.kind === 'address' && host.family === 6 ? `[${host.text}]` : host.text;
}

function answer(response: ServerResponse, status: number, message: string): void {
  const body = `bulkhead: ${message}\n`;
  // Its own reason: that of a server's answer, which may be what could not be written, is still set.
  response.writeHead(status, STATUS_CODES[status] ?? '', {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-bulkhead': status === 403 ? 'refused' : 'failed',
    // Whatever else the client has sent on this connection is not read.
    connection: 'close',
  });
  response.end(body);
}

function refuse(client: Socket, status: number, message: string): void {
  if (!client.writable) return void client.destroy();
  const body = `bulkhead: ${message}\n`;
  client.end(
    `HTTP/1.1 ${status} ${status === 403 ? 'Forbidden' : 'Error'}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Bulkhead: ${status === 403 ? 'refused' : 'failed'}\r\nConnection: close\r\n\r\n${body}`,
    () => client.destroy(),
  );
}

function statusOf(error: unknown): number {
  return error instanceof DialError && error.refused ? 403 : 502;
}

function parseErrorStatus(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
