import { messageOf } from '../errors.ts';
import type { Attempt, AttemptSpec } from '../model/attempt.ts';
import type { Outcome, ProcessFacts, FilesystemFacts, Credentials } from '../model/observation.ts';
import { PROBE_PROTOCOL_VERSION, type InspectOrder, type ProbeMessage } from '../model/probe-protocol.ts';
import { configuredUser, mirrorObstacle } from '../probes/inspect.ts';
import type { Engine } from '../runtime/connect.ts';
import type { InspectedContainer } from '../runtime/containers.ts';
import type { Session } from '../runtime/labels.ts';
import { startProbe, type Probe, type ProbeSpec } from '../runtime/probe.ts';

/** An engine under load may take long to start a container; a probe that runs answers within milliseconds. */
const READY_TIMEOUT_MS = 30_000;
/** Beyond the attempts' own time: identification of peers, and a busy machine. */
const SLACK_MS = 20_000;

type Ready = Extract<ProbeMessage, { type: 'ready' }>;

/** A probe that said `ready`, with what it saw on the way. */
export interface Vantage {
  readonly probe: Probe;
  readonly ready: Ready;
  readonly nonce: string;
}

export interface TwinFactory {
  readonly docker: Engine['docker'];
  readonly image: string;
  readonly session: Session;
  /** Limits how many containers are started at once. */
  readonly starting: <T>(task: () => Promise<T>) => Promise<T>;
  /** Every probe that was started, for the clean-up. */
  readonly started: Set<Probe>;
  /** Once it is aborted, nothing more is started. */
  readonly signal: AbortSignal;
}

async function start(factory: TwinFactory, spec: Omit<ProbeSpec, 'image'>): Promise<Probe> {
  const probe = await factory.starting(() => {
    factory.signal.throwIfAborted();
    return startProbe(factory.docker, { ...spec, image: factory.image });
  });
  factory.started.add(probe);
  // Interrupted while the engine was starting it: nobody will speak to it any more.
  if (factory.signal.aborted) probe.close();
  return probe;
}

/** The one message that an order is answered with. */
async function answer<T extends ProbeMessage['type']>(probe: Probe, type: T): Promise<Extract<ProbeMessage, { type: T }>> {
  const message = await probe.next(READY_TIMEOUT_MS);
  if (message.type === 'failure') throw new Error(message.message);
  if (message.type !== type) throw new Error(`The probe answered ${message.type} in place of ${type}.`);
  return message as Extract<ProbeMessage, { type: T }>;
}

/** Starts a probe in a network and waits until its canaries listen. */
export async function openVantage(
  factory: TwinFactory,
  role: 'probe' | 'control' | 'canary',
  networkMode: string,
  options: {
    readonly nonce: string;
    readonly wildcard: boolean;
    readonly loopback: boolean;
    readonly aliases: readonly string[];
  },
): Promise<Vantage> {
  const probe = await start(factory, { labels: factory.session.labels(role), networkMode });
  probe.send({
    type: 'hello',
    version: PROBE_PROTOCOL_VERSION,
    nonce: options.nonce,
    canaries: { wildcard: options.wildcard, loopback: options.loopback },
    aliases: [...options.aliases],
  });
  return { probe, ready: await answer(probe, 'ready'), nonce: options.nonce };
}

/**
 * Makes all attempts of a place at once, while `bursts` limits how many places do so in the same moment: twenty
 * probes that start at once on two cores would keep each other from noticing their answers. One that the probe did
 * not report is `not-run`, whatever happened to the probe.
 */
