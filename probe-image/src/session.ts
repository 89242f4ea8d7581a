import type net from 'node:net';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Connection } from './connect.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { other, type Endpoint } from './mcp-exchange.ts';
import { overHttp } from './mcp-http.ts';
import { overSse } from './mcp-sse.ts';

/** For all that a session takes; what `attempt` allows after the connection is more. */
const SESSION_MS = 12_000;

/** One way to look for a session: a transport at a path. */
interface Way {
  readonly path: string;
  readonly look: (endpoint: Endpoint, path: string) => Promise<Made>;
}

/**
 * Opens an MCP session as any client would, lists the tools, calls one only where the attempt says so, and closes
 * it. A client of its own and not the official one, which takes a server for none when its answer is not exactly
 * as the schema has it, or of a revision that it does not know: a session that opens is one, however it looks.
 * @throws AttemptFailure `timeout` when the peer takes connections and says nothing
 */
export async function session(spec: AttemptSpec, { address, socket }: Connection): Promise<Made> {
  const endpoint: Endpoint = { spec, address, first: once(socket), until: performance.now() + SESSION_MS };
  const found: Made[] = [];
  for (const { path, look } of waysTo(spec)) {
    try {
      const made = await look(endpoint, path);
      if (made.outcome === 'connected') return spec.request === undefined ? { ...made, detail: `at ${path}` } : made;
      found.push(made);
    } catch (error) {
      const failure = AttemptFailure.from(error, 'mcp');
      if (failure.outcome !== 'other-protocol') return orThrow(failure, found);
      // Who speaks no HTTP at one path speaks it at none.
      if (found.length === 0) return other(failure.detail ?? 'no HTTP answer');
    }
  }
  return bestOf(found);
}

/** The usual paths of both transports; an endpoint that is named may be of either. */
function waysTo({ request }: AttemptSpec): readonly Way[] {
  if (request === undefined) {
    return [
      { path: '/mcp', look: overHttp },
      { path: '/sse', look: overSse },
      { path: '/', look: overHttp },
    ];
  }
  const sse = { path: request, look: overSse };
  return /\/sse\/?$/.test(request) ? [sse] : [{ path: request, look: overHttp }, sse];
}

/** That credentials are asked for is known, whatever was silent elsewhere. */
function orThrow(failure: AttemptFailure, found: readonly Made[]): Made {
  const known = found.find(({ outcome }) => outcome === 'unauthorized');
  if (known === undefined) throw failure;
  return known;
}

/** What says most: credentials are asked for, then a refusal of another kind than that there is nothing here. */
function bestOf(found: readonly Made[]): Made {
  const unauthorized = found.find(({ outcome }) => outcome === 'unauthorized');
  const refused = found.find(({ detail }) => detail !== undefined && /^HTTP 4(?!04|05)/.test(detail));
  const best = unauthorized ?? refused ?? found[0];
  if (best === undefined) throw new AttemptFailure('probe-error', 'mcp', 'nothing was asked');
  return best;
}

/** A connection is used once. */
function once(socket: net.Socket): () => net.Socket | undefined {
  let left: net.Socket | undefined = socket;
  return () => {
    const taken = left?.destroyed === true ? undefined : left;
    left = undefined;
    return taken;
  };
}
