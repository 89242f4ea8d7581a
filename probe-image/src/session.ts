import http from 'node:http';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { authority } from './http.ts';

const PROTOCOL = '2025-06-18';
const MAX_BYTES = 1 << 20;
/** Numbers of our questions; a server may ask some of its own in between. */
const OPEN = 1;
const LIST = 2;
const MAX_PATH = 2048;
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
    if (spec.request === '/sse') return await overSse(spec, address);
    const made = await overHttp(spec, address);
    // Another server than an MCP server at the usual path: the older transport has another.
    return spec.request === undefined && made.outcome === 'other-protocol' ? await overSse(spec, address) : made;
  } catch (error) {
    if (error instanceof AttemptFailure) throw error;
    return { outcome: 'other-protocol', phase: 'mcp', detail: String((error as NodeJS.ErrnoException).code ?? 'no MCP answer') };
  }
}

/** Streamable HTTP, revision 2025-06-18. */
async function overHttp(spec: AttemptSpec, address: string): Promise<Made> {
  const opened = await post(spec, address, spec.request ?? '/mcp', call(OPEN, 'initialize', initialization()), {}, OPEN);
  const refused = refusal(opened.status);
  if (refused !== undefined) return refused;
  const server = serverOf(opened.message);
  if (server === undefined) return { outcome: 'other-protocol', phase: 'mcp', detail: `HTTP ${opened.status}` };
  const id = opened.headers['mcp-session-id'];
  const headers = {
    'MCP-Protocol-Version': versionOf(opened.message),
    ...(typeof id === 'string' ? { 'Mcp-Session-Id': id } : {}),
  };
  try {
    await post(spec, address, spec.request ?? '/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
    const listed = await post(spec, address, spec.request ?? '/mcp', call(LIST, 'tools/list', {}), headers, LIST);
    return found(server, toolsOf(listed.message));
  } catch {
    // The session was open; that its tools could not be listed takes nothing back.
    return found(server, undefined);
  } finally {
    if (typeof id === 'string')
      await send(spec, address, 'DELETE', spec.request ?? '/mcp', undefined, headers).catch(() => undefined);
  }
}

/** The older transport, HTTP with SSE (revision 2024-11-05): the stream names where to post, and carries the answers. */
async function overSse(spec: AttemptSpec, address: string): Promise<Made> {
  return new Promise<Made>((resolve, reject) => {
    let endpoint: string | undefined;
    let server: string | undefined;
    let done = false;
    let total = 0;
    const finish = (made: Made): void => {
      if (done) return;
      done = true;
      cancel();
      request.destroy();
      resolve(made);
    };
    // What was opened stays opened, whatever comes after it.
    const stop = (detail: string): void =>
      finish(server === undefined ? { outcome: 'other-protocol', phase: 'mcp', detail } : found(server, undefined));
    const say = (message: object): void => {
      if (endpoint !== undefined) post(spec, address, endpoint, message, {}).catch(() => undefined);
    };
    const take = (name: string, data: string): void => {
      if (done) return;
      if (endpoint === undefined) {
        if (name !== 'endpoint') return;
        endpoint = pathOf(data);
        return endpoint === undefined ? stop('no usable endpoint') : say(call(OPEN, 'initialize', initialization()));
      }
      const message = parse(data);
      if (server === undefined) {
        server = isAnswer(message, OPEN) ? serverOf(message) : undefined;
        if (server === undefined) return;
        say({ jsonrpc: '2.0', method: 'notifications/initialized' });
        return say(call(LIST, 'tools/list', {}));
      }
      if (isAnswer(message, LIST)) finish(found(server, toolsOf(message)));
    };
    const request = http.request(options(spec, address, 'GET', '/sse', { Accept: 'text/event-stream' }), (response) => {
      response.on('error', () => stop('stream broken'));
      const refused = refusal(response.statusCode ?? 0);
      if (refused !== undefined) return finish(refused);
      if (!isEventStream(response)) return stop(`HTTP ${response.statusCode}`);
      const events = eventReader(take);
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        total += chunk.length;
        if (total > MAX_BYTES) return stop('too long');
        if (!done) events(chunk);
      });
      response.on('end', () => stop('stream ended'));
    });
    const cancel = deadline(EXCHANGE_MS * 2, () => stop('no MCP answer'));
    request.on('error', (error) => {
      cancel();
      reject(error);
    });
    // Also without an error, as after an unasked upgrade.
    request.on('close', () => stop('closed'));
    request.end();
  });
}

function initialization(): object {
  return { protocolVersion: PROTOCOL, capabilities: {}, clientInfo: { name: 'bulkhead', version: '0' } };
}

