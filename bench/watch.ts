import { execa } from 'execa';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ensureNodeImage } from '../samples/servers/images.ts';
import type { Event } from '../src/model/event.ts';
import { INTERNET, onStage } from './audits.ts';
import { median } from './statistics.ts';

/**
 * A watch under events every second: `node bench/watch.ts [MINUTES]`. One server is connected to an open bridge and taken off
 * it again and again; beside it containers that are no servers come and go. Says how long each change took to be told, which
 * were missed, how the memory of the watch grew, and what was left on the engine.
 */
const MINUTES = Number(process.argv[2] ?? 20);
const ROOT = path.dirname(import.meta.dirname);
/** A change that is not told within this is missed. */
const TOLD_MS = 60_000;
/** Between a change that was told and the next one. */
const PAUSE_MS = 8000;

interface Told {
  readonly what: 'opened' | 'closed';
  readonly ms: number;
}

async function startServers(docker: Docker): Promise<void> {
  const image = await ensureNodeImage(docker);
  for (const name of ['soak-a', 'soak-b', 'soak-c']) {
    const container = await docker.createContainer({
      name,
      Image: image,
      Cmd: ['-e', 'setInterval(() => {}, 1e6)'],
      User: '65532:65532',
      HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], ReadonlyRootfs: true },
    });
    await container.start();
  }
}

/** An event a second that is nobody's business, until the signal is given. */
async function makeNoise(docker: Docker, signal: AbortSignal): Promise<number> {
  const image = await ensureNodeImage(docker);
  const container = await docker.createContainer({ name: 'soak-noise', Image: image, Cmd: ['-e', 'setInterval(() => {}, 1e6)'] });
  let events = 0;
  while (!signal.aborted) {
    await (events % 2 === 0 ? container.start() : container.kill()).catch(() => undefined);
    events += 1;
    await delay(1000, undefined, { signal }).catch(() => undefined);
  }
  await container.remove({ force: true });
  return events;
}

/** Resident memory of a process, MiB. */
async function memoryOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? Number.NaN) / 1024;
}

/** Least squares: MiB an hour. */
function slopeOf(samples: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(samples.map(([at]) => at)), mean(samples.map(([, mib]) => mib))];
  const [above, below] = samples.reduce<readonly [number, number]>(
    ([a, b], [at, mib]) => [a + (at - x) * (mib - y), b + (at - x) ** 2],
    [0, 0],
  );
  return (above / below) * 3_600_000;
}

await onStage(async ({ lab, docker }) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-soak-'));
  const history = path.join(directory, 'history.db');
  await startServers(docker);
  const open = await docker.createNetwork({ Name: 'soak-open' });
  const args = [
    'dist/cli.js',
    'watch',
    'soak-a',
    'soak-b',
    'soak-c',
    '--profile',
    'none',
    '--host',
    lab.dockerHost,
    '--schedule',
    '5m',
    '--json',
    '--record',
    history,
    ...INTERNET.flatMap((canary) => ['--internet', canary]),
  ];
  const run = execa(process.execPath, args, { cwd: ROOT, reject: false, buffer: false });
  const events: Event[] = [];
  let rest = '';
  let log = '';
  run.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map((line) => JSON.parse(line) as Event));
  });
  run.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-100_000)));
  while (!log.includes('targets: ')) await delay(100);

  const end = new AbortController();
  const noise = makeNoise(docker, end.signal);
  const samples: [number, number][] = [];
  const sampling = setInterval(() => void memoryOf(run.pid ?? 0).then((mib) => samples.push([performance.now(), mib])), 5000);
  const told: Told[] = [];
  let missed = 0;

  /** Waits until a change of this kind is told about the server. */
  const wait = async (what: Told['what'], seen: number, start: number): Promise<void> => {
    while (performance.now() - start < TOLD_MS) {
      const changes = events.slice(seen).flatMap((event) => (event.type === 'drift' ? event.data.changes : []));
      if (changes.some(({ kind, text }) => kind === what && text.includes('203.0.113.10:80'))) {
        told.push({ what, ms: performance.now() - start });
        return;
      }
      await delay(50);
    }
    missed += 1;
  };

  await docker.getNetwork('none').disconnect({ Container: 'soak-a' });
  const until = performance.now() + MINUTES * 60_000;
  while (performance.now() < until) {
    let seen = events.length;
    let start = performance.now();
    await open.connect({ Container: 'soak-a' });
    await wait('opened', seen, start);
    await delay(PAUSE_MS);
    seen = events.length;
    start = performance.now();
    await open.disconnect({ Container: 'soak-a' });
    await wait('closed', seen, start);
    await delay(PAUSE_MS);
  }
  end.abort();
  clearInterval(sampling);
  const noises = await noise;
  run.kill('SIGTERM');
  const { exitCode } = await run;

  const left = await docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
  const networks = await docker.listNetworks({ filters: { label: ['dev.bulkhead.session'] } });
  for (const what of ['opened', 'closed'] as const) {
    const times = told.filter((each) => each.what === what).map(({ ms }) => ms);
    console.log(
      `${what}: ${times.length} told, median ${(median(times) / 1000).toFixed(1)} s, longest ${(Math.max(...times) / 1000).toFixed(1)} s`,
    );
  }
  const other = events.filter(({ type }) => type !== 'drift').map(({ type }) => type);
  const others = events
    .flatMap((event) => (event.type === 'drift' ? event.data.changes : []))
    .filter(({ target }) => target !== 'soak-a');
  console.log(
    `missed: ${missed}; events of the engine beside: ${noises}; failed scans: ${other.length}; changes told of other servers: ${others.length}`,
  );
  const after = samples.filter(([at]) => at > (samples[0]?.[0] ?? 0) + 120_000);
  const mib = samples.map(([, each]) => each);
  console.log(
    `memory: first ${mib[0]?.toFixed(0)} MiB, median ${median(mib).toFixed(0)}, last ${mib.at(-1)?.toFixed(0)}, highest ${Math.max(...mib).toFixed(0)}; after two minutes ${slopeOf(after).toFixed(1)} MiB an hour over ${after.length} samples`,
  );
  console.log(
    `history: ${((await stat(history)).size / 1e6).toFixed(1)} MB; exit ${exitCode}; left on the engine: ${left.length} containers, ${networks.length} networks`,
  );
  await rm(directory, { recursive: true });
});
