import Docker from 'dockerode';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

/** What `PROGRAM start NAME IMAGE TRANSPORT [--profile FILE] [--variables FILE] [--port N] [-- ARGS…]` says. */
export interface StartRequest {
  readonly name: string;
  readonly image: string;
  readonly transport: string;
  /** The profile as it was written; undefined = whatever this platform does by itself. */
  readonly profile: string | undefined;
  /** `NAME=value` each. */
  readonly env: readonly string[];
  readonly args: readonly string[];
}

export interface SamplePlatform {
  readonly version: string;
  readonly start: (docker: Docker, request: StartRequest) => Promise<{ container: string; command: string; notes: string[] }>;
  readonly stop: (docker: Docker, name: string) => Promise<void>;
}

/** The command line of a platform's program. `DOCKER_HOST` names the engine: dockerode reads it by itself. */
export async function serve(platform: SamplePlatform): Promise<void> {
  const [verb, name = '', image = '', transport = '', ...rest] = process.argv.slice(2);
  if (verb === 'version') return print(platform.version);
  if (verb === 'stop' && name !== '') return platform.stop(new Docker(), name);
  if (verb !== 'start' || transport === '') {
    console.error('version | start NAME IMAGE TRANSPORT [--profile FILE] [--variables FILE] [--port N] [-- ARGS…] | stop NAME');
    process.exitCode = 2;
    return;
  }
  const { values, positionals } = parseArgs({
    args: rest,
    options: { profile: { type: 'string' }, variables: { type: 'string' }, port: { type: 'string' } },
    allowPositionals: true,
  });
  const lines = values.variables === undefined ? '' : await readFile(values.variables, 'utf8');
  const answer = await platform.start(new Docker(), {
    name,
    image,
    transport,
    profile: values.profile === undefined ? undefined : await readFile(values.profile, 'utf8'),
    env: lines.split('\n').filter((line) => line !== ''),
    args: positionals,
  });
  print(JSON.stringify(answer));
}

/** Labels by which Bulkhead finds what it had made, and removes it when everybody else is gone. */
export function labels(own: Readonly<Record<string, string>>): Record<string, string> {
  return { ...(JSON.parse(process.env['BULKHEAD_LABELS'] ?? '{}') as Record<string, string>), ...own };
}

/** Removes every container, and then every network, with a label of the platform's. What is gone already is no error. */
export async function removeLabelled(docker: Docker, label: string): Promise<void> {
  const filters = { label: [label] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    const container = docker.getContainer(Id);
    // Podman's forced removal asks politely first, for ten seconds.
    await container.kill().catch(() => undefined);
    await container.remove({ force: true, v: true }).catch(unlessGone);
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove().catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
