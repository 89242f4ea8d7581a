import Docker from 'dockerode';
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { labSupport, startLab, type Lab } from '../../lab/lab.ts';
import { ensureServerImage, type ServerName } from '../servers/images.ts';

/**
 * Three published MCP servers on a real engine: one on the default bridge, one on an internal network, one
 * without a network; audited against the profiles that their registry entries declare. With `--lab` the embedded
 * engine is used even where another one answers.
 */
const PROJECT = path.resolve(import.meta.dirname, '../..');
const LABEL = 'dev.bulkhead.sample';
const NETWORK = 'bulkhead-sample-internal';
const SAMPLES: readonly { readonly server: ServerName; readonly network: string }[] = [
  { server: 'everything', network: 'bridge' },
  { server: 'filesystem', network: NETWORK },
  { server: 'memory', network: 'none' },
];
/** In the lab, the destinations are the lab's own; on a real engine the defaults of `bulkhead audit` are used. */
const LAB_DESTINATIONS = ['canary.test:443', '203.0.113.10:80', '203.0.113.10:7/udp', '203.0.113.53:53/udp'];

function say(message: string): void {
  console.error(`quickstart: ${message}`);
}

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (interrupted = true));

/** Between two steps: Ctrl-C ends the sample, and its servers and engine with it. */
function goOn(): void {
  if (interrupted) throw new Error('interrupted');
}

async function usableEngine(): Promise<string | undefined> {
  const host = process.env['DOCKER_HOST'] ?? (existsSync('/var/run/docker.sock') ? 'unix:///var/run/docker.sock' : undefined);
  if (host === undefined) return undefined;
  const { exitCode } = await execa('node', ['dist/cli.js', 'doctor', '--host', host], {
    cwd: PROJECT,
    preferLocal: true,
    reject: false,
  });
  return exitCode === 0 ? host : undefined;
}

function clientOf(host: string): Docker {
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  return new Docker();
}

async function start(docker: Docker): Promise<void> {
  await docker.createNetwork({ Name: NETWORK, Driver: 'bridge', Internal: true, Labels: { [LABEL]: 'three-servers' } });
  for (const { server, network } of SAMPLES) {
    goOn();
    say(`starting server-${server} on ${network === 'none' ? 'no network' : network}`);
    const container = await docker.createContainer({
      name: `sample-${server}`,
      Image: await ensureServerImage(docker, server),
      OpenStdin: true,
      Labels: { [LABEL]: 'three-servers' },
      HostConfig: { NetworkMode: network, ...(server === 'filesystem' ? { Tmpfs: { '/data': '' } } : {}) },
    });
    await container.start();
  }
}

async function remove(docker: Docker): Promise<void> {
  const filters = { label: [LABEL] };
  for (const { Id } of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(Id).remove({ force: true, v: true });
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
}

async function audit(host: string, inLab: boolean): Promise<number> {
  const { exitCode } = await execa(
    'node',
    [
      'dist/cli.js',
      'audit',
      ...SAMPLES.map(({ server }) => `sample-${server}`),
      ...SAMPLES.flatMap(({ server }) => ['--profile', `sample-${server}=samples/three-servers/profiles/${server}.json`]),
      ...(inLab ? LAB_DESTINATIONS.flatMap((destination) => ['--internet', destination]) : []),
      '--host',
      host,
      '--format',
      'console',
      '--format',
      'json=bulkhead-report.json',
      '--save',
      'bulkhead-report.bundle.json',
    ],
    { cwd: PROJECT, preferLocal: true, stdio: 'inherit', reject: false },
  );
  return exitCode ?? 4;
}

let lab: Lab | undefined;
let host = process.argv.includes('--lab') ? undefined : await usableEngine();
if (host === undefined) {
  const support = labSupport();
  if (!support.available) {
    say(`no container engine answers, and the embedded one cannot start: ${support.reason}`);
    process.exit(4);
  }
  say('no container engine answers: starting one that is sealed off from every network');
  lab = await startLab({ engine: 'debian', onProgress: say });
  host = lab.dockerHost;
}
const docker = clientOf(host);
try {
  await remove(docker);
  await start(docker);
  goOn();
  const code = await audit(host, lab !== undefined);
  say(`the report is in bulkhead-report.json, the evidence in bulkhead-report.bundle.json (the audit exited with ${code})`);
  say('judge it again without an engine: npm run bulkhead -- evaluate bulkhead-report.bundle.json --verbose');
  // Violations are what this sample is there to show; anything else is a failure of the sample.
  process.exitCode = code === 1 ? 0 : code === 0 ? 1 : code;
} catch (error) {
  if (!interrupted) throw error;
  say('interrupted: everything is removed');
  process.exitCode = 130;
} finally {
  await remove(docker);
  await lab?.stop();
}
