import type Docker from 'dockerode';
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageLayer } from '../../src/launcher/package-layer.ts';
import { hasImage } from '../../src/runtime/images.ts';
import { loadImage } from '../../src/runtime/load-image.ts';
import { nodeLayer } from '../../src/runtime/node-layer.ts';

const DIRECTORY = import.meta.dirname;

/** The published servers that the samples run: the program of each, its arguments unless others are given, its port. */
export const SERVERS = {
  everything: { program: 'server-everything/dist/index.js', args: ['streamableHttp'], port: 3001 },
  filesystem: { program: 'server-filesystem/dist/index.js', args: ['/data'], port: undefined },
  memory: { program: 'server-memory/dist/index.js', args: [], port: undefined },
} as const;
export type ServerName = keyof typeof SERVERS;

/** The image of a published server, made from its npm package and the running Node.js when the engine lacks it. */
export async function ensureServerImage(docker: Docker, name: ServerName): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(DIRECTORY, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const version = manifest.dependencies[`@modelcontextprotocol/server-${name}`] ?? 'unknown';
  const reference = `mcp-server-${name}:${version}`;
  if (await hasImage(docker, reference)) return reference;
  if (!existsSync(path.join(DIRECTORY, 'node_modules'))) {
    await execa('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: DIRECTORY });
  }
  const { program, args, port } = SERVERS[name];
  await loadImage(docker, reference, [await nodeLayer(), await packageLayer(DIRECTORY)], {
    Entrypoint: ['/bulkhead/node', `/app/node_modules/@modelcontextprotocol/${program}`],
    ...(args.length === 0 ? {} : { Cmd: args }),
    ...(port === undefined ? {} : { ExposedPorts: { [`${port}/tcp`]: {} } }),
    WorkingDir: '/app',
  });
  return reference;
}

/** An image with Node.js alone: what the tests' own small servers run in. */
export async function ensureNodeImage(docker: Docker): Promise<string> {
  const reference = `bulkhead-samples/node:${process.versions.node}`;
  if (await hasImage(docker, reference)) return reference;
  await loadImage(docker, reference, [await nodeLayer()], { Entrypoint: ['/bulkhead/node'] });
  return reference;
}
