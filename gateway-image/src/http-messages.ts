import type { IncomingMessage } from 'node:http';
import { parseHost, type Host } from './hosts.ts';

/** RFC 9112 §5: larger heads are refused. Bytes; Node.js's own default, and near that of common servers. */
export const MAX_HEADER_BYTES = 16 * 1024;

export interface Authority {
  readonly host: Host;
  readonly port: number;
}

/** Reads `host:port`, `host` or `[address]:port`; undefined for whatever is odd. */
export function parseAuthority(text: string, defaultPort: number | undefined): Authority | undefined {
  const [, bracketed, plain, digits] = /^(?:(\[[^\]]*\])|([^:[\]@/?#\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = parseHost(bracketed ?? plain ?? '');
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port < 1 || port > 65535) return undefined;
  return { host, port };
}

/** Where an absolute-form request wants to go (RFC 9112 §3.2.2), and what remains for the server. */
export function parseAbsoluteForm(target: string): { readonly authority: Authority; readonly path: string } | undefined {
  const [, authorityText, rest = ''] = /^http:\/\/([^/?#]*)([^#]*)$/i.exec(target) ?? [];
  const authority = authorityText === undefined ? undefined : parseAuthority(authorityText, 80);
  if (authority === undefined) return undefined;
  return { authority, path: rest.startsWith('/') ? rest : `/${rest}` };
}

export function isSame(a: Authority, b: Authority): boolean {
  return a.host.text === b.host.text && a.port === b.port;
}

/** Why the Host header does not say the same as the destination, or undefined. HTTP/1.0 has none: it is added later. */
export function hostHeaderProblem(request: IncomingMessage, destination: Authority): string | undefined {
  const values = request.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host');
  if (values.length === 0) return request.httpVersion === '1.0' ? undefined : 'it has no Host header';
  if (values.length > 1) return 'it has more than one Host header';
  const named = parseAuthority(values[0] ?? '', 80);
  // Some clients leave a port out that is not the default one: the name is what picks the site.
  if (named !== undefined && named.host.text === destination.host.text) return undefined;
  return `its Host header asks for ${(values[0] ?? '').slice(0, 100)}, not for the name that was dialled`;
}

/** RFC 9110 §7.6.1, and what proxies have added to it. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** End-to-end headers as name and value in turn; `except` names more that stay behind, in lower case. */
export function endToEndHeaders(rawHeaders: readonly string[], except: readonly string[] = []): string[] {
  const named = new Set(except);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== 'connection') continue;
    for (const token of (rawHeaders[index + 1] ?? '').split(',')) named.add(token.trim().toLowerCase());
  }
  // A length is framing: nobody may have it taken away.
  named.delete('content-length');
  return rawHeaders.flatMap((name, index, all) => {
    const lower = name.toLowerCase();
    return index % 2 === 1 || HOP_BY_HOP.has(lower) || named.has(lower) ? [] : [name, all[index + 1] ?? ''];
  });
}

/** Whether a message says that it has a body (RFC 9112 §6.3). */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}
