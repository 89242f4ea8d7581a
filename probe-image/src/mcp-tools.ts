import type { PeerEvidence, ToolCall } from '../../src/model/attempt.ts';
import { endOf, field, type RpcAnswer } from './mcp-message.ts';

/** Of a list that is given in parts. */
const MAX_PAGES = 8;
const MAX_CURSOR = 4096;
/** Of a name, as in `ToolCall`. */
const MAX_NAME = 256;
/** A tool does some work before it answers. */
const CALL_MS = 5000;

export interface Told {
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number;
  readonly answer?: RpcAnswer;
}

/** Puts questions to a server that has been greeted, over whichever transport. Never rejects. */
export interface Line {
  readonly ask: (method: string, params: object, options?: AskOptions) => Promise<Told>;
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
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { status, answer } = await line.ask('tools/list', cursor === undefined ? {} : { cursor });
    if (page === 0) listing = { ...listing, status };
    const tools = field(answer?.result, 'tools');
    if (!Array.isArray(tools)) return listing;
    const next = field(answer?.result, 'nextCursor');
    const isLast = typeof next !== 'string' || next === '';
    const wanted = listing.wanted ?? nameOf(tools.find((tool) => isWanted(call, tool)));
    listing = {
      ...listing,
      tools: (listing.tools ?? 0) + tools.length,
      ...(wanted === undefined ? {} : { wanted }),
      whole: isLast,
    };
    if (isLast || next.length > MAX_CURSOR) return listing;
    cursor = next;
  }
  return listing;
}

async function callOne(line: Line, call: ToolCall, listing: Listing): Promise<NonNullable<PeerEvidence['called']>> {
  const name = listing.wanted;
  if (name === undefined) {
    const sought = 'tool' in call ? { tool: call.tool } : {};
    if (listing.whole) return { ...sought, result: 'not-offered' };
    return { ...sought, result: isRefusal(listing.status) ? 'refused' : 'no-answer' };
  }
  const { status, answer } = await line.ask('tools/call', { name, arguments: {} }, { timeoutMs: CALL_MS, name });
  const refused = status === 401 || status === 403 || (answer === undefined && isRefusal(status));
  return { tool: name, result: refused ? 'refused' : answer === undefined ? 'no-answer' : endOf(answer) };
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
