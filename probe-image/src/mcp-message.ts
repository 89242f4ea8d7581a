import { head } from './mcp-hold.ts';

/** Revision that is asked for where sessions are opened; a server may settle on another one. */
export const SESSION_REVISION = '2025-06-18';
/** Revision of the older transport, HTTP with SSE. */
export const SSE_REVISION = '2024-11-05';
/** First revision without sessions: each request says by itself what it is. */
export const STATELESS_REVISION = '2026-07-28';

/** That a server does not speak the revision that it was asked in (revision 2026-07-28, `UnsupportedProtocolVersion`). */
const UNSUPPORTED_REVISION = -32022;
/** JSON-RPC 2.0 section 5.1: the arguments were not good, or what was called fell over. */
const OF_THE_TOOL: ReadonlySet<unknown> = new Set([-32602, -32603]);

const CLIENT = { name: 'bulkhead', version: '0' };

/** What answers one question: a result or an error. Nothing in it has been looked at yet. */
export interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface Greeting {
  /** Absent where the server does not say. */
  readonly service?: string;
  readonly revision: string;
}

export function question(id: number, method: string, params: object): object {
  return { jsonrpc: '2.0', id, method, params };
}

export function notification(method: string): object {
  return { jsonrpc: '2.0', method };
}

export function initialization(protocolVersion: string): object {
  return { protocolVersion, capabilities: {}, clientInfo: CLIENT };
}

/** What every request of a stateless revision carries in its parameters. */
export function envelope(revision: string): object {
  return {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': CLIENT,
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
}

/** Makes something of a message, or of none that is no answer. `alone`: it is all that came. */
export type Reader<T> = (message: unknown, alone: boolean) => T | undefined;

/**
 * Reads the answer to our question `id`, at once and whole, and keeps only what `read` makes of it: an answer may be
 * as large as a hostile server likes. An error that comes alone may bear another number, or none, of a server that
 * could or would not read the question.
 */
export function reader<T>(id: number, read: (answer: RpcAnswer) => T): Reader<T> {
  return (message, alone) => {
    const answer = answerTo(id, message) ?? (alone && isError(message) ? { error: message.error } : undefined);
    return answer === undefined ? undefined : read(answer);
  };
}

/** No question or notification of the server's. May stand in a batch (revision 2025-03-26). */
function answerTo(id: number, message: unknown): RpcAnswer | undefined {
  const messages: readonly unknown[] = Array.isArray(message) ? message : [message];
  return messages.find(
    (one): one is RpcAnswer => (field(one, 'result') !== undefined || isError(one)) && field(one, 'id') === id,
  );
}

function isError(message: unknown): message is { readonly error: object } {
  return field(message, 'jsonrpc') === '2.0' && isObject(field(message, 'error'));
}

/** What came of `initialize` in revision `asked`. */
export function greetingOf(answer: RpcAnswer, asked: string): Greeting | undefined {
  const revision = field(answer.result, 'protocolVersion');
  const service = nameOf(field(answer.result, 'serverInfo'));
  if (typeof revision !== 'string' && service === undefined) return undefined;
  // Later requests name it in a header.
  return { ...(service === undefined ? {} : { service }), revision: isRevision(revision) ? revision : asked };
}

/** What came of `server/discover`. */
export function discoveryOf(answer: RpcAnswer, revision: string): Greeting | undefined {
  const { result } = answer;
  if (!Array.isArray(field(result, 'supportedVersions'))) return undefined;
  const service = nameOf(field(field(result, '_meta'), 'io.modelcontextprotocol/serverInfo') ?? field(result, 'serverInfo'));
  return { ...(service === undefined ? {} : { service }), revision };
}

/** A stateless revision that the server says it speaks, when it refused the one that it was asked in. */
export function offeredBy(answer: RpcAnswer): string | undefined {
  if (field(answer.error, 'code') !== UNSUPPORTED_REVISION) return undefined;
  const offered = field(field(answer.error, 'data'), 'supported');
  if (!Array.isArray(offered)) return undefined;
  const stateless = offered.filter(isRevision).filter((revision) => revision >= STATELESS_REVISION);
  return stateless.includes(STATELESS_REVISION) ? STATELESS_REVISION : stateless[0];
}

/** How a call of a tool ended that was answered. */
export function endOf(answer: RpcAnswer): 'answered' | 'tool-error' | 'refused' {
  if (isObject(answer.error)) return OF_THE_TOOL.has(field(answer.error, 'code')) ? 'tool-error' : 'refused';
  return field(answer.result, 'isError') === true ? 'tool-error' : 'answered';
}

/** `undefined` also for what has no fields. */
export function field(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isRevision(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
}

function nameOf(info: unknown): string | undefined {
  const name = field(info, 'name');
  const version = field(info, 'version');
  return typeof name === 'string' ? head(`${name} ${typeof version === 'string' ? version : ''}`.trim(), 200) : undefined;
}
