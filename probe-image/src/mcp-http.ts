import type { Made } from './failure.ts';
import { exchange, MAX_GREETING, other, refusal, silence, type Endpoint, type Reply } from './mcp-exchange.ts';
import { greetingOf, initialization, notification, offeredBy, question, SESSION_REVISION, type Greeting } from './mcp-message.ts';
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

async function open(endpoint: Endpoint, path: string): Promise<Reply> {
  const message = question(OPEN, 'initialize', initialization(SESSION_REVISION));
  return exchange(endpoint, { method: 'POST', path, message, id: OPEN, maxLength: MAX_GREETING });
}

/** Many a framework keeps its endpoint at `/mcp/` and sends whoever asks for `/mcp` there. No other way is followed. */
function slashed({ status, headers }: Reply, path: string): string | undefined {
  if (status < 301 || status > 308 || path === '/') return undefined;
  const twin = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  return headers.location?.replace(/^https?:\/\/[^/]*/i, '') === twin ? twin : undefined;
}

async function taken(endpoint: Endpoint, path: string, opened: Reply): Promise<Made> {
  const id = opened.headers['mcp-session-id'];
  const greeting = greetingOf(opened.answer, SESSION_REVISION);
  const headers = {
    ...(greeting === undefined ? {} : { 'MCP-Protocol-Version': greeting.revision }),
    ...(typeof id === 'string' ? { 'Mcp-Session-Id': id } : {}),
  };
  try {
    const refused = refusal(opened.status);
    if (refused !== undefined) return refused;
    if (greeting !== undefined) return await session(endpoint, path, greeting, headers);
    // What begins as an answer and does not end in time may be slow.
    if (opened.late) throw silence();
    const revision = offeredBy(opened.answer);
    const made = mayBeStateless(opened) ? await stateless(endpoint, path, revision) : undefined;
    return made ?? other(`HTTP ${opened.status}`);
  } finally {
    // Also of what looked like no session: whoever names one keeps one.
    if (typeof id === 'string') {
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
    ask: async (method, params, { timeoutMs } = {}) => {
      const id = (last += 1);
      const asked = { method: 'POST', path, headers, message: question(id, method, params), id } as const;
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
function mayBeStateless({ status, answer }: Reply): boolean {
  return answer !== undefined || (status >= 400 && status !== 404 && status !== 405);
}
