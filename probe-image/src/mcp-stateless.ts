import type http from 'node:http';
import type { Made } from './failure.ts';
import { exchange, MAX_GREETING, refusal, type Endpoint, type Reply } from './mcp-exchange.ts';
import { discoveryOf, envelope, offeredBy, question, STATELESS_REVISION } from './mcp-message.ts';
import { lookAtTools, type Line } from './mcp-tools.ts';

const DISCOVER = 1;

/**
 * Revision 2026-07-28 and later: nothing is opened, every request names its revision and method in its headers
 * as well as in itself. `undefined` when that is not spoken either.
 */
export async function stateless(endpoint: Endpoint, path: string, offered = STATELESS_REVISION): Promise<Made | undefined> {
  const found = await discover(endpoint, path, offered);
  if (found === undefined) return undefined;
  const refused = refusal(found.reply.status);
  if (refused !== undefined) return refused;
  const { revision } = found;
  const greeting = discoveryOf(found.reply.answer, revision);
  if (greeting === undefined) return undefined;
  let last = DISCOVER;
  const line: Line = {
    ask: async (method, params, { timeoutMs, name } = {}) => {
      const asked = request(path, (last += 1), revision, method, params, name);
      return exchange(endpoint, { ...asked, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).catch(() => ({ status: 0 }));
    },
  };
  const { status, evidence } = await lookAtTools(line, endpoint.spec.call);
  // Without sessions each request is let in by itself: that a server says who it is does not yet let anybody in.
  return refusal(status) ?? { outcome: 'connected', phase: 'mcp', peer: { ...greeting, ...evidence } };
}

/** Asks once more in the revision that the server names, and not again. */
async function discover(
  endpoint: Endpoint,
  path: string,
  revision: string,
): Promise<{ readonly reply: Reply; readonly revision: string } | undefined> {
  const ask = async (spoken: string) =>
    exchange(endpoint, { ...request(path, DISCOVER, spoken, 'server/discover', {}), maxLength: MAX_GREETING });
  const reply = await ask(revision).catch(() => undefined);
  const better = offeredBy(reply?.answer);
  if (better === undefined || better === revision) return reply === undefined ? undefined : { reply, revision };
  const again = await ask(better).catch(() => undefined);
  return again === undefined ? undefined : { reply: again, revision: better };
}

function request(path: string, id: number, revision: string, method: string, params: object, name?: string) {
  const headers: http.OutgoingHttpHeaders = {
    'MCP-Protocol-Version': revision,
    'Mcp-Method': method,
    ...(name === undefined ? {} : { 'Mcp-Name': headerValue(name) }),
  };
  return { method: 'POST', path, headers, message: question(id, method, { ...params, ...envelope(revision) }), id } as const;
}

/** A name as a header bears it: in Base64 where it is none of printable ASCII without spaces around it (revision 2026-07-28). */
function headerValue(name: string): string {
  const plain = /^[\t\x20-\x7e]+$/.test(name) && name === name.trim() && !/^=\?base64\?.*\?=$/.test(name);
  return plain ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
}