function call(id: number, method: string, params: object): object {
  return { jsonrpc: '2.0', id, method, params };
}

async function post(
  spec: AttemptSpec,
  address: string,
  path: string,
  message: object,
  headers: http.OutgoingHttpHeaders,
  id?: number,
): Promise<Reply> {
  const json = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  return send(spec, address, 'POST', path, JSON.stringify(message), { ...headers, ...json }, id);
}

/** One exchange; of its answer only the message that answers question `id` is kept. */
async function send(
  spec: AttemptSpec,
  address: string,
  method: string,
  path: string,
  body: string | undefined,
  headers: http.OutgoingHttpHeaders,
  id?: number,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let message: unknown;
    let received: http.IncomingMessage | undefined;
    let parts: string[] = [];
    let length = 0;
    // Everything ends here, also what ends without an error or an end; the first word counts.
    const finish = (error?: Error): void => {
      cancel();
      request.destroy();
      if (received === undefined) return reject(error ?? new Error('no answer'));
      const whole = parts.length === 0 ? undefined : parse(parts.join(''));
      parts = [];
      if (id !== undefined && isAnswer(whole, id)) message ??= whole;
      resolve({ status: received.statusCode ?? 0, headers: received.headers, message });
    };
    const request = http.request(options(spec, address, method, path, headers), (response) => {
      received = response;
      response.on('error', () => finish());
      // Nothing is wanted of it: an event stream would stay open until the time is up.
      if (id === undefined) return finish();
      const events = isEventStream(response)
        ? eventReader((_, data) => {
            const event = parse(data);
            if (message !== undefined || !isAnswer(event, id)) return;
            message = event;
            finish();
          })
        : undefined;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        length += chunk.length;
        if (length > MAX_BYTES) return finish();
        if (events === undefined) parts.push(chunk);
        // An event stream may stay open after the answer; the answer is all that is wanted.
        else if (message === undefined) events(chunk);
      });
      response.on('end', () => finish());
    });
    const cancel = deadline(EXCHANGE_MS, () => finish(new Error('no answer in time')));
    request.on('error', finish);
    request.on('close', () => finish());
    request.end(body);
  });
}

function isEventStream({ headers }: http.IncomingMessage): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

/** Events of a stream as they come; each character is looked at once, however small the pieces are. */
function eventReader(take: (name: string, data: string) => void): (chunk: string) => void {
  let partial = '';
  let name = '';
  let data: string[] = [];
  return (chunk) => {
    const [first = '', ...rest] = chunk.split('\n');
    const lines = [partial + first, ...rest];
    partial = lines.pop() ?? '';
    for (const line of lines) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text.startsWith('data:')) data.push(text.slice(5).trim());
      else if (text.startsWith('event:')) name = text.slice(6).trim();
      else if (text === '') {
        if (data.length > 0) take(name, data.join('\n'));
        name = '';
        data = [];
      }
    }
  };
}

/** By address, so that nobody is asked for a name again; with the name in Host, as a client has it. */
function options(
  spec: AttemptSpec,
  address: string,
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders,
): http.RequestOptions {
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

/** `tools` is absent where they could not be listed. */
function found(server: string, tools: number | undefined): Made {
  return { outcome: 'connected', phase: 'mcp', peer: { service: server, ...(tools === undefined ? {} : { tools }) } };
}

/** A response to our question, and no question or notification of the server's. */
function isAnswer(message: unknown, id: number): boolean {
  if (typeof message !== 'object' || message === null) return false;
  return (message as { id?: unknown }).id === id && ('result' in message || 'error' in message);
}

/** Only a path on the same server is followed. */
function pathOf(endpoint: string): string | undefined {
  try {
    const { pathname, search } = new URL(endpoint, 'http://server.invalid');
    return pathname.length + search.length > MAX_PATH ? undefined : pathname + search;
  } catch {
    return undefined;
  }
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
  return typeof info?.name === 'string'
    ? `${info.name} ${typeof info.version === 'string' ? info.version : ''}`.trim().slice(0, 200)
    : undefined;
}

/** What the server settled on; later requests name it. */
function versionOf(message: unknown): string {
  const version = (message as { result?: { protocolVersion?: unknown } } | undefined)?.result?.protocolVersion;
  return typeof version === 'string' && /^\d{4}-\d\d-\d\d$/.test(version) ? version : PROTOCOL;
}

function toolsOf(message: unknown): number | undefined {
  const tools = (message as { result?: { tools?: unknown } } | undefined)?.result?.tools;
  return Array.isArray(tools) ? tools.length : undefined;
}
