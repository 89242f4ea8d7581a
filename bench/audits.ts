import Docker from 'dockerode';
import { assertSealed, startLab, type Lab } from '../lab/lab.ts';
import { CHECKS } from '../src/checks/registry.ts';
import { parseCanary } from '../src/commands/options.ts';
import { gather } from '../src/engine/gather.ts';
import { reportOf } from '../src/engine/report.ts';
import { selectSubjects } from '../src/engine/subjects.ts';
import { OBSERVATION_KINDS } from '../src/model/observation.ts';
import type { Report } from '../src/model/report.ts';
import { removeSession } from '../src/runtime/cleanup.ts';
import { connect, type Engine } from '../src/runtime/connect.ts';
import { inspectContainers } from '../src/runtime/containers.ts';
import { FILE_SYSTEM, resolveEndpoint } from '../src/runtime/endpoint.ts';
import { newSession } from '../src/runtime/labels.ts';
import { startProbe } from '../src/runtime/probe.ts';
import { ensureProbeImage } from '../src/runtime/probe-image.ts';
import { semaphore } from '../src/runtime/semaphore.ts';

const TIMEOUT_MS = 2000;
const CONCURRENCY = 4;
export const INTERNET = ['canary.test:443', '203.0.113.10:80', '203.0.113.10:7/udp'];

/** A sealed lab and what an audit needs of it. */
export interface Stage {
  readonly lab: Lab;
  readonly docker: Docker;
  readonly engine: Engine;
  readonly image: string;
}

/** What runs in the lab; the lab is gone when it ends, however it ends. */
export async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const lab = await startLab({ engine: 'debian', onProgress: (line) => console.error(line) });
  try {
    await assertSealed(lab);
    const host = { host: lab.dockerHost, env: {}, homeDirectory: '/nonexistent', platform: process.platform };
    const engine = await connect(resolveEndpoint({ ...FILE_SYSTEM, ...host }));
    const image = await ensureProbeImage(engine.docker, engine.facts.architecture);
    await play({ lab, docker: new Docker({ socketPath: lab.socketPath }), engine, image });
  } finally {
    await lab.stop();
  }
}

export interface AuditRun {
  readonly ms: number;
  /** From the first attempt to the last answer. */
  readonly attemptsMs: number;
  readonly attempts: number;
  readonly undecided: number;
  readonly report: Report;
}

/** Every check on these targets, with nothing declared. */
export async function audit({ docker, engine, image }: Stage, names: readonly string[]): Promise<AuditRun> {
  const start = performance.now();
  const marks: number[] = [];
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
    progress: () => marks.push(performance.now()),
  });
  const report = reportOf(bundle, CHECKS, { failOn: 'medium', allowEmpty: false });
  const ms = performance.now() - start;
  const attempts = bundle.targets.flatMap(({ observations }) =>
    Object.values(observations).flatMap((outcome) =>
      outcome.state === 'observed' && 'attempts' in outcome.facts ? outcome.facts.attempts : [],
    ),
  ).length;
  const { inconclusive, error } = report.summary.counts;
  // It tells that it starts twins, that it makes the attempts, and that it looks whether the targets are still there.
  const [, first = Number.NaN, last = Number.NaN] = marks;
  return { ms, attemptsMs: last - first, attempts, undecided: inconclusive + error, report };
}

/** The least that an audit takes: two twins a target, the control and the canary, started, ended, removed. Then one timeout. */
export async function floor({ docker, image }: Stage, targets: readonly string[]): Promise<number> {
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

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
