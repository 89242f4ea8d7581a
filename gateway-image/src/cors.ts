import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * What lets a web page of an allowed origin use a published server (Fetch Standard, CORS protocol). The server's
 * own headers of this kind are left out: it does not see the origin, and many allow everybody.
 */
export function corsHeaders(origin: string | undefined): readonly string[] {
  if (origin === undefined) return [];
  return [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Expose-Headers',
    'Mcp-Session-Id, WWW-Authenticate',
    'Vary',
    'Origin',
  ];
}

export const CORS_RESPONSE_HEADERS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
] as const;

/** A browser asks first, and without a token: the answer says no more than which methods and headers there are. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const asked = request.headers['access-control-request-headers'] ?? '';
  const names = asked.split(',').flatMap((name) => (/^\s*[\w-]{1,64}\s*$/.test(name) ? [name.trim()] : []));
  response.writeHead(204, [
    ...corsHeaders(request.headers.origin),
    'Access-Control-Allow-Methods',
    'GET, POST, DELETE',
    'Access-Control-Allow-Headers',
    names.join(', '),
    'Access-Control-Max-Age',
    '600',
  ]);
  response.end();
}
