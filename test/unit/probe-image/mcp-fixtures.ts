import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Attempt, AttemptSpec } from '../../../src/model/attempt.ts';
import { LOOPBACK, make } from './fixtures.ts';

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly message: { readonly id?: number; readonly method?: string; readonly params?: Record<string, unknown> } | undefined;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  readonly exchanges: Exchange[];
}

/** A server made by hand, which may do what no library would. */
export async function httpServer(answer: (exchange: Exchange, response: http.ServerResponse) => void): Promise<HttpServer> {
  const exchanges: Exchange[] = [];
  const running = await serve((request, response) => {
    let body = '';
    response.on('error', () => undefined);
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const message = body === '' ? undefined : (JSON.parse(body) as Exchange['message']);
      const exchange = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, message };
      exchanges.push(exchange);
      answer(exchange, response);
    });
  });
  return { ...running, exchanges };
}

export async function serve(listener: http.RequestListener): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen({ host: LOOPBACK, port: 0 }, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const INFO = { protocolVersion: '2025-03-26', capabilities: {}, serverInfo: { name: 'box', version: '1.2' } };
export const TOOLS = [{ name: 'a' }, { name: 'b' }];

export function reply(message: Exchange['message'], result: object): object {
  return { jsonrpc: '2.0', id: message?.id, result };
}

export function fault(message: Exchange['message'], code: number): object {
  return { jsonrpc: '2.0', id: message?.id, error: { code, message: 'no' } };
}

/** What an ordinary server says; `undefined` to what wants no answer. */
export function resultOf(message: Exchange['message'], tools: readonly object[] = TOOLS): object | undefined {
  if (message?.method === 'initialize') return reply(message, INFO);
  if (message?.method === 'tools/list') return reply(message, { tools });
  if (message?.method === 'tools/call') return reply(message, { content: [] });
  return message?.id === undefined ? undefined : fault(message, -32601);
}

export function json(response: http.ServerResponse, value: object | undefined, headers: http.OutgoingHttpHeaders = {}): void {
  if (value === undefined) response.writeHead(202).end();
  else response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** To connect takes no time here; with a short one, a busy machine would make a stalled probe of a silent peer. */
const CONNECT_MS = 60_000;

export async function open(port: number, over: Partial<AttemptSpec> = {}): Promise<Attempt> {
  return make({ kind: 'mcp', port, ...over }, CONNECT_MS);
}

export const FOUND = {
  outcome: 'connected',
  phase: 'mcp',
  peer: { service: 'box 1.2', tools: 2, revision: '2025-03-26' },
  address: LOOPBACK,
};

export function asked({ exchanges }: HttpServer): readonly string[] {
  return exchanges.map(({ method, url, message }) =>
    [method, url, message?.method].filter((part) => part !== undefined).join(' '),
  );
}
