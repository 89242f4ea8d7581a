import type { PeerEvidence, ToolCall } from '../../src/model/attempt.ts';
import { endOf, field, type RpcAnswer } from './mcp-message.ts';

/** Of a list that is given in parts. */
const MAX_PAGES = 8;
/** Enough to know that there are many. */
const MAX_TOOLS = 10_000;
const MAX_CURSOR = 4096;
/** Of a name, as in `ToolCall`. */
const MAX_NAME = 256;
/** A tool does some work before it answers. */
const CALL_MS = 5000;

export interface Told<T> {
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number;
  readonly answer?: T;
}

/** Puts questions to a server that has been greeted, over whichever transport. Never rejects. */
export interface Line {
  readonly ask: <T>(method: string, params: object, read: (answer: RpcAnswer) => T, options?: AskOptions) => Promise<Told<T>>;
}

export interface AskOptions {
  readonly timeoutMs?: number;
  /** Name of the tool that is called. */
  readonly name?: string;
}

export interface Looked {
  /** Status of the answer to the first list. */
  readonly status: number;
  readonly evidence: Pick<PeerEvidence, 'tools' | 'called'>;
}

/** What is kept of a list; the list itself may be as long as a hostile server likes. */
interface Listing {
  readonly status: number;
  /** How many; absent when none could be had. */
  readonly tools?: number;
  /** Name of the tool to call. */
  readonly wanted?: string;
  readonly whole: boolean;
}

/** Lists the tools, and calls one only where the attempt says so. */
export async function lookAtTools(line: Line, call: ToolCall | undefined): Promise<Looked> {
  const listing = await list(line, call);
  return {
    status: listing.status,
    evidence: {
      ...(listing.tools === undefined ? {} : { tools: listing.tools }),
      ...(call === undefined ? {} : { called: await callOne(line, call, listing) }),
    },
  };
}

async function list(line: Line, call: ToolCall | undefined): Promise<Listing> {
  let listing: Listing = { status: 0, whole: false };
  let cursor: string | undefined;
  for (let number = 0; number < MAX_PAGES; number += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const { status, answer } = await line.ask('tools/list', params, (told) => ({ page: pageOf(told, call) }));
    if (number === 0) listing = { ...listing, status };
    const page = answer?.page;
    if (page === undefined) return listing;
    const wanted = listing.wanted ?? page.wanted;
    const tools = (listing.tools ?? 0) + page.tools;
    listing = { ...listing, tools, ...(wanted === undefined ? {} : { wanted }), whole: page.next === undefined };
    if (page.next === undefined || page.next.length > MAX_CURSOR || tools > MAX_TOOLS) return listing;
    cursor = page.next;
  }
  return listing;
}

interface Page {
  readonly tools: number;
  readonly wanted?: string;
  /** Absent on the last one. */
  readonly next?: string;
}

function pageOf({ result }: RpcAnswer, call: ToolCall | undefined): Page | undefined {
  const tools = field(result, 'tools');
  if (!Array.isArray(tools)) return undefined;
  const next = field(result, 'nextCursor');
  const wanted = nameOf(tools.find((tool) => isWanted(call, tool)));
  return {
    tools: tools.length,
    ...(wanted === undefined ? {} : { wanted }),
    ...(typeof next !== 'string' || next === '' ? {} : { next }),
  };
}

async function callOne(line: Line, call: ToolCall, listing: Listing): Promise<NonNullable<PeerEvidence['called']>> {
  const name = listing.wanted;
  if (name === undefined) {
    const sought = 'tool' in call ? { tool: call.tool } : {};
    if (listing.whole) return { ...sought, result: 'not-offered' };
    return { ...sought, result: isRefusal(listing.status) ? 'refused' : 'no-answer' };
  }
  const { status, answer } = await line.ask('tools/call', { name, arguments: {} }, endOf, { timeoutMs: CALL_MS, name });
  const refused = status === 401 || status === 403 || (answer === undefined && isRefusal(status));
  return { tool: name, result: refused ? 'refused' : (answer ?? 'no-answer') };
}

function isWanted(call: ToolCall | undefined, tool: unknown): boolean {
  const name = nameOf(tool);
  if (name === undefined || call === undefined) return false;
  return 'tool' in call ? name === call.tool : isHarmless(tool);
}

/** By the server's own word: marked read-only, and nothing has to be made up to call it. */
function isHarmless(tool: unknown): boolean {
  if (field(field(tool, 'annotations'), 'readOnlyHint') !== true) return false;
  const required = field(field(tool, 'inputSchema'), 'required');
  return required === undefined || (Array.isArray(required) && required.length === 0);
}

function nameOf(tool: unknown): string | undefined {
  const name = field(tool, 'name');
  return typeof name === 'string' && name !== '' && name.length <= MAX_NAME ? name : undefined;
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
