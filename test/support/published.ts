import path from 'node:path';
import type { Lab } from '../../lab/lab.ts';

const CLIENT = path.join(import.meta.dirname, 'mcp-http-client.ts');

/** How a client is told to ask a server: one entry of `mcpServers`, as `bulkhead run` prints it. */
export interface PublishedServer {
  readonly type: 'http' | 'sse';
  readonly url: string;
  readonly headers: { readonly Authorization: string };
}

/** What `bulkhead run` printed for the one server that it started; the token of it. */
export function publishedBy(stdout: string, name: string): PublishedServer {
  const { mcpServers } = JSON.parse(stdout) as { readonly mcpServers: Readonly<Record<string, PublishedServer>> };
  const server = mcpServers[name];
  if (server === undefined) throw new Error(`No server ${name}: ${stdout}`);
  return server;
}

export function tokenOf({ headers }: PublishedServer): string {
  return headers.Authorization.replace(/^Bearer /, '');
}

export interface ToolAnswer {
  readonly server?: string;
  readonly tools?: readonly string[];
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly progress?: number;
  readonly error?: string;
}

/** The official client, on the machine on which the engine runs: published ports are on its loopback. */
export async function callOverHttp(
  lab: Lab,
  { type, url, ...server }: PublishedServer,
  tool: string,
  args: object,
): Promise<ToolAnswer> {
  const argv = [process.execPath, CLIENT, url, tokenOf({ type, url, ...server }), type, tool, JSON.stringify(args)] as const;
  const { stdout, stderr } = await lab.exec('host', [...argv], { timeoutMs: 60_000 });
  if (stdout === '') throw new Error(`The client said nothing: ${stderr}`);
  return JSON.parse(stdout) as ToolAnswer;
}

/** Asks once for each set of headers, exactly as given, and answers the status codes. */
export async function statuses(
  lab: Lab,
  url: string,
  requests: readonly Readonly<Record<string, string>>[],
): Promise<readonly number[]> {
  const script = `
    const http = require('http');
    const ask = (headers) => new Promise((resolve, reject) => {
      const request = http.request(process.argv[1], { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
        answer.on('error', () => {});
      });
      request.on('error', reject);
      request.end('{}');
    });
    (async () => {
      const codes = [];
      for (const headers of JSON.parse(process.argv[2])) codes.push(await ask(headers));
      console.log(JSON.stringify(codes));
      process.exit();
    })();`;
  const { stdout, stderr } = await lab.exec('host', [process.execPath, '-e', script, url, JSON.stringify(requests)]);
  if (stdout === '') throw new Error(`No answer: ${stderr}`);
  return JSON.parse(stdout) as readonly number[];
}
