import type { Made } from './failure.ts';
import { exchange, MAX_GREETING, refusal, type Endpoint, type Question, type Reply } from './mcp-exchange.ts';
import {
  discoveryOf,
  envelope,
  offeredBy,
  question,
  reader,
  STATELESS_REVISION,
  type Greeting,
  type RpcAnswer,
} from './mcp-message.ts';
import { lookAtTools, type Line } from './mcp-tools.ts';

const DISCOVER = 1;

/**
 * Revision 2026-07-28 and later: nothing is opened, every request names its revision and method in its headers
 * as well as in itself. `undefined` when that is not spoken either.
 */
export async function stateless(endpoint: Endpoint, path: string, offered = STATELESS_REVISION): Promise<Made | undefined> {
  const found = await discover(endpoint, path, offered);
  if (found === undefined) return undefined;
  const refused = refusal(found.status);
  if (refused !== undefined) return refused;
  const greeting = found.answer?.greeting;
  if (greeting === undefined) return undefined;
  let last = DISCOVER;
  const line: Line = {
    ask: async (method, params, read, { timeoutMs, name } = {}) => {
      const asked = request(path, (last += 1), greeting.revision, method, params, read, name);
      return exchange(endpoint, { ...asked, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).catch(() => ({ status: 0 }));
    },
  };
  const { status, evidence } = await lookAtTools(line, endpoint.spec.call);
  // Without sessions each request is let in by itself: that a server says who it is does not yet let anybody in.
  return refusal(status) ?? { outcome: 'connected', phase: 'mcp', peer: { ...greeting, ...evidence } };
}

/** What is kept of the answer to `server/discover`. */
interface Discovered {
  readonly greeting?: Greeting;
  readonly offered?: string;
}

/** Asks once more in the revision that the server names, and not again. */
async function discover(endpoint: Endpoint, path: string, revision: string): Promise<Reply<Discovered> | undefined> {
  const ask = async (spoken: string): Promise<Reply<Discovered> | undefined> => {
    const asked = request(path, DISCOVER, spoken, 'server/discover', {}, (answer): Discovered => {
      const greeting = discoveryOf(answer, spoken);
      const offered = offeredBy(answer);
      return { ...(greeting === undefined ? {} : { greeting }), ...(offered === undefined ? {} : { offered }) };
    });
    return exchange(endpoint, { ...asked, maxLength: MAX_GREETING }).catch(() => undefined);
  };
  const reply = await ask(revision);
  const better = reply?.answer?.offered;
  return better === undefined || better === revision ? reply : ask(better);
}

function request<T>(
  path: string,
  id: number,
  revision: string,
  method: string,
  params: object,
  read: (answer: RpcAnswer) => T,
  name?: string,
): Question<T> {
  const headers = {
    'MCP-Protocol-Version': revision,
    'Mcp-Method': method,
    ...(name === undefined ? {} : { 'Mcp-Name': headerValue(name) }),
  };
  const message = question(id, method, { ...params, ...envelope(revision) });
  return { method: 'POST', path, headers, message, read: reader(id, read) };
}

/** A name as a header bears it: in Base64 where it is none of printable ASCII without spaces around it (revision 2026-07-28). */
function headerValue(name: string): string {
  const plain = /^[\t\x20-\x7e]+$/.test(name) && name === name.trim() && !/^=\?base64\?.*\?=$/.test(name);
  return plain ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
}
