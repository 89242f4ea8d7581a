import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { isIPv6 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Identity } from '../certificates.ts';
import { plainAddress } from './log.ts';

export interface HttpService {
  /** Who answers; sent as a header and in the body. */
  readonly identity: 'canary' | 'operator' | 'metadata' | 'private';
  readonly scheme: 'http' | 'https';
  readonly addresses: readonly string[];
  readonly port: number;
  readonly tls?: Identity;
  /** Another owner behind the same addresses. */
  readonly tenant?: { readonly name: string; readonly tls: Identity };
}

export type OnConnection = (service: string, client: string, address: string, port: number) => void;

/** Serves until the process ends. Resolves when every address listens. */
export async function serveHttp(service: HttpService, onConnection: OnConnection): Promise<void> {
  await Promise.all(service.addresses.map((address) => listen(makeServer(service), service, address, onConnection)));
}

function makeServer(service: HttpService): Server {
  const handler = (request: IncomingMessage, response: ServerResponse): void => respond(service, request, response);
  if (service.tls === undefined) return createHttp(handler);
  const server = createHttps(pemOf(service.tls), handler);
  if (service.tenant !== undefined) server.addContext(service.tenant.name, pemOf(service.tenant.tls));
  return server;
}

function pemOf({ cert, key }: Identity): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function listen(
  server: Server,
  { identity, scheme, port }: HttpService,
  address: string,
  onConnection: OnConnection,
): Promise<void> {
  server.on('connection', (socket) => onConnection(`${identity}-${scheme}`, plainAddress(socket.remoteAddress), address, port));
  server.on('tlsClientError', () => undefined);
  return new Promise((resolve, reject) =>
    server.once('error', reject).listen({ host: address, port, ipv6Only: isIPv6(address) }, resolve),
  );
}

function respond(service: HttpService, request: IncomingMessage, response: ServerResponse): void {
  const { scheme, tenant } = service;
  const asked = (request.headers.host ?? '').replace(/:\d+$/, '');
  const identity = tenant !== undefined && asked === tenant.name ? 'tenant' : service.identity;
  const path = request.url ?? '/';
  const send = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, {
      server: 'lab-internet',
      'x-lab-identity': identity,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  // Host asks for the tenant on a connection that TLS opened for another name (RFC 9110 §15.5.20).
  if (identity === 'tenant' && scheme === 'https' && (request.socket as TLSSocket).servername !== asked) {
    return send(421, 'misdirected\n');
  }
  const nonce = /^\/nonce\/([\w.~-]{1,128})$/.exec(path)?.[1];
  if (nonce !== undefined) return send(200, nonce);
  // What the server was told, for tests of fronting and of proxies.
  if (path === '/whoami') {
    const { servername } = request.socket as TLSSocket;
    return send(
      200,
      JSON.stringify({
        identity,
        scheme,
        host: request.headers.host ?? null,
        sni: servername || null,
        client: plainAddress(request.socket.remoteAddress),
      }),
      'application/json',
    );
  }
  if (identity === 'metadata') return path === '/' ? send(200, '1.0\n2009-04-04\nlatest\n') : send(404, 'not found\n');
  return send(200, `lab-internet ${identity} ${scheme}\n`);
}
