import Docker from 'dockerode';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, openSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Stands in for ToolHive's `thv` where a test needs what that does to an engine: labels, sidecars and networks as
 * ToolHive 0.44 makes them (its `pkg/container/docker/client.go`, `pkg/labels/labels.go`), with idle sidecars in the
 * place of its proxies. Like the original, `run` returns before the server is deployed.
 *
 * Start it with `node -- thv.ts …`: without the dashes, Node.js takes `--env-file` for its own, wherever it stands.
 *
 * Variables: THV_IMAGE is the image of the sidecars (Node.js), THV_LOG a file that gets a line of JSON for each call,
 * THV_VERSION what `version` says, THV_FAULT=deploy lets the deployment end half-way.
 */
const [verb = '', ...words] = process.argv.slice(2);
const socketPath = process.env['TOOLHIVE_PODMAN_SOCKET'] ?? process.env['TOOLHIVE_DOCKER_SOCKET'] ?? '/nonexistent';
const docker = new Docker({ socketPath });

switch (verb) {
  case 'version':
    console.log(JSON.stringify({ version: process.env['THV_VERSION'] ?? 'v0.44.0', commit: 'none' }));
    break;
  case 'run':
    record({ verb, words, profile: profileOf(words) });
    start();
    break;
  case 'status':
    console.log(JSON.stringify(statusOf(words[0] ?? '')));
    break;
  case 'deploy':
    await deploy();
    break;
  case 'rm':
    record({ verb, words });
    stop(words[0] ?? '');
    await removeAll(words[0] ?? '');
    break;
  default:
    console.error(`unknown command "${verb}" for "thv"`);
    process.exitCode = 1;
}

function record(line: object): void {
  const file = process.env['THV_LOG'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}

/** One whose deployment has ended without a server is in error. */
function statusOf(name: string): object {
  if (isDeploying(name)) return { name, status: 'starting' };
  const said = readFileSync(errorFile(name), 'utf8');
  const health = said.split('\n').find((line) => line.startsWith('Error: ')) ?? said;
  return { name, status: 'error', health };
}

function errorFile(name: string): string {
  return `${process.env['THV_LOG']}.${name}.error`;
}

function pidFile(name: string): string {
  return `${process.env['THV_LOG']}.${name}.pid`;
}

function start(): void {
  // Files are read now: whoever wrote them may remove them when this has returned.
  const variables = option('--env-file') === undefined ? '' : readFileSync(option('--env-file') ?? '', 'utf8');
  const child = spawn(process.execPath, ['--', import.meta.filename, 'deploy', ...words], {
    detached: true,
    stdio: ['ignore', 'ignore', openSync(errorFile(option('--name') ?? ''), 'w')],
    env: { ...process.env, THV_VARIABLES: variables },
  });
  writeFileSync(pidFile(option('--name') ?? ''), String(child.pid));
  child.unref();
}

function isDeploying(name: string): boolean {
  try {
    return process.kill(Number(readFileSync(pidFile(name), 'utf8')), 0);
  } catch {
    return false;
  }
}

/** As ToolHive ends the process that it keeps for each server. */
function stop(name: string): void {
  if (isDeploying(name)) process.kill(Number(readFileSync(pidFile(name), 'utf8')), 'SIGKILL');
}

function option(name: string): string | undefined {
  const at = words.indexOf(name);
  return at === -1 ? undefined : words[at + 1];
}

/** The file's content and mode, while it is there. */
function profileOf(all: readonly string[]): unknown {
  const file = all[all.indexOf('--permission-profile') + 1];
  if (!all.includes('--permission-profile') || file === undefined || !file.includes('/')) return file;
  return { mode: (statSync(file).mode & 0o777).toString(8), content: JSON.parse(readFileSync(file, 'utf8')) as unknown };
}

async function deploy(): Promise<void> {
  await delay(300);
  const name = option('--name') ?? '';
  const transport = option('--transport') ?? 'stdio';
  const split = words.indexOf('--');
  const flags = split === -1 ? words : words.slice(0, split);
  const variables = (process.env['THV_VARIABLES'] ?? '').split('\n').filter((line) => line !== '');
  const extra = words.flatMap((word, at) => (word === '--label' ? [words[at + 1] ?? ''] : []));
  const external = await network('toolhive-external', false);
  const internal = await network(`toolhive-${name}-internal`, true);
  for (const part of ['dns', 'egress']) {
    const sidecar = await docker.createContainer({
      name: `${name}-${part}`,
      Image: process.env['THV_IMAGE'] ?? '',
      Cmd: ['-e', 'setInterval(() => {}, 1e6)'],
      Labels: { ...labelsOf(`${name}-${part}`, 'stdio'), 'toolhive-auxiliary-workload': 'true' },
      HostConfig: { NetworkMode: external, RestartPolicy: { Name: 'unless-stopped' } },
    });
    await docker.getNetwork(internal).connect({ Container: sidecar.id });
    await sidecar.start();
  }
  if (process.env['THV_FAULT'] === 'deploy') throw new Error('no such host');
  const server = await docker.createContainer({
    name,
    Image: flags.at(-1) ?? '',
    ...(split === -1 ? {} : { Cmd: words.slice(split + 1) }),
    Env: [...variables, `MCP_TRANSPORT=${transport}`, `HTTP_PROXY=http://${name}-egress:3128`],
    OpenStdin: transport === 'stdio',
    Labels: {
      ...Object.fromEntries(extra.map((label) => [label.split('=')[0] ?? '', label.split('=')[1] ?? ''])),
      ...labelsOf(name, transport),
      'toolhive-network-isolation': 'true',
    },
    HostConfig: { NetworkMode: internal, CapDrop: ['ALL'], RestartPolicy: { Name: 'unless-stopped' } },
  });
  await server.start();
}

function labelsOf(name: string, transport: string): Record<string, string> {
  return { toolhive: 'true', 'toolhive-name': name, 'toolhive-basename': name, 'toolhive-transport': transport };
}

/** Two deployments at the same moment would make two networks of one name. */
async function network(name: string, internal: boolean): Promise<string> {
  const lock = `${process.env['THV_LOG']}.lock`;
  for (let look = 0; !tryTo(() => mkdirSync(lock)); look += 1) {
    await delay(50);
    // Whoever made it was killed meanwhile.
    if (look > 100) tryTo(() => rmdirSync(lock));
  }
  try {
    const found = await docker.listNetworks({ filters: { name: [name] } });
    const Labels = { toolhive: 'true', 'toolhive-name': name };
    if (!found.some(({ Name }) => Name === name)) {
      await docker.createNetwork({ Name: name, Driver: 'bridge', Internal: internal, Labels });
    }
    return name;
  } finally {
    tryTo(() => rmdirSync(lock));
  }
}

function tryTo(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

async function removeAll(name: string): Promise<void> {
  const all = await docker.listContainers({ all: true, filters: { label: ['toolhive=true'] } });
  const names = new Set([name, `${name}-dns`, `${name}-egress`]);
  for (const { Id, Labels } of all) {
    if (!names.has(Labels['toolhive-name'] ?? '')) continue;
    await docker
      .getContainer(Id)
      .kill()
      .catch(() => undefined);
    await docker
      .getContainer(Id)
      .remove({ force: true, v: true })
      .catch(() => undefined);
  }
  await docker
    .getNetwork(`toolhive-${name}-internal`)
    .remove()
    .catch(() => undefined);
  // Others' servers may be on it.
  await docker
    .getNetwork('toolhive-external')
    .remove()
    .catch(() => undefined);
}
