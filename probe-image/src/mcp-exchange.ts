import http from 'node:http';
import type net from 'node:net';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { authority } from './http.ts';
import { eventReader } from './mcp-events.ts';
import { holdUpTo, parse } from './mcp-hold.ts';
import type { Reader } from './mcp-message.ts';

/** Of one answer, characters and what their pieces cost. */
export const MAX_LENGTH = 1 << 20;
/** Of an answer in which a server says who it is. Reading longer ones, of whoever sends them, holds up all other attempts. */
export const MAX_GREETING = 1 << 17;
/**
 * A session takes several exchanges; each gets this long. More than a connection: a server that many probes ask at once
 * on a busy machine was seen to take 3.4 s to say who it is, and is no less open for that.
 */
export const EXCHANGE_MS = 5000;
const MAX_PATH = 2048;

/** Whom a session is sought with, and until when. */
export interface Endpoint {
  readonly spec: AttemptSpec;
  readonly address: string;
  /** The connection that showed that there is somebody; the first exchange uses it, as some take no second one. */
  readonly first: () => net.Socket | undefined;
  /** Of `performance.now()`: nothing new is asked after it. */
  readonly until: number;
}

export interface Question<T> {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly message?: object;
  /** Of what comes back, the first of which it makes something is kept. Without one, nothing is read after the head. */
  readonly read?: Reader<T>;
  readonly timeoutMs?: number;
  readonly maxLength?: number;
}

export interface Reply<T> {
  readonly status: number;
  readonly session?: string;
  readonly location?: string;
  readonly answer?: T;
  /** It was cut off before all of it came: the time was up, or there was no room for it. */
  readonly cut: boolean;
}

/**
 * One exchange; of its answer only what `read` makes of it is kept. Follows nothing and repeats nothing.
 * @throws AttemptFailure when no HTTP came: `timeout` after silence, else `other-protocol`
 */
export async function exchange<T>(endpoint: Endpoint, { message, read, ...asked }: Question<T>): Promise<Reply<T>> {
  const json = message === undefined ? {} : { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const timeoutMs = timeFor(endpoint, asked.timeoutMs ?? EXCHANGE_MS);
  return new Promise((resolve, reject) => {
    let answer: T | undefined;
    let received: http.IncomingMessage | undefined;
    let parts: string[] = [];
    const hold = holdUpTo(asked.maxLength ?? MAX_LENGTH);
    // Everything ends here, also what ends without an error or an end; the first word counts.
    const finish = (failure: AttemptFailure, cut = false): void => {
      cancel();
      request.destroy();
      const whole = parts.length === 0 ? undefined : parts.join('');
      parts = [];
      hold.release();
      if (received === undefined) return reject(failure);
      if (whole !== undefined) answer ??= read?.(parse(whole), true);
      resolve({ ...headOf(received), ...(answer === undefined ? {} : { answer }), cut: cut && answer === undefined });
    };
    const request = http.request(options(endpoint, asked.method, asked.path, { ...asked.headers, ...json }), (response) => {
      received = response;
      response.on('error', () => finish(NOTHING));
      // Nothing is wanted of it: an event stream would stay open until the time is up.
      if (read === undefined) return finish(NOTHING);
      const events = isEventStream(response)
        ? eventReader((_, data) => {
            answer ??= read(parse(data), false);
            // An event stream may stay open after the answer; the answer is all that is wanted.
            if (answer !== undefined) finish(NOTHING);
          })
        : undefined;
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        const room = hold.take(piece);
        if (room !== 'taken') {
          parts = [];
          return finish(NOTHING, room === 'full');
        }
        if (events === undefined) parts.push(piece);
        else if (answer === undefined) events(piece);
      });
      response.on('end', () => finish(NOTHING));
    });
    const cancel = deadline(timeoutMs, () => finish(silence(), true));
    request.on('error', (error) => finish(failureOf(error)));
    request.on('close', () => finish(NOTHING));
    request.end(message === undefined ? undefined : JSON.stringify(message));
  });
}

function headOf({ statusCode = 0, headers }: http.IncomingMessage): Pick<Reply<unknown>, 'status' | 'session' | 'location'> {
  const session = headers['mcp-session-id'];
  return {
    status: statusCode,
    ...(typeof session === 'string' ? { session } : {}),
    ...(headers.location === undefined ? {} : { location: headers.location }),
  };
}

const NOTHING = new AttemptFailure('other-protocol', 'mcp', 'no HTTP answer');

/** Who takes a connection and says nothing may be none, or slow. */
export function silence(): AttemptFailure {
  return new AttemptFailure('timeout', 'mcp', 'no MCP answer in time');
}

/** What went wrong on the way is the peer's doing, what this machine has no means for is not. */
export function failureOf(error: unknown): AttemptFailure {
  const { code } = error as NodeJS.ErrnoException;
  const ours = code !== undefined && OURS.has(code);
  return new AttemptFailure(ours ? 'probe-error' : 'other-protocol', 'mcp', code ?? 'no HTTP answer');
}

const OURS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/**
 * What is left of the session's time, at most `ms`.
 * @throws AttemptFailure `timeout` when nothing is
 */
export function timeFor({ until }: Endpoint, ms: number): number {
  const left = until - performance.now();
  if (left <= 0) throw silence();
  return Math.min(ms, left);
}

/** By address, so that nobody is asked for a name again; with the name in Host, as a client has it. */
export function options(
  { spec, address, first }: Endpoint,
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders,
): http.RequestOptions {
  const socket = first();
  return {
    host: address,
    port: spec.port,
    method,
    path,
    // A connection each: on a kept one a peer could answer what is not asked yet.
    ...(socket === undefined ? { agent: false } : { createConnection: () => socket }),
    maxHeaderSize: 16 * 1024,
    headers: {
      ...headers,
      ...(spec.origin === undefined ? {} : { Origin: spec.origin }),
      Host: hostHeader(spec),
      'User-Agent': 'bulkhead',
    },
  };
}

function hostHeader(spec: AttemptSpec): string {
  return spec.authority ?? authority(spec.host, spec.port);
}

export function isEventStream({ headers }: http.IncomingMessage): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

/** Only a path on the same server is followed, whatever server is named; `undefined` for none that can be asked for. */
export function pathOf(location: string): string | undefined {
  try {
    const { pathname, search } = new URL(location, 'http://server.invalid');
    return pathname.length + search.length > MAX_PATH ? undefined : pathname + search;
  } catch {
    return undefined;
  }
}

export function refusal(status: number): Made | undefined {
  return status === 401 || status === 403 ? { outcome: 'unauthorized', phase: 'mcp', detail: `HTTP ${status}` } : undefined;
}

/** Not what was looked for. Another status than 401 and 403 may still be a refusal (400 and 421 of a Host that is not wanted). */
export function other(detail: string): Made {
  return { outcome: 'other-protocol', phase: 'mcp', detail };
}
