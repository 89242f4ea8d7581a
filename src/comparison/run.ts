import path from 'node:path';
import { gather } from '../engine/gather.ts';
import { kindsOf } from '../engine/kinds.ts';
import type { GatherRequest, Subject } from '../engine/request.ts';
import { discoverTargets } from '../discovery/discover.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { Check } from '../model/check.ts';
import type { Comparison, Way } from '../model/comparison.ts';
import type { Profile } from '../model/profile.ts';
import type { Platform, PlatformRun, PlatformServer } from '../platforms/platform.ts';
import { describePolicy, egressPolicy } from '../profiles/match.ts';
import { inspectContainers, type InspectedContainer } from '../runtime/containers.ts';
import { semaphore } from '../runtime/semaphore.ts';
import { comparisonOf, type PlatformRuns } from './compare.ts';
import { SETTING_KINDS } from './settings.ts';

/** One of the ways in which every platform runs the image. */
export interface PlannedRun {
  /** Unique among the runs of a platform, e.g. `isolated` or the name of a profile's file. */
  readonly id: string;
  readonly way: Way;
  /** What the platform is told; absent: nothing, its defaults. */
  readonly profile?: Profile;
  /** What the run is measured against: for the defaults, what the others declare. */
  readonly measure: Profile;
  /** Where the profile comes from, for people. */
  readonly location: string;
}

export interface CompareRequest
  extends
    Pick<
      GatherRequest,
      'engine' | 'internet' | 'useInternet' | 'management' | 'private' | 'neighbors' | 'timeoutMs' | 'concurrency'
    >,
    Pick<PlatformRun, 'args' | 'env' | 'transport' | 'port' | 'signal' | 'progress'> {
  /** The server's image, which the engine has. */
  readonly server: string;
  readonly probeImage: string;
  /** Begins the names of the containers. */
  readonly name: string;
  readonly platforms: readonly Platform[];
  readonly runs: readonly PlannedRun[];
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
}

interface StartedRun {
  readonly plan: PlannedRun;
  readonly server?: PlatformServer;
  readonly failure?: string;
}

/**
 * Starts the image in every way on every platform, looks at all of them at the same time, and removes them.
 * A platform that is missing or does not start a run is reported, and the others go on.
 */
export async function runComparison(
  request: CompareRequest,
): Promise<{ readonly comparison: Comparison; readonly bundle: ObservationBundle }> {
  const started: PlatformServer[] = [];
  const problems: string[] = [];
  let bundle: ObservationBundle;
  let platforms: readonly PlatformRuns[];
  try {
    const starting = semaphore(request.concurrency);
    const all = await Promise.all(
      request.platforms.map((platform, index) => startAll(platform, index, request, starting, started)),
    );
    if (request.signal.aborted) throw new BulkheadError('interrupted', 'Interrupted.');
    const containers = await inspectContainers(request.engine.docker);
    const subjects = all.flatMap(({ runs }) => runs.flatMap((run) => subjectOf(run, containers)));
    bundle = await gather({
      ...request,
      image: request.probeImage,
      subjects,
      checks: request.checks.map(({ meta }) => meta.id),
      kinds: new Set([...kindsOf(request.checks), ...SETTING_KINDS]),
    });
    platforms = all.map(({ runs, ...platform }) => ({ ...platform, runs: runs.map((run) => describe(run, subjects)) }));
  } finally {
    for (const server of started) problems.push(...(await server.remove().catch((error: unknown) => [messageOf(error)])));
    for (const problem of problems) request.progress(problem);
  }
  const whole = { ...bundle, notes: [...bundle.notes, ...problems] };
  return { comparison: comparisonOf(whole, request.checks, request.server, platforms), bundle: whole };
}

async function startAll(
  platform: Platform,
  index: number,
  request: CompareRequest,
  starting: <T>(task: () => Promise<T>) => Promise<T>,
  started: PlatformServer[],
): Promise<Omit<PlatformRuns, 'runs'> & { readonly runs: readonly StartedRun[] }> {
  const found = await platform.find(request.engine);
  if (found.state === 'missing') {
    return { platform: platform.name, missing: { why: found.why, hint: found.hint }, runs: [] };
  }
  const runs = await Promise.all(
    request.runs.map(async (plan): Promise<StartedRun> => {
      try {
        const server = await starting(() => start(platform, index, plan, request));
        started.push(server);
        return { plan, server };
      } catch (error) {
        return { plan, failure: messageOf(error).slice(0, 1000) };
      }
    }),
  );
  return { platform: platform.name, version: found.version, runs };
}

async function start(platform: Platform, index: number, plan: PlannedRun, request: CompareRequest): Promise<PlatformServer> {
  request.signal.throwIfAborted();
  request.progress(`${platform.name}: ${plan.id}`);
  const { engine, server: image, args, env, transport, port, signal, progress } = request;
  return platform.start({
    engine,
    // Two programs may have one name in two directories.
    name: [`${request.name}-${index}`, path.basename(platform.name), plan.id].map(word).join('-'),
    image,
    args,
    env,
    transport,
    ...(port === undefined ? {} : { port }),
    ...(plan.profile === undefined ? {} : { profile: plan.profile }),
    signal,
    progress,
  });
}

/** Of a name that engines take for a container. */
function word(text: string): string {
  return text
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()
    .slice(0, 24);
}

function subjectOf({ plan, server }: StartedRun, containers: readonly InspectedContainer[]): readonly Subject[] {
  const container = containers.find(({ id }) => id === server?.containerId);
  if (container === undefined) return [];
  const { targets } = discoverTargets([container], { names: [container.id], all: false });
  const declaration = { profile: plan.measure, source: 'flag', location: plan.location, remarks: [] } as const;
  return targets.map((target) => ({ target, container, declaration }));
}

function describe({ plan, server, failure }: StartedRun, subjects: readonly Subject[]): PlatformRuns['runs'][number] {
  const subject = subjects.find(({ target }) => target.id === server?.containerId);
  const gone = server !== undefined && subject === undefined ? 'its container ended before it could be looked at' : undefined;
  const why = failure ?? gone;
  return {
    id: plan.id,
    way: plan.way,
    ...(plan.profile === undefined ? {} : { profile: plan.location, egress: describePolicy(egressPolicy(plan.profile)) }),
    ...(server === undefined ? {} : { command: server.command }),
    ...(subject === undefined ? {} : { container: subject.target.name, targetId: subject.target.id }),
    notes: [...(server?.notes ?? [])],
    ...(why === undefined ? {} : { failure: why }),
  };
}
