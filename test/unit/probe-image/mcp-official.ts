import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import {
  StreamableHTTPServerTransport,
  type StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer as McpServer2,
  originValidationResponse,
  WebStandardStreamableHTTPServerTransport,
  type CreateMcpHandlerOptions,
} from '@modelcontextprotocol/server';
import { randomUUID } from 'node:crypto';
import type http from 'node:http';
import { Readable } from 'node:stream';
import { serve } from './mcp-fixtures.ts';

/** A server made with the official packages. */
export interface Official extends AsyncDisposable {
  readonly port: number;
  /** Sessions that were opened, and that are open still. */
  readonly opened: () => number;
  readonly left: () => number;
  /** Names of the tools that were called. */
  readonly calls: readonly string[];
}

type Tool = (name: string) => { content: [{ type: 'text'; text: string }] };

function called(calls: string[]): Tool {
  return (name) => {
    calls.push(name);
    return { content: [{ type: 'text', text: name }] };
  };
}

function first(calls: string[]): McpServer1 {
  const server = new McpServer1({ name: 'one', version: '1.32' });
  const call = called(calls);
  server.registerTool('change', { description: 'changes' }, () => call('change'));
  server.registerTool('look', { description: 'looks', annotations: { readOnlyHint: true } }, () => call('look'));
  server.registerTool('fail', {}, () => {
    throw new Error('as it does');
  });
  return server;
}

function second(calls: string[], more: readonly string[] = []): McpServer2 {
  const server = new McpServer2({ name: 'two', version: '2.4' });
  const call = called(calls);
  server.registerTool('change', { description: 'changes' }, () => call('change'));
  server.registerTool('look', { description: 'looks', annotations: { readOnlyHint: true } }, () => call('look'));
  for (const name of more) server.registerTool(name, {}, () => call(name));
  return server;
}

/** Package 1.x, streamable HTTP at `/mcp`. */
export async function streamable(options: Partial<StreamableHTTPServerTransportOptions> = {}): Promise<Official> {
  const calls: string[] = [];
  let opened = 0;
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const running = await serve((request, response) => {
    void (async () => {
      if (new URL(request.url ?? '/', 'http://server.invalid').pathname !== '/mcp') return response.writeHead(404).end();
      const known = sessions.get(String(request.headers['mcp-session-id']));
      if (known !== undefined) return known.handleRequest(request, response);
      const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => {
          opened += 1;
          sessions.set(id, transport);
        },
        onsessionclosed: (id) => void sessions.delete(id),
        ...options,
      });
      // The package's own types disagree under exactOptionalPropertyTypes.
      await first(calls).connect(transport as unknown as Parameters<McpServer1['connect']>[0]);
      return transport.handleRequest(request, response);
    })();
  });
  return { ...running, calls, opened: () => opened, left: () => sessions.size };
}

/** Package 1.x, streamable HTTP without sessions: each request meets a new server. */
export async function sessionless(): Promise<Official> {
  const calls: string[] = [];
  const running = await serve((request, response) => {
    void (async () => {
      const transport = new StreamableHTTPServerTransport({});
      await first(calls).connect(transport as unknown as Parameters<McpServer1['connect']>[0]);
      await transport.handleRequest(request, response);
    })();
  });
  return { ...running, calls, opened: () => 0, left: () => 0 };
}

/** Package 1.x, HTTP with SSE at `/sse` and `/messages`. */
export async function sse(): Promise<Official> {
  const calls: string[] = [];
  let opened = 0;
  const streams = new Map<string, SSEServerTransport>();
  const running = await serve((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://server.invalid');
      if (request.method === 'GET' && url.pathname === '/sse') {
        const transport = new SSEServerTransport('/messages', response);
        opened += 1;
        streams.set(transport.sessionId, transport);
        response.on('close', () => streams.delete(transport.sessionId));
        return first(calls).connect(transport);
      }
      const known = url.pathname === '/messages' ? streams.get(url.searchParams.get('sessionId') ?? '') : undefined;
      return known === undefined ? response.writeHead(404).end() : known.handlePostMessage(request, response);
    })();
  });
  return { ...running, calls, opened: () => opened, left: () => streams.size };
}

export interface HandlerOptions extends CreateMcpHandlerOptions {
  /** Names in Host and Origin that are let in; absent = all. */
  readonly allowed?: string[];
  /** Tools that it has besides. */
  readonly more?: readonly string[];
}

/** Package 2.x, the handler of revision 2026-07-28, which serves the revisions before it unless told not to. */
export async function handler({ allowed, more, ...options }: HandlerOptions = {}): Promise<Official> {
  const calls: string[] = [];
  const made = createMcpHandler(() => second(calls, more), options);
  const running = await serveWeb(async (request) => {
    const refused =
      allowed === undefined
        ? undefined
        : (hostHeaderValidationResponse(request, allowed) ?? originValidationResponse(request, allowed));
    return refused ?? made.fetch(request);
  });
  return { ...running, calls, opened: () => 0, left: () => 0 };
}

/** Package 2.x, streamable HTTP with sessions. */
export async function streamable2(): Promise<Official> {
  const calls: string[] = [];
  let opened = 0;
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const running = await serveWeb(async (request) => {
    const known = sessions.get(request.headers.get('mcp-session-id') ?? '');
    if (known !== undefined) return known.handleRequest(request);
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        opened += 1;
        sessions.set(id, transport);
      },
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await second(calls).connect(transport);
    return transport.handleRequest(request);
  });
  return { ...running, calls, opened: () => opened, left: () => sessions.size };
}

/** Package 2.x speaks in requests and responses of the web. */
async function serveWeb(handle: (request: Request) => Promise<Response>): ReturnType<typeof serve> {
  const bridge = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const body = request.method === 'POST' ? await new Response(Readable.toWeb(request) as ReadableStream).text() : undefined;
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const url = `http://${request.headers.host ?? ''}${request.url ?? ''}`;
    const answer = await handle(
      new Request(url, { method: request.method ?? '', headers, ...(body === undefined ? {} : { body }) }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body === null) return void response.end();
    const stream = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]);
    response.on('close', () => stream.destroy());
    stream.on('error', () => response.destroy()).pipe(response);
  };
  return serve((request, response) => void bridge(request, response));
}
