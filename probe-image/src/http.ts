import type net from 'node:net';
import { listen } from './read.ts';

const MAX_HEAD_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';

export interface HttpAnswer {
  /** Absent when what came is not HTTP. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly bytes: Buffer;
}

export interface HttpQuestion {
  readonly host: string;
  readonly port: number;
  /** Path, or an absolute URL towards a proxy. */
  readonly path: string;
  readonly timeoutMs: number;
  /** `Host` that is sent in place of `host` and `port`. */
  readonly authority?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One GET on an open connection, read by hand: Node's client follows what a hostile server says about lengths,
 * upgrades and keep-alive, and this needs the first 64 KiB and a status. `undefined` when nothing came.
 */
export async function readHttp(socket: net.Socket, question: HttpQuestion): Promise<HttpAnswer | undefined> {
  const lines = [
    `GET ${question.path} HTTP/1.1`,
    `Host: ${question.authority ?? authority(question.host, question.port)}`,
    'User-Agent: bulkhead',
    'Accept: */*',
    'Connection: close',
    ...Object.entries(question.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  if (!socket.writable) return undefined;
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const bytes = await readResponse(socket, question.timeoutMs);
  return bytes.length === 0 ? undefined : parseHttp(bytes);
}

export function authority(host: string, port: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 || port === 443 ? name : `${name}:${port}`;
}

export function parseHttp(bytes: Buffer): HttpAnswer {
  const end = bytes.indexOf(HEAD_END);
  const [first = '', ...lines] = bytes
    .subarray(0, end < 0 ? bytes.length : end)
    .toString('latin1')
    .split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines.slice(0, 100)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] ??= line.slice(colon + 1).trim();
  }
  const body = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + HEAD_END.length);
  return { ...(status === undefined ? {} : { status: Number(status) }), headers, body, bytes };
}

/** Stops at the announced length, the end, the greatest size or the time. */
async function readResponse(socket: net.Socket, timeoutMs: number): Promise<Buffer> {
  const start = performance.now();
  const head = await listen(socket, { maxBytes: MAX_HEAD_BYTES, timeoutMs, until: HEAD_END });
  if (head.stop !== 'found') return head.bytes;
  const length = /\r\ncontent-length: *(\d{1,9})\r\n/i.exec(head.bytes.toString('latin1'))?.[1];
  const maxBytes = length === undefined ? MAX_BODY_BYTES : Math.min(Number(length), MAX_BODY_BYTES);
  if (maxBytes === 0) return head.bytes;
  const body = await listen(socket, { maxBytes, timeoutMs: Math.max(1, timeoutMs - (performance.now() - start)) });
  return Buffer.concat([head.bytes, body.bytes]);
}
