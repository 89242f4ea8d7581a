import http from 'node:http';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { authority } from './http.ts';

const PROTOCOL = '2025-06-18';
const MAX_BYTES = 1 << 20;
/** A handshake takes several exchanges; each gets this long. */
const EXCHANGE_MS = 2000;

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly message: unknown;
}

/** Opens an MCP session as any client would, lists the tools, closes it. Calls no tool. */
export async function session(spec: AttemptSpec, _budget: Budget, address: string): Promise<Made> {
  try {
    return spec.request === '/sse' ? await overSse(spec, address) : await overHttp(spec, address);
  } catch (error) {
    if (error instanceof AttemptFailure) throw error;
    return { outcome: 'other-protocol', phase: 'mcp', detail: String((error as NodeJS.ErrnoException).code ?? 'no MCP answer') };
  }
}

/** Streamable HTTP, revision 2025-06-18. */
async function overHttp(spec: AttemptSpec, address: string): Promise<Made> {
  const opened = await post(spec, address, spec.request ?? '/mcp', call(1, 'initialize', initialization()), {});
  const refused = refusal(opened.status);
  if (refused !== undefined) return refused;
  const server = serverOf(opened.message);
  if (server === undefined) return { outcome: 'other-protocol', phase: 'mcp', detail: `HTTP ${opened.status}` };
  const id = opened.headers['mcp-session-id'];
  const headers = { 'MCP-Protocol-Version': PROTOCOL, ...(typeof id === 'string' ? { 'Mcp-Session-Id': id } : {}) };
  try {
    await post(spec, address, spec.request ?? '/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
    const listed = await post(spec, address, spec.request ?? '/mcp', call(2, 'tools/list', {}), headers);
    return found(server, toolsOf(listed.message));
  } catch {
    // The session was open; that its tools could not be listed takes nothing back.
    return found(server, 0);
  } finally {
    if (typeof id === 'string') await send(spec, address, 'DELETE', spec.request ?? '/mcp', undefined, headers).catch(() => undefined);
  }
}

/** The older transport, HTTP with SSE (revision 2024-11-05): the stream names where to post, and carries the answers. */
async function overSse(spec: AttemptSpec, address: string): Promise<Made> {
  return new Promise<Made>((resolve, reject) => {
    let endpoint: string | undefined;
    let server: string | undefined;
    const request = http.request(options(spec, address, 'GET', '/sse', { Accept: 'text/event-stream' }), (response) => {
      const refused = refusal(response.statusCode ?? 0);
      if (refused !== undefined) return finish(refused);
      if (!(response.headers['content-type'] ?? '').startsWith('text/event-stream')) {
        return finish({ outcome: 'other-protocol', phase: 'mcp', detail: `HTTP ${response.statusCode}` });
      }
      let text = '';
      let total = 0;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        total += chunk.length;
        if (total > MAX_BYTES) return finish({ outcome: 'other-protocol', phase: 'mcp', detail: 'too long' });
        text += chunk;
        const events = text.split(/\r?\n\r?\n/);
        text = events.pop() ?? '';
        for (const event of events) take(event);
      });
      response.on('end', () => finish({ outcome: 'other-protocol', phase: 'mcp', detail: 'stream ended' }));
      response.on('error', () => undefined);
    });
    const timer = setTimeout(
      () => finish(server === undefined ? { outcome: 'other-protocol', phase: 'mcp', detail: 'no MCP answer' } : found(server, 0)),
      EXCHANGE_MS * 2,
    );
    const finish = (made: Made): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(made);
    };
    const say = (message: object): void => {
      if (endpoint !== undefined) post(spec, address, endpoint, message, {}).catch(() => undefined);
    };
    const take = (event: string): void => {
      const data = dataOf(event);
      if (endpoint === undefined) {
        if (!/^event: *endpoint/m.test(event)) return;
        endpoint = pathOf(data);
        return say(call(1, 'initialize', initialization()));
      }
      const message = parse(data);
      if (server === undefined) {
        server = serverOf(message);
        if (server === undefined) return;
        say({ jsonrpc: '2.0', method: 'notifications/initialized' });
        return say(call(2, 'tools/list', {}));
      }
      if ((message as { id?: unknown } | undefined)?.id === 2) finish(found(server, toolsOf(message)));
    };
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}

function initialization(): object {
  return { protocolVersion: PROTOCOL, capabilities: {}, clientInfo: { name: 'bulkhead', version: '0' } };
}

function call(id: number, method: string, params: object): object {
  return { jsonrpc: '2.0', id, method, params };
}

async function post(spec: AttemptSpec, address: string, path: string, message: object, headers: http.OutgoingHttpHeaders): Promise<Reply> {
  return send(spec, address, 'POST', path, JSON.stringify(message), {
    ...headers,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  });
}

async function send(
  spec: AttemptSpec,
  address: string,
  method: string,
  path: string,
  body: string | undefined,
  headers: http.OutgoingHttpHeaders,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = http.request(options(spec, address, method, path, headers), (response) => {
      let text = '';
      const finish = (): void => {
        clearTimeout(timer);
        request.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, message: messageIn(text) });
      };
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        // An event stream may stay open after the answer; the answer is all that is wanted.
        if (text.length > MAX_BYTES || messageIn(text) !== undefined) finish();
      });
      response.on('end', finish);
      response.on('error', finish);
    });
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), EXCHANGE_MS);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end(body);
  });
}

/** By address, so that nobody is asked for a name again; with the name in Host, as a client has it. */
function options(spec: AttemptSpec, address: string, method: string, path: string, headers: http.OutgoingHttpHeaders): http.RequestOptions {
  return {
    host: address,
    port: spec.port,
    method,
    path,
    agent: false,
    maxHeaderSize: 16 * 1024,
    headers: { ...headers, Host: authority(spec.host, spec.port), 'User-Agent': 'bulkhead' },
  };
}

function refusal(status: number): Made | undefined {
  return status === 401 || status === 403 ? { outcome: 'unauthorized', phase: 'mcp', detail: `HTTP ${status}` } : undefined;
}

function found(server: string, tools: number): Made {
  return { outcome: 'connected', phase: 'mcp', peer: { service: server, tools } };
}

/** The JSON-RPC response in a body: the body itself, or the first one in its event stream. */
function messageIn(text: string): unknown {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  for (const event of text.split(/\r?\n\r?\n/)) {
    const message = parse(dataOf(event));
    if (message !== undefined && typeof message === 'object' && message !== null && 'id' in message) return message;
  }
  return undefined;
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .join('\n');
}

/** Only a path on the same server is followed. */
function pathOf(endpoint: string): string {
  const url = new URL(endpoint, 'http://server.invalid');
  return url.pathname + url.search;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function serverOf(message: unknown): string | undefined {
  const info = (message as { result?: { serverInfo?: { name?: unknown; version?: unknown } } } | undefined)?.result?.serverInfo;
  return typeof info?.name === 'string' ? `${info.name} ${typeof info.version === 'string' ? info.version : ''}`.trim().slice(0, 200) : undefined;
}

function toolsOf(message: unknown): number {
  const tools = (message as { result?: { tools?: unknown } } | undefined)?.result?.tools;
  return Array.isArray(tools) ? tools.length : 0;
}
