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
 * line, with the paths of its files in full, for a client starts it in a directory of its own.
 */
export async function printStdioConfig(reference: string, argv: readonly string[]): Promise<number> {
  const args = argv
    .filter((argument) => argument !== '--print-config')
    .map((argument, index, all) => {
      const [, flag, value] = /^(--(?:profile|config|waivers))=(.*)$/s.exec(argument) ?? [];
      if (flag !== undefined && value !== undefined) return `${flag}=${absolute(flag, value)}`;
      const before = all[index - 1] ?? '';
      return FILES.includes(before) ? absolute(before, argument) : argument;
    });
  await print(json({ mcpServers: { [serverNameOf(reference)]: { command: 'bulkhead', args } } }));
  return EXIT.clean;
}

const FILES: readonly string[] = ['--profile', '--config', '--waivers'];

function absolute(flag: string, value: string): string {
  return flag === '--profile' && isBuiltInName(value) ? value : path.resolve(value);
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
