import type { Made } from './failure.ts';
import { exchange, MAX_GREETING, other, refusal, silence, type Endpoint, type Reply } from './mcp-exchange.ts';
import {
  greetingOf,
  initialization,
  notification,
  offeredBy,
  question,
  reader,
  SESSION_REVISION,
  type Greeting,
} from './mcp-message.ts';
import { stateless } from './mcp-stateless.ts';
import { lookAtTools, type Line } from './mcp-tools.ts';

const OPEN = 1;
/** Closing gets its own time: a session that is left open is what a server runs out of. */
const CLOSE_MS = 1000;

/** Streamable HTTP at one path: with a session first, as most servers have it, then without. */
export async function overHttp(endpoint: Endpoint, path: string): Promise<Made> {
  const opened = await open(endpoint, path);
  const moved = slashed(opened, path);
  return moved === undefined ? taken(endpoint, path, opened) : taken(endpoint, moved, await open(endpoint, moved));
}

/** What is kept of the answer to `initialize`. */
interface Opened {
  readonly greeting?: Greeting;
  /** Revision without sessions that is spoken instead. */
  readonly offered?: string;
}

async function open(endpoint: Endpoint, path: string): Promise<Reply<Opened>> {
  const message = question(OPEN, 'initialize', initialization(SESSION_REVISION));
  const read = reader(OPEN, (answer): Opened => {
    const greeting = greetingOf(answer, SESSION_REVISION);
    const offered = offeredBy(answer);
    return { ...(greeting === undefined ? {} : { greeting }), ...(offered === undefined ? {} : { offered }) };
  });
  return exchange(endpoint, { method: 'POST', path, message, read, maxLength: MAX_GREETING });
}

/** Many a framework keeps its endpoint at `/mcp/` and sends whoever asks for `/mcp` there. No other way is followed. */
function slashed({ status, location }: Reply<Opened>, path: string): string | undefined {
  if (status < 301 || status > 308 || path === '/') return undefined;
  const twin = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  return location?.replace(/^https?:\/\/[^/]*/i, '') === twin ? twin : undefined;
}

async function taken(endpoint: Endpoint, path: string, opened: Reply<Opened>): Promise<Made> {
  const { greeting, offered } = opened.answer ?? {};
  const headers = {
    ...(greeting === undefined ? {} : { 'MCP-Protocol-Version': greeting.revision }),
    ...(opened.session === undefined ? {} : { 'Mcp-Session-Id': opened.session }),
  };
  try {
    const refused = refusal(opened.status);
    if (refused !== undefined) return refused;
    if (greeting !== undefined) return await session(endpoint, path, greeting, headers);
    // What begins as an answer and does not end in time may be slow.
    if (opened.cut) throw silence();
    const made = mayBeStateless(opened) ? await stateless(endpoint, path, offered) : undefined;
    return made ?? other(`HTTP ${opened.status}`);
  } finally {
    // Also of what looked like no session: whoever names one keeps one.
    if (opened.session !== undefined) {
      const until = performance.now() + CLOSE_MS;
      await exchange({ ...endpoint, until }, { method: 'DELETE', path, headers }).catch(() => undefined);
    }
  }
}

async function session(
  endpoint: Endpoint,
  path: string,
  { service, revision }: Greeting,
  headers: Readonly<Record<string, string>>,
): Promise<Made> {
  const initialized = { method: 'POST', path, headers, message: notification('notifications/initialized') } as const;
  await exchange(endpoint, initialized).catch(() => undefined);
  let last = OPEN;
  const line: Line = {
    ask: async (method, params, read, { timeoutMs } = {}) => {
      const id = (last += 1);
      const message = question(id, method, params);
      const asked = { method: 'POST', path, headers, message, read: reader(id, read) } as const;
      return exchange(endpoint, { ...asked, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).catch(() => ({ status: 0 }));
    },
  };
  // The session is open; whatever comes of its tools takes nothing back.
  const { evidence } = await lookAtTools(line, endpoint.spec.call);
  return {
    outcome: 'connected',
    phase: 'mcp',
    peer: { ...(service === undefined ? {} : { service }), revision, ...evidence },
  };
}

/** Who answers in JSON-RPC, or refuses the request as such: a server without sessions misses its headers before it reads. */
function mayBeStateless({ status, answer }: Reply<Opened>): boolean {
  return answer !== undefined || (status >= 400 && status !== 404 && status !== 405);
}
