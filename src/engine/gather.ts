import { setTimeout as delay } from 'node:timers/promises';
import { BulkheadError, messageOf } from '../errors.ts';
import { BUNDLE_VERSION, type ObservationBundle, type TargetObservations } from '../model/bundle.ts';
import type { ObservationKind, ObservationSet } from '../model/observation.ts';
import { endpointText } from '../probes/address.ts';
import { removeSession } from '../runtime/cleanup.ts';
import { newSession, type Session } from '../runtime/labels.ts';
import type { Probe } from '../runtime/probe.ts';
import { semaphore } from '../runtime/semaphore.ts';
import { TOOL } from '../version.ts';
import { observe, unavailable } from './observe.ts';
import type { GatherRequest, Subject } from './request.ts';
import type { TwinFactory } from './twins.ts';

/** How long an interrupted run waits for calls to the engine that are under way, milliseconds. */
const WIND_DOWN_MS = 10_000;

/**
 * Looks from inside every target and writes down what is seen; judges nothing. Whatever fails is recorded in
 * its place, and everything that was made is removed, also when the run is interrupted: then the bundle
 * holds what was finished.
 */
export async function gather(request: GatherRequest): Promise<ObservationBundle> {
  const session = newSession();
  const startedAt = new Date().toISOString();
  const notes = [...request.notes];
  const factory: TwinFactory = {
    docker: request.engine.docker,
    image: request.image,
    session,
    starting: semaphore(request.concurrency),
    started: new Set<Probe>(),
    signal: request.signal,
  };
  let targets: readonly TargetObservations[];
  let engineFailure: string | undefined;
  const work = observe(request, factory, session);
  try {
    targets = await abortable(request.signal, work);
  } catch (error) {
    // What the engine's API said before is still worth judging; everything else could not be seen.
    const reason = request.signal.aborted ? 'the run was interrupted' : `the engine failed: ${messageOf(error)}`;
    if (!request.signal.aborted) engineFailure = reason.slice(0, 4096);
    targets = request.subjects.map((subject) => unseen(request.kinds, subject, reason));
  } finally {
    for (const probe of factory.started) probe.close();
    // What the engine is creating right now would else appear after the clean-up.
    await Promise.race([work.catch(() => undefined), delay(WIND_DOWN_MS, undefined, { ref: false })]);
    notes.push(...(await cleanUp(request, session)));
    for (const probe of factory.started) probe.dispose();
  }
  return {
    schemaVersion: BUNDLE_VERSION,
    tool: { name: TOOL.name, version: TOOL.version },
    session: session.id,
    startedAt,
    finishedAt: new Date().toISOString(),
    engine: request.engine.facts,
    options: {
      timeoutMs: request.timeoutMs,
      internet: request.useInternet
        ? request.internet.map(({ host, port, protocol }) => `${endpointText(host, port)}/${protocol}`)
        : [],
      management: request.management.map(({ host, port }) => endpointText(host, port)),
      private: request.private.map(({ host, port }) => endpointText(host, port)),
      neighbors: (request.neighbors ?? []).map(({ host, port }) => endpointText(host, port)),
      ...(request.call === undefined ? {} : { call: request.call }),
      checks: [...request.checks],
    },
    targets,
    notes,
    interrupted: request.signal.aborted,
    ...(engineFailure === undefined ? {} : { engineFailure }),
  };
}

function unseen(
  kinds: ReadonlySet<ObservationKind>,
  { target, declaration, container }: Subject,
  reason: string,
): TargetObservations {
  const observations = [...kinds].map((kind) => [
    kind,
    kind === 'configuration' ? { state: 'observed', facts: container.configuration } : unavailable(reason),
  ]);
  return { target, declaration, observations: Object.fromEntries(observations) as ObservationSet };
}

async function cleanUp({ engine, signal }: GatherRequest, session: Session): Promise<readonly string[]> {
  try {
    return await removeSession(engine.docker, session.id, { force: signal.aborted });
  } catch (error) {
    return [`Clean-up failed: ${messageOf(error)}. The next run removes what is left.`];
  }
}

/** Rejects as soon as the run is interrupted; what was started is then removed by label. */
async function abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const interrupted = new BulkheadError('interrupted', 'Interrupted.');
  if (signal.aborted) throw interrupted;
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(interrupted), { once: true });
    work.then(resolve, reject);
  });
}
