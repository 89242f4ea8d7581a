import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { BlockList, isIP, isIPv6, type AddressInfo } from 'node:net';
import { BulkheadError, messageOf } from '../errors.ts';
import type { MetricsOptions } from '../model/telling.ts';
import { escapeText } from '../model/text.ts';
import { CONTENT_TYPES, type Dialect } from './text.ts';

export interface MetricsSource {
  /** The metrics as they are now. */
  text(dialect: Dialect): string;
  /** Whether a run has ended: before that there is nothing to see. */
  isReady(): boolean;
}

export interface MetricsServer {
  /** `http://HOST:PORT`, with the port that was given. */
  readonly url: string;
  close(): Promise<void>;
}

/** Milliseconds, bytes, connections: a scraper asks for one page every few seconds. */
const LIMITS = { headersTimeout: 5000, requestTimeout: 5000, idle: 10_000, headerBytes: 8192, connections: 32 } as const;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Answers /metrics, /healthz and /readyz to GET and HEAD. Nobody is asked who he is, so it listens on loopback unless
 * `allowRemote`; a page in a browser cannot ask by a name of its own (DNS rebinding).
 * @throws BulkheadError `config-invalid` for an address that is none of loopback, `output-failed` where it cannot listen
 */
export async function serveMetrics(
  { listen, allowRemote = false, hosts = [] }: Pick<MetricsOptions, 'allowRemote' | 'hosts'> & { readonly listen: string },
  source: MetricsSource,
): Promise<MetricsServer> {
  const { host, port } = addressOf(listen);
  if (!allowRemote && !isLoopback(host)) {
    throw new BulkheadError('config-invalid', `Metrics on ${escapeText(listen)} could be read by other machines.`, {
      hint: 'Listen on 127.0.0.1:9464, or say allowRemote: true where everybody in that network may read them.',
    });
  }
  const names = new Set(['localhost', host, ...hosts].map((name) => name.toLowerCase()));
  const server = createServer({
    maxHeaderSize: LIMITS.headerBytes,
    headersTimeout: LIMITS.headersTimeout,
    requestTimeout: LIMITS.requestTimeout,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: LIMITS.idle,
  });
  server.maxConnections = LIMITS.connections;
  server.setTimeout(LIMITS.idle);
  const respond = (request: IncomingMessage, response: ServerResponse) =>
    send(request, response, answerTo(request, names, source));
  server.on('request', respond);
  // Left to Node.js, a stranger would be asked for a body.
  server.on('checkContinue', respond);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new BulkheadError('output-failed', `Metrics cannot be served on ${escapeText(listen)}: ${messageOf(error)}.`, {
      hint: 'Choose an address of this machine and a port that is free.',
      cause: error,
    });
  }
  const { port: given } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${given}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

function answerTo({ method, url = '', headers }: IncomingMessage, names: ReadonlySet<string>, source: MetricsSource): Answer {
  if (!isHostAllowed(headers.host, names)) return { status: 403, body: 'The Host header names somebody else.\n' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'GET and HEAD are answered.\n' };
  switch (url.replace(/\?.*$/s, '')) {
    case '/metrics': {
      // Who does not name OpenMetrics may not know it.
      const dialect = /\bapplication\/openmetrics-text\b/i.test(headers.accept ?? '') ? 'openmetrics' : 'prometheus';
      return { status: 200, type: CONTENT_TYPES[dialect], body: source.text(dialect) };
    }
    case '/healthz':
      return { status: 200, body: 'ok\n' };
    case '/readyz':
      return source.isReady() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'No audit has ended yet.\n' };
    default:
      return { status: 404, body: 'There are /metrics, /healthz and /readyz.\n' };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  // Who is turned away, or brings a body that nobody reads, begins anew.
  const ends = status === 403 || status === 405 || request.headers['content-length'] !== undefined;
  response.writeHead(status, {
    'content-type': type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    vary: 'accept',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(ends ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Rebinding needs a name: an address is what the browser really dialled. */
function isHostAllowed(header: string | undefined, names: ReadonlySet<string>): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s:@/[\]]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? [];
  const host = (bracketed ?? plain ?? '').toLowerCase();
  return isIP(host) !== 0 || names.has(host);
}

function addressOf(listen: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65535) return { host, port };
  throw new BulkheadError('config-invalid', `${escapeText(listen)} is no HOST:PORT.`, {
    hint: 'Write for instance 127.0.0.1:9464',
  });
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return host.toLowerCase() === 'localhost' || (family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6'));
}
