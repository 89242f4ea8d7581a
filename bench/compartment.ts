import Docker from 'dockerode';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { assertSealed, startLab } from '../lab/lab.ts';
import { ensureServerImage } from '../samples/servers/images.ts';
import { loadImage } from '../src/runtime/load-image.ts';
import { nodeLayer } from '../src/runtime/node-layer.ts';
import { startClient } from './client.ts';
import type { Job } from './load.ts';
import { sizeOf, sizeOfWatchers, type Size } from './memory.ts';
import { FAR_END } from './ports.ts';
import { plansWith, race } from './race.ts';
import { startSquid } from './squid.ts';
import { timeToAnswer, timeToEnd } from './start-up.ts';
import { median, ratioOf } from './statistics.ts';

/**
 * What a compartment costs, against squid in the role that it has in other launchers, and against `docker run`:
 * in turn, in one run, on one machine. `--quick`: fewer rounds; `--start-up`, `--traffic`: that alone.
 */
const QUICK = process.argv.includes('--quick');
const ALONE = ['--start-up', '--traffic'].find((part) => process.argv.includes(part));
const ROUNDS = QUICK ? 3 : 9;
const HOST = 'allowed.test';
const ROOT = path.dirname(import.meta.dirname);
const LOAD_IMAGE = 'bulkhead-bench/load:1';

const lab = await startLab({ engine: 'debian', onProgress: (line) => console.error(line) });
const docker = new Docker({ socketPath: lab.socketPath });
const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-bench-'));
const dockerRun = (...args: readonly string[]): readonly [string, ...string[]] => [
  'docker',
  '-H',
  lab.dockerHost,
  'run',
  '-i',
  '--rm',
  ...args,
];
const bulkheadRun = (...args: readonly string[]): readonly [string, ...string[]] => [
  process.execPath,
  path.join(ROOT, 'dist/cli.js'),
  'run',
  '--quiet',
  '--host',
  lab.dockerHost,
  ...args,
];

async function profileFile(): Promise<string> {
  const file = path.join(directory, 'profile.json');
  const outbound = { allow_host: [HOST], allow_port: Object.values(FAR_END) };
  await writeFile(file, JSON.stringify({ network: { outbound } }));
  return file;
}

async function importLoad(): Promise<void> {
  const script = { path: 'bench/load.ts', source: path.join(import.meta.dirname, 'load.ts'), mode: 0o444 };
  await loadImage(docker, LOAD_IMAGE, [await nodeLayer(), [script]], { Entrypoint: ['/bulkhead/node', '/bench/load.ts'] });
}

interface Beside {
  readonly name: string;
  readonly containers: readonly string[];
}

async function sizes({ containers }: Beside): Promise<readonly Size[]> {
  return Promise.all([...containers.map((id) => sizeOf(docker, id)), sizeOfWatchers(containers)]);
}

/** The highest that each reaches while a job runs. */
async function peaks(beside: Beside, work: Promise<unknown>): Promise<readonly Size[]> {
  let highest = await sizes(beside);
  const state = { over: false };
  const done = work.finally(() => (state.over = true));
  while (!state.over) {
    const now = await sizes(beside);
    highest = highest.map((size, index) => ((now[index]?.pss ?? 0) > size.pss ? (now[index] ?? size) : size));
  }
  await done;
  return highest;
}

function showMemory(title: string, { name }: Beside, parts: readonly Size[]): void {
  const own = parts.slice(0, -1);
  const sum = (of: (size: Size) => number): string => own.reduce((all, size) => all + of(size), 0).toFixed(1);
  const each = own.map(({ pss }) => pss.toFixed(1)).join(' + ');
  console.log(
    `${title.padEnd(16)} ${name.padEnd(24)} ${sum(({ pss }) => pss).padStart(6)} MiB (${each}), of that ${sum(({ anonymous }) => anonymous)} in no file; the engine's processes for their containers ${parts.at(-1)?.pss.toFixed(1) ?? ''}`,
  );
}

