import path from 'node:path';
import { EXIT } from '../engine/exit-code.ts';
import { isPackageReference, lastNamePart, parsePackageReference } from '../launcher/package-reference.ts';
import type { ServerTransport } from '../model/compartment.ts';
import { isBuiltInName } from '../profiles/built-in.ts';
import { print } from './print.ts';

/** Where MCP servers answer by convention: the SDK's examples for streamable HTTP, and HTTP+SSE of 2024-11-05. */
const PATHS = { 'streamable-http': '/mcp', sse: '/sse' } as const;

export function urlOf(transport: Exclude<ServerTransport, 'stdio'>, port: number): string {
  return `http://127.0.0.1:${port}${PATHS[transport]}`;
}

/**
 * Prints what goes into a client's configuration file for a server that it starts by itself: the same command
 * line, with the paths of its files in full, for a client starts it in a directory of its own. `serverArgs` end it,
 * and are the server's business.
 */
export async function printStdioConfig(
  reference: string,
  argv: readonly string[],
  serverArgs: readonly string[],
): Promise<number> {
  const own = argv.slice(0, argv.length - serverArgs.length).filter((argument) => argument !== '--print-config');
  const args = own.map((argument, index) => {
    const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? [];
    if (flag !== undefined && value !== undefined) return `${flag}=${inFull(flag, value)}`;
    return inFull(own[index - 1] ?? '', argument);
  });
  await print(json({ mcpServers: { [serverNameOf(reference)]: { command: 'bulkhead', args: [...args, ...serverArgs] } } }));
  return EXIT.clean;
}

/** The value of an option, with the path in it in full if there is one. */
function inFull(flag: string, value: string): string {
  switch (flag) {
    case '--profile':
      return isBuiltInName(value) ? value : path.resolve(value);
    case '--config':
    case '--waivers':
      return path.resolve(value);
    case '--secret':
    case '--secret-as-env':
      return value.replace(/^([^=]*=file:)(.+)$/s, (_, source: string, file: string) => source + path.resolve(file));
    default:
      return value;
  }
}

/** `ghcr.io/owner/server:1.2` gives `server`; a package its last part. */
export function serverNameOf(reference: string): string {
  const last = isPackageReference(reference) ? lastNamePart(parsePackageReference(reference).name) : reference.split('/').at(-1);
  const [name = ''] = (last ?? '').slice(0, 60).split(/[:@]/);
  return name.replace(/[^a-zA-Z0-9_.-]/g, '-').replace(/^[^a-zA-Z0-9]+/, '') || 'server';
}

/** What goes there for one that runs already. `token` is shown as it is: this is the one place where it is printed. */
export function httpConfig(name: string, transport: Exclude<ServerTransport, 'stdio'>, port: number, token: string): string {
  return json({
    mcpServers: {
      [name]: {
        type: transport === 'sse' ? 'sse' : 'http',
        url: urlOf(transport, port),
        headers: { Authorization: `Bearer ${token}` },
      },
    },
  });
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
