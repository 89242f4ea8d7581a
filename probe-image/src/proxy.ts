import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { connect, timeToConnect, type Connection } from './connect.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { authority, parseHttp, readHttp } from './http.ts';
import { evidenceOf } from './identify.ts';
import { listen } from './read.ts';
import type { Resolver } from './resolver.ts';

/**
 * A tunnel through the target's HTTP proxy (CONNECT, RFC 9110 section 9.3.6). What follows on it is identified
 * as on any other connection.
 * @throws AttemptFailure `proxy-unreachable`, `proxy-denied`
 */
export async function throughProxy(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Connection> {
  const url = parseProxy(spec.proxy ?? '');
  const authorization = authorizationOf(url);
  const connection = await open(url, budget, resolver);
  const destination = spec.host.includes(':') ? `[${spec.host}]:${spec.port}` : `${spec.host}:${spec.port}`;
  // The same in both places, port and all, or a strict proxy answers 400 (RFC 9112 section 3.2).
  connection.socket.write([`CONNECT ${destination} HTTP/1.1`, `Host: ${destination}`, ...authorization, '', ''].join('\r\n'));
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const head = await listen(connection.socket, { maxBytes: 16 * 1024, timeoutMs: left, until: '\r\n\r\n' });
  const { status } = parseHttp(head.bytes);
  if (head.stop === 'found' && status !== undefined && status >= 200 && status < 300) return connection;
  connection.socket.destroy();
  if (status !== undefined && status >= 300)
    throw new AttemptFailure('proxy-denied', 'proxy', `HTTP ${status}`, connection.facts);
  // A proxy that takes the connection and says nothing has not let anything through.
  if (head.stop === 'late') throw new AttemptFailure('timeout', 'proxy', 'no HTTP answer', connection.facts);
  if (head.stop === 'broken') throw new AttemptFailure('reset', 'proxy', undefined, connection.facts);
  throw new AttemptFailure(
    'proxy-denied',
    'proxy',
    head.bytes.length === 0 ? 'closed without an answer' : 'no HTTP answer',
    connection.facts,
  );
}

/** What a proxy answers of its own accord; a server may answer so too, and is then taken for the proxy. */
const REFUSALS: ReadonlySet<number> = new Set([403, 407, 502, 503, 504]);

/**
 * Plain HTTP through the target's proxy: a request for the whole address (RFC 9112 section 3.2.2).
 * @throws AttemptFailure `proxy-unreachable`, `proxy-denied`
 */
export async function askProxy(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Made> {
  const url = parseProxy(spec.proxy ?? '');
  const [authorization] = authorizationOf(url);
  const { socket, facts } = await open(url, budget, resolver);
  try {
    const answer = await readHttp(socket, {
      host: spec.host,
      port: spec.port,
      path: `http://${authority(spec.host, spec.port)}/`,
      authority: spec.authority,
      timeoutMs: Math.max(1, budget.timeoutMs - (performance.now() - budget.start)),
      ...(authorization === undefined
        ? {}
        : { headers: { 'Proxy-Authorization': authorization.slice('Proxy-Authorization: '.length) } }),
    });
    if (answer === undefined) throw new AttemptFailure('timeout', 'proxy', 'no HTTP answer', facts);
    if (answer.status === undefined) throw new AttemptFailure('proxy-denied', 'proxy', 'no HTTP answer', facts);
    if (REFUSALS.has(answer.status))
      throw new AttemptFailure('proxy-denied', 'proxy', `HTTP ${answer.status}`, { ...facts, peer: evidenceOf(answer) });
    return { ...facts, outcome: 'connected', peer: evidenceOf(answer) };
  } finally {
    socket.destroy();
  }
}

/** RFC 7617: with the colon, even where there is no password. */
function authorizationOf({ username, password }: URL): readonly string[] {
  if (username === '' && password === '') return [];
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return [`Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}`];
  } catch {
    throw new AttemptFailure('probe-error', 'proxy', 'the credentials of the proxy variable are not encoded as in a URL');
  }
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
    const address = await addressOf(host, budget, resolver);
    return await connect(address, url.port === '' ? 80 : Number(url.port), timeToConnect(budget));
  } catch (error) {
    const failure = AttemptFailure.from(error, 'proxy');
    if (failure.outcome === 'probe-error') throw failure;
    // It was reached, and hung up.
    if (failure.outcome === 'reset') throw new AttemptFailure('reset', 'proxy', failure.detail, failure.facts);
    throw new AttemptFailure(
      'proxy-unreachable',
      'proxy',
      `${failure.outcome}${failure.detail === undefined ? '' : ` ${failure.detail}`}`,
      failure.facts,
      failure.late,
    );
  }
}

/** A proxy may be known by an IPv6 address alone. */
async function addressOf(host: string, budget: Budget, resolver: Resolver): Promise<string> {
  try {
    return await resolver.address(host, 4, budget);
  } catch (error) {
    if (error instanceof AttemptFailure && error.outcome === 'nxdomain') return resolver.address(host, 6, budget);
    throw error;
  }
}
