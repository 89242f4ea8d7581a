import { request as httpRequest, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ignore, untilClosed } from './dial.ts';
import { endToEndHeaders, hasBody } from './http-messages.ts';

export interface Onward {
  /** How to reach the other side: an agent, a socket path. */
  readonly options: RequestOptions;
  readonly path: string;
  /** What the other side sees as Host. */
  readonly host: string;
  /** Headers of the request that stay behind, in lower case. */
  readonly without?: readonly string[];
  /** Headers of the answer that stay behind, in lower case, and what stands in their place, as names and values in turn. */
  readonly answer?: {
    readonly without: readonly string[];
    readonly add: readonly string[];
    /** What stands for a Location; throws where it leads to a place that the client must not be sent to. */
    readonly location: (value: string) => string;
  };
}

/** Told once why there is no answer; nothing has been sent to the client then. */
export type Failed = (error: Error) => void;

/**
 * Writes a request anew from what was parsed and streams the answer back: two servers can then not read one
 * message in two ways (request smuggling, RFC 9112 §11.2).
 */
export function forward(request: IncomingMessage, response: ServerResponse, onward: Onward, failed: Failed): void {
  const broken = (error: Error): void => {
    if (response.headersSent) response.destroy();
    else if (!response.destroyed) failed(error);
  };
  guarded(broken, () => {
    const outgoing = httpRequest(requestOptions(request, onward, untilClosed(request.socket)));
    outgoing.on('error', broken);
    // Also without an error: a server that switches protocols, which nobody asked for, is just dropped by Node.js.
    outgoing.on('close', () => {
      if (!response.headersSent) broken(new Error('the server gave no answer'));
    });
    let mayContinue = request.headers.expect !== undefined;
    outgoing.on('information', ({ statusCode }) => {
      if (statusCode !== 100 || !mayContinue || response.headersSent) return;
      // Once: a server that says it without end would fill the memory with what a slow client does not read.
      mayContinue = false;
      response.writeContinue();
    });
    outgoing.on('response', (answer) => {
      answer.on('error', () => response.destroy());
      guarded(
        (error) => {
          outgoing.destroy();
          broken(error);
        },
        () => {
          const headers = answerHeaders(answer, onward.answer);
          response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
          response.flushHeaders();
          answer.pipe(response);
        },
      );
    });
    response.on('close', () => outgoing.destroy());
    if (hasBody(request)) request.pipe(outgoing);
    else outgoing.end();
  });
}

/** Passes a WebSocket handshake on; once both sides agreed, their bytes are their own. */
export function forwardUpgrade(request: IncomingMessage, client: Socket, head: Buffer, onward: Onward, failed: Failed): void {
  client.on('error', ignore);
  let answered = false;
  const broken = (error: Error): void => {
    if (answered || client.destroyed) client.destroy();
    else failed(error);
    answered = true;
  };
  guarded(broken, () => {
    const options = requestOptions(request, onward, untilClosed(client));
    const headers = [...((options.headers ?? []) as string[]), ...UPGRADE];
    const outgoing = httpRequest({ ...options, headers });
    outgoing.on('error', broken);
    outgoing.on('close', () => {
      if (!answered) broken(new Error('the server gave no answer'));
    });
    outgoing.on('response', (answer) => {
      // It declined: the answer is passed on, and the connection ends with it.
      answered = true;
      answer.on('error', () => client.destroy());
      client.write(responseHead(answer, ['Connection', 'close']), 'latin1');
      // What the client still says goes nowhere; unread it would hold the connection.
      client.once('finish', () => client.destroy()).resume();
      answer.pipe(client);
    });
    outgoing.on('upgrade', (answer, upstream, upstreamHead) => {
      if (answer.headers.upgrade?.toLowerCase() !== 'websocket') return void upstream.destroy();
      answered = true;
      upstream.on('error', () => client.destroy());
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
      client.write(responseHead(answer, UPGRADE), 'latin1');
      if (upstreamHead.length > 0) client.write(upstreamHead);
      if (head.length > 0) upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
      return undefined;
    });
    outgoing.end();
  });
}

const UPGRADE = ['Connection', 'Upgrade', 'Upgrade', 'websocket'] as const;

/** Node.js throws at headers, paths and status codes that it would not write itself; both sides are hostile. */
function guarded(broken: Failed, action: () => void): void {
  try {
    action();
  } catch (error) {
    broken(error instanceof Error ? error : new Error(String(error)));
  }
}

function answerHeaders(answer: IncomingMessage, changes: Onward['answer']): string[] {
  const headers = endToEndHeaders(answer.rawHeaders, changes?.without);
  if (changes === undefined) return headers;
  const isLocation = (index: number): boolean => index % 2 === 1 && headers[index - 1]?.toLowerCase() === 'location';
  return [...headers.map((text, index) => (isLocation(index) ? changes.location(text) : text)), ...changes.add];
}

function requestOptions(request: IncomingMessage, onward: Onward, signal: AbortSignal): RequestOptions {
  const headers = endToEndHeaders(request.rawHeaders, ['host', ...(onward.without ?? [])]);
  const chunked = request.headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked'];
  return {
    ...onward.options,
    method: request.method ?? 'GET',
    path: onward.path,
    setHost: false,
    signal,
    // A flat list keeps the order, the case and the repetitions of the original.
    headers: ['Host', onward.host, ...headers, ...chunked],
  };
}

function responseHead(answer: IncomingMessage, more: readonly string[]): string {
  const headers = [...endToEndHeaders(answer.rawHeaders), ...more];
  const lines = headers.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1] ?? ''}\r\n`] : []));
  return `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}\r\n${lines.join('')}\r\n`;
}
