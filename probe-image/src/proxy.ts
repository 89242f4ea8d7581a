import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { connect, type Connection } from './connect.ts';
import { AttemptFailure } from './failure.ts';
import { authority, parseHttp } from './http.ts';
import { readSome } from './read.ts';
import type { Resolver } from './resolver.ts';

/**
 * A tunnel through the target's HTTP proxy (CONNECT, RFC 9110 section 9.3.6). What follows on it is identified
 * as on any other connection.
 * @throws AttemptFailure `proxy-unreachable`, `proxy-denied`
 */
export async function throughProxy(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Connection> {
  const url = parseProxy(spec.proxy ?? '');
  const connection = await open(url, budget, resolver);
  const destination = spec.host.includes(':') ? `[${spec.host}]:${spec.port}` : `${spec.host}:${spec.port}`;
  const credentials = decodeURIComponent(url.username) + (url.password === '' ? '' : `:${decodeURIComponent(url.password)}`);
  connection.socket.write(
    [
      `CONNECT ${destination} HTTP/1.1`,
      `Host: ${authority(spec.host, spec.port)}`,
      ...(credentials === '' ? [] : [`Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}`]),
      '',
      '',
    ].join('\r\n'),
  );
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const head = await readSome(connection.socket, { maxBytes: 16 * 1024, timeoutMs: left, until: '\r\n\r\n' });
  const { status } = parseHttp(head);
  if (status !== undefined && status >= 200 && status < 300) return connection;
  connection.socket.destroy();
  if (status !== undefined) throw new AttemptFailure('proxy-denied', 'proxy', `HTTP ${status}`, connection.facts);
  // A proxy that takes the connection and says nothing has not let anything through.
  throw new AttemptFailure(head.length === 0 ? 'timeout' : 'proxy-denied', 'proxy', 'no HTTP answer', connection.facts);
}

function parseProxy(text: string): URL {
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    throw new AttemptFailure('probe-error', 'proxy', 'the proxy variable is not a URL');
  }
  if (url.protocol !== 'http:') throw new AttemptFailure('probe-error', 'proxy', `unsupported proxy ${url.protocol}`);
  return url;
}

async function open(url: URL, budget: Budget, resolver: Resolver): Promise<Connection> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  try {
    const address = await resolver.address(host, host.includes(':') ? 6 : 4, budget);
    return await connect(address, url.port === '' ? 80 : Number(url.port), budget);
  } catch (error) {
    const failure = AttemptFailure.from(error, 'proxy');
    if (failure.outcome === 'probe-error') throw failure;
    throw new AttemptFailure('proxy-unreachable', 'proxy', `${failure.outcome}${failure.detail === undefined ? '' : ` ${failure.detail}`}`, failure.facts);
  }
}
