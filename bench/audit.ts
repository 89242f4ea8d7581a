import Docker from 'dockerode';
import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { assertSealed, startLab } from '../lab/lab.ts';
import { ensureNodeImage } from '../samples/servers/images.ts';
import { CHECKS } from '../src/checks/registry.ts';
import { parseCanary } from '../src/commands/options.ts';
import { gather } from '../src/engine/gather.ts';
import { reportOf } from '../src/engine/report.ts';
import { selectSubjects } from '../src/engine/subjects.ts';
import { OBSERVATION_KINDS } from '../src/model/observation.ts';
import { removeSession } from '../src/runtime/cleanup.ts';
import { connect } from '../src/runtime/connect.ts';
import { inspectContainers } from '../src/runtime/containers.ts';
import { FILE_SYSTEM, resolveEndpoint } from '../src/runtime/endpoint.ts';
import { newSession } from '../src/runtime/labels.ts';
import { startProbe } from '../src/runtime/probe.ts';
import { ensureProbeImage } from '../src/runtime/probe-image.ts';
import { semaphore } from '../src/runtime/semaphore.ts';

/**
 * What an audit costs, as ratios of one run on one machine: against its floor (the same number of twins that do
 * nothing, and one timeout), and against the same attempts by hand, one container after the other.
 */
const ROUNDS = 3;
const TIMEOUT_MS = 2000;
const CONCURRENCY = 4;
/** Attempts by hand that are really made, spread over the plan; the rest is multiplied, and said so. */
const BY_HAND = 12;
const INTERNET = ['canary.test:443', '203.0.113.10:80', '203.0.113.10:7/udp'];
const ROOT = path.dirname(import.meta.dirname);

const lab = await startLab({ engine: 'debian', onProgress: (line) => console.error(line) });
const { docker, engine, image } = await prepare().catch(async (error: unknown) => {
  await lab.stop();
  throw error;
});

async function prepare() {
  await assertSealed(lab);
  const host = { host: lab.dockerHost, env: {}, homeDirectory: '/nonexistent', platform: process.platform };
  const connected = await connect(resolveEndpoint({ ...FILE_SYSTEM, ...host }));
  const reference = await ensureProbeImage(connected.docker, connected.facts.architecture);
  return { docker: new Docker({ socketPath: lab.socketPath }), engine: connected, image: reference };
}

async function startTargets(count: number): Promise<readonly string[]> {
  const network = await docker.createNetwork({ Name: 'bench', Internal: true });
  const nodeImage = await ensureNodeImage(docker);
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  for (const name of names) {
    const container = await docker.createContainer({
      name,
      Image: nodeImage,
      Cmd: ['--max-old-space-size=16', '-e', "require('net').createServer().listen(3000)"],
      HostConfig: { NetworkMode: network.id },
    });
    await container.start();
  }
  return names;
}

async function audit(
  names: readonly string[],
): Promise<{ readonly ms: number; readonly attempts: number; readonly undecided: number }> {
  const start = performance.now();
  const { subjects } = await selectSubjects(await inspectContainers(docker), { names, all: false, profiles: ['none'] });
  const bundle = await gather({
    engine,
    image,
    subjects,
    checks: CHECKS.map(({ meta }) => meta.id),
    kinds: new Set(OBSERVATION_KINDS),
    internet: INTERNET.map(parseCanary),
    useInternet: true,
    management: [],
    private: [],
    timeoutMs: TIMEOUT_MS,
    concurrency: CONCURRENCY,
    notes: [],
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  const report = reportOf(bundle, CHECKS, { failOn: 'medium', allowEmpty: false });
  const ms = performance.now() - start;
  const attempts = bundle.targets.flatMap(({ observations }) =>
    Object.values(observations).flatMap((outcome) =>
      outcome.state === 'observed' && 'attempts' in outcome.facts ? outcome.facts.attempts : [],
    ),
  );
  const { inconclusive, error } = report.summary.counts;
  return { ms, attempts: attempts.length, undecided: inconclusive + error };
}

/** Two twins a target, the control and the canary: started, ended, removed. Then one timeout. */
async function floor(targets: readonly string[]): Promise<number> {
  const start = performance.now();
  const session = newSession();
  const limit = semaphore(CONCURRENCY);
  const modes = [...targets.flatMap((name) => [`container:${name}`, `container:${name}`]), 'bridge', 'host'];
  const probes = await Promise.all(
    modes.map(async (networkMode) => limit(() => startProbe(docker, { image, labels: session.labels('probe'), networkMode }))),
  );
  for (const probe of probes) probe.close();
  await removeSession(docker, session.id, { force: false });
  return performance.now() - start + TIMEOUT_MS;
}

/** One `docker run` an attempt, as somebody would type it; with Node.js in the place of netcat. */
async function byHand(target: string, host: string, port: number): Promise<number> {
  const start = performance.now();
  const script = `const s=require('net').connect({host:'${host}',port:${port}});s.setTimeout(${TIMEOUT_MS},()=>process.exit(1));s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1))`;
  const args = [
    '-H',
    lab.dockerHost,
    'run',
    '--rm',
    '--network',
    `container:${target}`,
    '--entrypoint',
    '/bulkhead/node',
    image,
    '-e',
    script,
  ];
  await execa('docker', args, { reject: false });
  return performance.now() - start;
}

/** Highest resident memory of the command line while it audits, MiB. */
async function memory(names: readonly string[]): Promise<number> {
  const args = [
    'dist/cli.js',
    'audit',
    ...names,
    '--profile',
    'none',
    '--host',
    lab.dockerHost,
    '--format',
    'json',
    '--quiet',
    ...INTERNET.flatMap((canary) => ['--internet', canary]),
  ];
  const run = execa(process.execPath, args, { cwd: ROOT, reject: false, maxBuffer: 1 << 30 });
  let peak = 0;
  const timer = setInterval(() => {
    void readFile(`/proc/${run.pid}/status`, 'utf8').then(
      (text) => (peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0))),
      () => undefined,
    );
  }, 20);
  await run;
  clearInterval(timer);
  return peak / 1024;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

try {
  const all = await startTargets(20);
  for (const names of [all.slice(0, 1), all]) {
    const ratios: number[] = [];
    const audits: number[] = [];
    const floors: number[] = [];
    let attempts = 0;
    let undecided = 0;
    await audit(names);
    for (let round = 0; round < ROUNDS; round += 1) {
      const result = await audit(names);
      const least = await floor(names);
      audits.push(result.ms);
      floors.push(least);
      ratios.push(result.ms / least);
      attempts = result.attempts;
      undecided += result.undecided;
    }
    console.log(
      `${names.length} targets: audit ${seconds(median(audits))}, floor ${seconds(median(floors))}, ratio ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}), ${attempts} attempts, ${undecided} undecided findings in ${ROUNDS} runs`,
    );
    if (names.length > 1) {
      const times: number[] = [];
      for (let index = 0; index < BY_HAND; index += 1) {
        const target = all[index % all.length] ?? '';
        times.push(index % 2 === 0 ? await byHand(target, '203.0.113.10', 80) : await byHand(target, '172.17.0.1', 9));
      }
      const one = times.reduce((sum, ms) => sum + ms, 0) / times.length;
      console.log(
        `by hand: ${seconds(one)} an attempt (mean of ${BY_HAND}), ${seconds(one * attempts)} for ${attempts} attempts (calculated), ${((one * attempts) / median(audits)).toFixed(0)}x the audit`,
      );
    }
  }
  console.log(`memory of the command line, 20 targets: ${(await memory(all)).toFixed(0)} MiB`);
} finally {
  await lab.stop();
}
