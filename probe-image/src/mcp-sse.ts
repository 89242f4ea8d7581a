import http from 'node:http';
import { deadline } from './deadline.ts';
import type { AttemptFailure, Made } from './failure.ts';
import {
  EXCHANGE_MS,
  exchange,
  failureOf,
  isEventStream,
  MAX_LENGTH,
  options,
  other,
  pathOf,
  refusal,
  silence,
  timeFor,
  type Endpoint,
} from './mcp-exchange.ts';
import { eventReader } from './mcp-events.ts';
import { holdUpTo, parse } from './mcp-hold.ts';
import { greetingOf, initialization, notification, question, reader, SSE_REVISION, type RpcAnswer } from './mcp-message.ts';
import { lookAtTools, type AskOptions, type Line, type Told } from './mcp-tools.ts';

/** The older transport, HTTP with SSE (revision 2024-11-05): the stream names where to post, and carries the answers. */
export async function overSse(endpoint: Endpoint, path: string): Promise<Made> {
  const stream = openStream(endpoint, path);
  try {
    const named = stream.hear(EXCHANGE_MS, (name, data) => (name === 'endpoint' ? { path: pathOf(data) } : undefined));
    const head = await stream.head;
    const refused = refusal(head.status);
    if (refused !== undefined) return refused;
    if (!head.isStream) return other(`HTTP ${head.status}`);
    const heard = await named;
    if (stream.isCut()) throw silence();
    if (heard === undefined) return other('an event stream without an MCP endpoint');
    if (heard.path === undefined) return other('no usable endpoint');
    return await session(endpoint, heard.path, stream);
  } finally {
    // With it the server's session ends.
    stream.close();
  }
}

async function session(endpoint: Endpoint, path: string, stream: Stream): Promise<Made> {
  let last = 0;
  const line: Line = {
    ask: async <T>(
      method: string,
      params: object,
      read: (answer: RpcAnswer) => T,
      { timeoutMs = EXCHANGE_MS }: AskOptions = {},
    ): Promise<Told<T>> => {
      const id = (last += 1);
      const answered = reader(id, read);
      const heard = stream.hear(timeoutMs, (_, data) => answered(parse(data), false));
      const posted = await exchange(endpoint, { method: 'POST', path, message: question(id, method, params) }).catch(
        () => undefined,
      );
      const status = posted?.status ?? 0;
      // Nothing comes on the stream of a question that was not taken.
      if (status >= 400) return { status };
      const answer = await heard;
      return { status, ...(answer === undefined ? {} : { answer }) };
    },
  };
  const opened = await line.ask('initialize', initialization(SSE_REVISION), (answer) => ({
    greeting: greetingOf(answer, SSE_REVISION),
  }));
  const refused = refusal(opened.status);
  if (refused !== undefined) return refused;
  const greeting = opened.answer?.greeting;
  if (greeting === undefined) {
    if (opened.status >= 400) return other(`HTTP ${opened.status}`);
    if (opened.answer !== undefined || stream.hasEnded()) return other('no MCP answer');
    throw silence();
  }
  const initialized = { method: 'POST', path, message: notification('notifications/initialized') } as const;
  await exchange(endpoint, initialized).catch(() => undefined);
  const { evidence } = await lookAtTools(line, endpoint.spec.call);
  return { outcome: 'connected', phase: 'mcp', peer: { ...greeting, ...evidence } };
}

interface Ear {
  readonly take: (name: string, data: string) => void;
  readonly end: () => void;
}

interface Stream {
  /** Rejects with an AttemptFailure when no HTTP comes. */
  readonly head: Promise<{ readonly status: number; readonly isStream: boolean }>;
  /** What `take` makes of the first event of which it makes something; `undefined` when none comes in time. Never rejects. */
  readonly hear: <T>(ms: number, take: (name: string, data: string) => T | undefined) => Promise<T | undefined>;
  /** It ended by itself. */
  readonly hasEnded: () => boolean;
  /** There was no room for it: what would have come is not known. */
  readonly isCut: () => boolean;
  readonly close: () => void;
}

function openStream(endpoint: Endpoint, path: string): Stream {
  let ear: Ear | undefined;
  let ended = false;
  let isCut = false;
  const hold = holdUpTo(MAX_LENGTH);
  const timeoutMs = timeFor(endpoint, EXCHANGE_MS);
  const request = http.request(options(endpoint, 'GET', path, { Accept: 'text/event-stream' }));
  const close = (): void => {
    ended = true;
    hold.release();
    request.destroy();
    ear?.end();
  };
  const head = new Promise<{ readonly status: number; readonly isStream: boolean }>((resolve, reject) => {
    const fail = (failure: AttemptFailure): void => {
      cancel();
      close();
      reject(failure);
    };
    const cancel = deadline(timeoutMs, () => fail(silence()));
    request.on('response', (response) => {
      cancel();
      const isStream = isEventStream(response);
      resolve({ status: response.statusCode ?? 0, isStream });
      response.on('error', close);
      response.on('end', close);
      if (!isStream) return close();
      const events = eventReader((name, data) => ear?.take(name, data));
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (ended) return;
        const room = hold.take(piece);
        if (room === 'taken') return events(piece);
        isCut = room === 'full';
        close();
      });
    });
    request.on('error', (error) => fail(failureOf(error)));
    // Also without an error, as after an unasked upgrade.
    request.on('close', () => fail(failureOf({})));
  });
  // Whoever waits for it hears of it; whoever went away meanwhile need not.
  head.catch(() => undefined);
  request.end();
  return {
    head,
    hear: async <T>(ms: number, take: (name: string, data: string) => T | undefined) => {
      if (ended) return undefined;
      // One at a time: of a question that was not taken nothing is waited for any more.
      ear?.end();
      return new Promise<T | undefined>((resolve) => {
        const finish = (value?: T): void => {
          cancel();
          if (ear === mine) ear = undefined;
          resolve(value);
        };
        const mine: Ear = {
          take: (name, data) => {
            const made = take(name, data);
            if (made !== undefined) finish(made);
          },
          end: () => finish(),
        };
        const cancel = deadline(Math.max(1, Math.min(ms, endpoint.until - performance.now())), mine.end);
        ear = mine;
      });
    },
    hasEnded: () => ended && !isCut,
    isCut: () => isCut,
    close,
  };
}
