import type { Plan, Result, Results } from './program.ts';

/** What a hostile server says, and what came of it, in few words. */

export function get(host: string, path = '/whoami'): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
}

/** The head with which a proxy is asked for a tunnel. */
export function connectTo(authority: string): string {
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
}

/** By way of the compartment's proxy, through a tunnel. */
export function byProxy(authority: string, say: string): Plan[string] {
  return { do: 'talk', host: '127.0.0.1', port: 3128, tunnel: connectTo(authority), say: [say] };
}

export function talk(host: string, port: number, ...say: readonly string[]): Plan[string] {
  return { do: 'talk', host, port, say };
}

/** How each attempt ended, with the first line of what was received. */
export function told(results: Results): Readonly<Record<string, string>> {
  const words = ({ outcome, text = '' }: Result): string => `${outcome} ${text.split('\r\n')[0] ?? ''}`.trim();
  return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, words(result)]));
}
