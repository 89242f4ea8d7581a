import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { SOCKETS, type GatewayConfig, type GatewayLimits } from '../../src/model/compartment.ts';
import { answerPreflight, CORS_RESPONSE_HEADERS, corsHeaders, isPreflight } from './cors.ts';
import { forward } from './forward.ts';
import { MAX_HEADER_BYTES } from './http-messages.ts';
import type { DecisionLog } from './log.ts';
import { AnswerRefused, ownLocation } from './redirects.ts';

/**
 * Headers that send a client to another place, or tell it where to get a token. The server never sees a token:
 * who may ask is the gateway's business.
 */
const STEERING_HEADERS = ['www-authenticate', 'refresh', 'alt-svc'];
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The published side of an HTTP server: who has no token, or comes from a web page (Origin) or by a foreign
 * name (Host: DNS rebinding), is turned away here, before the server hears of it.
 * Rules: MCP 2025-06-18, Transports, "Security Warning".
 */
export function inboundServer(
  inbound: NonNullable<GatewayConfig['inbound']>,
  limits: GatewayLimits,
  log: DecisionLog,
  socketPath: string = SOCKETS.inbound,
): Server {
  if (!/^[0-9a-f]{64}$/.test(inbound.tokenSha256)) throw new Error('tokenSha256 is no SHA-256 in lower-case hex');
  const expected = Buffer.from(inbound.tokenSha256, 'hex');
  const hosts = new Set([...LOOPBACK, ...inbound.hosts.map((host) => host.toLowerCase())]);
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headerTimeoutMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1000, limits.headerTimeoutMs),
  });
  // By default Node.js leaves headers out that are too many: those could be the ones that say where a body ends.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections;
  server.setTimeout(limits.idleTimeoutMs);
  // Left to Node.js, a stranger would be asked for a body before the token is looked at.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('request', (request, response) => {
    const problem = problemOf(request, hosts, inbound.origins, expected);
    if (problem?.status === 401 && isPreflight(request)) return answerPreflight(request, response);
    if (problem !== undefined) {
      log.decision({
        decision: 'denied',
        via: 'inbound',
        host: request.headers.host ?? '',
        port: inbound.listenPort,
        reason: problem.reason,
      });
      const body = JSON.stringify({ error: `bulkhead: ${problem.reason}` });
      response.writeHead(problem.status, STATUS_CODES[problem.status] ?? '', {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
        ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="bulkhead"' } : {}),
      });
      return response.end(body);
    }
    return forward(
      request,
      response,
      {
        options: { socketPath, agent: false },
        path: request.url ?? '/',
        host: `127.0.0.1:${inbound.serverPort}`,
        // The token is the gateway's business, and the page is somebody else's.
        without: ['authorization', 'origin'],
        answer: {
          without: [...CORS_RESPONSE_HEADERS, ...STEERING_HEADERS],
          add: corsHeaders(request.headers.origin),
          location: (value) => ownLocation(value, { serverPort: inbound.serverPort, host: request.headers.host }),
        },
      },
      (error) => {
        const refused = error instanceof AnswerRefused;
        if (refused) {
          log.decision({ decision: 'denied', via: 'inbound', host: error.location, port: 0, reason: error.message });
        }
        const what = refused ? error.message : 'the server does not answer on its port yet, or no more';
        const body = JSON.stringify({ error: `bulkhead: ${what}` });
        response.writeHead(502, STATUS_CODES[502] ?? '', {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        });
        response.end(body);
      },
    );
  });
  server.on('clientError', (_error, socket) => (socket as Socket).destroy());
  // No upgrade, no CONNECT: Node.js ends those connections when nobody listens for them.
  return server;
}

function problemOf(
  request: IncomingMessage,
  hosts: ReadonlySet<string>,
  origins: readonly string[],
  expected: Buffer,
): { readonly status: number; readonly reason: string } | undefined {
  if (!request.url?.startsWith('/')) return { status: 400, reason: 'a path is asked for, nothing else' };
  const host = request.headers.host?.toLowerCase().replace(/:\d+$/, '');
  if (host === undefined || !hosts.has(host)) return { status: 403, reason: 'the Host header names somebody else' };
  const { origin } = request.headers;
  if (origin !== undefined && !isOriginAllowed(origin, origins))
    return { status: 403, reason: 'a page of that Origin may not ask' };
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return { status: 401, reason: 'no bearer token' };
  if (!timingSafeEqual(createHash('sha256').update(token).digest(), expected))
    return { status: 401, reason: 'a wrong bearer token' };
  return undefined;
}

function isOriginAllowed(origin: string, origins: readonly string[]): boolean {
  if (origins.includes(origin)) return true;
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) && LOOPBACK.includes(url.hostname);
}