async function startUp(profile: string): Promise<void> {
  const image = await ensureServerImage(docker, 'memory');
  const commands = {
    'docker run -i': dockerRun(image),
    'bulkhead run, nothing allowed': bulkheadRun('--profile', 'none', image),
    'bulkhead run, a list of hosts': bulkheadRun('--profile', profile, image),
  };
  const answers = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  const ends = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  const alone: number[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const { answer, end } = await timeToAnswer(command);
      if (round < 0) continue;
      answers.get(name)?.push(answer);
      ends.get(name)?.push(end);
    }
    alone.push(await timeToEnd([process.execPath, path.join(ROOT, 'dist/cli.js'), 'run', '--help']));
  }
  console.log("start-up, from the command to the server's first answer");
  const base = answers.get('docker run -i') ?? [];
  for (const [name, values] of answers) {
    const ratio = values === base ? '' : `  ratio ${ratioOf(values, base).text}`;
    const end = median(ends.get(name) ?? []).toFixed(0);
    console.log(`    ${name.padEnd(32)} ${median(values).toFixed(0).padStart(7)} ms${ratio}, then ${end} ms to its end`);
  }
  console.log(`    ${'of that: bulkhead run --help'.padEnd(32)} ${median(alone).toFixed(0).padStart(7)} ms`);
}

/** Throughput, latency and memory, from inside of a compartment and from behind squid. */
async function traffic(profile: string): Promise<void> {
  const squid = await startSquid(lab, docker, { host: HOST, ports: Object.values(FAR_END) });
  const inside = startClient(bulkheadRun('--name', 'bench', '--profile', profile, LOAD_IMAGE));
  const outside = startClient(dockerRun('--network', squid.network, LOAD_IMAGE));
  const plans = plansWith(await readFile(lab.internet.caPath, 'utf8'));
  const proxy = { host: squid.egress.address, port: 3128 };
  const [first] = plans;
  if (first === undefined) throw new Error('nothing to measure');
  const wake = { ...first.job, host: HOST, port: first.port };
  await Promise.all([inside.run({ ...wake, count: 1 } as Job), outside.run({ ...wake, count: 1, proxy } as Job)]);
  const idOf = async (name: string): Promise<string> => (await docker.getContainer(name).inspect()).Id;
  const ours: Beside = { name: 'relay + gateway', containers: [await idOf('bench-relay'), await idOf('bench-gateway')] };
  const theirs: Beside = { name: 'squid + squid + dnsmasq', containers: [squid.egress.id, squid.ingress.id, squid.dns.id] };
  for (const beside of [ours, theirs]) showMemory('memory, idle', beside, await sizes(beside));
  await race(HOST, ROUNDS, plans, [
    { name: 'compartment, by name', client: inside, way: {} },
    { name: 'compartment, by CONNECT', client: inside, way: { proxy: { host: '127.0.0.1', port: 3128 } } },
    { name: 'squid, by its name', client: outside, way: { proxy: { host: squid.egress.name, port: 3128 } } },
    { name: 'squid', client: outside, way: { proxy } },
  ]);
  for (const [beside, client, way] of [
    [ours, inside, {}],
    [theirs, outside, { proxy }],
  ] as const) {
    const work = async (): Promise<void> => {
      for (const { job, port } of plans) await client.run({ ...job, ...way, host: HOST, port });
    };
    showMemory('memory, loaded', beside, await peaks(beside, work()));
  }
  await Promise.all([inside.stop(), outside.stop()]);
}

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');

try {
  await assertSealed(lab);
  await lab.spawn('inet', [process.execPath, path.join(import.meta.dirname, 'far-end.ts'), lab.internet.address]);
  await importLoad();
  const profile = await profileFile();
  console.log(`engine ${lab.engineVersion}, ${ROUNDS} rounds, medians; ratios of each round; load before: ${load()}`);
  if (ALONE !== '--traffic') await startUp(profile);
  if (ALONE !== '--start-up') await traffic(profile);
  console.log(`load after: ${load()}`);
} finally {
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
}