export async function attemptAll(
  vantage: Vantage,
  specs: readonly AttemptSpec[],
  timeoutMs: number,
  bursts: <T>(task: () => Promise<T>) => Promise<T>,
): Promise<ReadonlyMap<string, Attempt>> {
  const expected = new Set(specs.map(({ id }) => id));
  const results = new Map<string, Attempt>();
  if (specs.length === 0) return results;
  let reason = 'the probe reported nothing';
  const collect = async (end: 'settled' | 'done'): Promise<void> => {
    for (;;) {
      const message = await vantage.probe.next(timeoutMs + SLACK_MS);
      if (message.type === end) return;
      if (message.type === 'failure') throw new Error(message.message);
      if (message.type !== 'attempt') throw new Error(`The probe answered ${message.type} in place of an attempt.`);
      // A result that nobody asked for, or a second one for the same attempt, is a lie or a fault: neither counts.
      if (!expected.has(message.attempt.id) || results.has(message.attempt.id)) {
        throw new Error('The probe reported an attempt that was not asked for.');
      }
      results.set(message.attempt.id, message.attempt);
    }
  };
  try {
    await bursts(async () => {
      vantage.probe.send({ type: 'attempt', timeoutMs, specs: [...specs] });
      await collect('settled');
    });
    await collect('done');
  } catch (error) {
    reason = messageOf(error);
  }
  for (const id of expected) if (!results.has(id)) results.set(id, notRun(id, reason));
  return results;
}

export function notRun(id: string, detail: string): Attempt {
  return { id, outcome: 'not-run', elapsedMs: 0, tries: 0, detail: detail.slice(0, 1024) };
}

export interface Identity {
  readonly process: Outcome<ProcessFacts>;
  readonly filesystem: Outcome<FilesystemFacts>;
}

/**
 * Looks at a target through a twin that is exactly who the target is. Where the configuration does not tell
 * who that is, or the process became somebody else, the first look tells and a second twin is made.
 */
export async function lookAsTarget(factory: TwinFactory, container: InspectedContainer, order: InspectOrder): Promise<Identity> {
  const obstacle = mirrorObstacle(container.configuration);
  if (obstacle !== undefined) return both({ state: 'unavailable', reason: obstacle });
  try {
    const guess = configuredUser(container.configuration.user);
    const first = await look(factory, container, order, guess ?? '65532:65532', container.groups);
    if (guess !== undefined && sameUser(first.process.target, first.process.twin)) return identityOf(first);
    const { uids, gids, groups } = first.process.target;
    const second = await look(factory, container, order, `${uids[1]}:${gids[1]}`, groups.map(String));
    return identityOf(second);
  } catch (error) {
    return both({ state: 'errored', error: { code: 'twin-failed', message: messageOf(error).slice(0, 1024) } });
  }
}

type Look = Extract<ProbeMessage, { type: 'identity' }>;

async function look(
  factory: TwinFactory,
  container: InspectedContainer,
  order: InspectOrder,
  user: string,
  groups: readonly string[],
): Promise<Look> {
  const { configuration } = container;
  const probe = await start(factory, {
    labels: factory.session.labels('probe'),
    networkMode: `container:${container.id}`,
    pidMode: `container:${container.id}`,
    user,
    groups,
    capAdd: configuration.capAdd,
    capDrop: configuration.capDrop,
    securityOptions: container.securityOptions,
    ...(container.usernsMode === '' ? {} : { usernsMode: container.usernsMode }),
  });
  try {
    probe.send(order);
    return await answer(probe, 'identity');
  } finally {
    probe.close();
  }
}

function sameUser(target: Credentials, twin: Credentials): boolean {
  return target.uids[1] === twin.uids[1] && target.gids[1] === twin.gids[1];
}

/** A twin that is somebody else sees EACCES everywhere: what it says about files is then worth nothing. */
function identityOf(look: Look): Identity {
  const process: Outcome<ProcessFacts> = { state: 'observed', facts: look.process };
  if (!sameUser(look.process.target, look.process.twin)) {
    return { process, filesystem: { state: 'unavailable', reason: 'the target changed its identity while it was looked at' } };
  }
  if (look.filesystem === undefined) {
    return {
      process,
      filesystem: {
        state: 'unavailable',
        reason: `the target's file system is closed to its twin (${look.closed ?? 'no reason given'})`,
      },
    };
  }
  return { process, filesystem: { state: 'observed', facts: look.filesystem } };
}

function both(outcome: Exclude<Outcome<never>, { state: 'observed' }>): Identity {
  return { process: outcome, filesystem: outcome };
}
