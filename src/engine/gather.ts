import { randomBytes } from 'node:crypto';
import { BulkheadError, messageOf } from '../errors.ts';
import type { Attempt, AttemptSpec, PairedAttempt } from '../model/attempt.ts';
import { BUNDLE_VERSION, type ObservationBundle, type TargetObservations } from '../model/bundle.ts';
import type { NamespaceFacts, ObservationKind, ObservationSet, Outcome } from '../model/observation.ts';
import type { Declaration, Target } from '../model/target.ts';
import { endpointText } from '../probes/address.ts';
import type { InternetCanary, PeerView, PlanContext } from '../probes/context.ts';
import { HOST_ALIASES } from '../probes/host.ts';
import { planInspection } from '../probes/inspect.ts';
import { ATTEMPT_KINDS, controlOf, needsInternet, planAttempts, type AttemptPlan } from '../probes/plan.ts';
import { declaredEndpoints, egressPolicy, isAllowed } from '../profiles/match.ts';
import { parseMount } from '../profiles/mounts.ts';
import { removeSession } from '../runtime/cleanup.ts';
import type { Engine } from '../runtime/connect.ts';
import { proxyVariables, stateOf, withoutCredentials, type InspectedContainer } from '../runtime/containers.ts';
import { newSession, type Session } from '../runtime/labels.ts';
import { createControlNetwork } from '../runtime/networks.ts';
import type { Probe } from '../runtime/probe.ts';
import { semaphore } from '../runtime/semaphore.ts';
import { TOOL } from '../version.ts';
import { attemptAll, lookAsTarget, notRun, openVantage, type Identity, type TwinFactory, type Vantage } from './twins.ts';

export interface Subject {
  readonly target: Target;
  readonly declaration: Declaration;
  readonly container: InspectedContainer;
}

export interface GatherRequest {
  readonly engine: Engine;
  readonly image: string;
  readonly subjects: readonly Subject[];
  /** Every container that the peers of the targets may be; usually the subjects alone. */
  readonly checks: readonly string[];
  readonly kinds: ReadonlySet<ObservationKind>;
  readonly internet: readonly InternetCanary[];
  /** False with `--no-internet`: nothing outside is dialled. */
  readonly useInternet: boolean;
  readonly management: readonly { readonly host: string; readonly port: number }[];
  /** Budget of one attempt, retries included, milliseconds. */
  readonly timeoutMs: number;
  /** How many containers are started at once. */
  readonly concurrency: number;
  readonly notes: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** One place to look from, or why there is none. */
type Place = Vantage | { readonly failure: string };

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
  };
  let targets: readonly TargetObservations[];
  let engineFailure: string | undefined;
  try {
    targets = await observe(request, factory, session);
  } catch (error) {
    // What the engine's API said before is still worth judging; everything else could not be seen.
    const reason = request.signal.aborted ? 'the run was interrupted' : `the engine failed: ${messageOf(error)}`;
    if (!request.signal.aborted) engineFailure = reason.slice(0, 4096);
    targets = request.subjects.map((subject) => unseen(request.kinds, subject, reason));
  } finally {
    for (const probe of factory.started) probe.close();
    notes.push(...(await cleanUp(request, session)));
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

async function observe(request: GatherRequest, factory: TwinFactory, session: Session): Promise<readonly TargetObservations[]> {
  const { subjects, kinds, progress } = request;
  const running = (subject: Subject): boolean => subject.target.state === 'running';
  const wantsAttempts = ATTEMPT_KINDS.some((kind) => kinds.has(kind));
  const wantsNamespace = wantsAttempts || kinds.has('namespace');
  const wantsIdentity = kinds.has('process') || kinds.has('filesystem');

  progress('starting twins, controls and canaries');
  const closed: Place = { failure: 'not needed for the selected checks' };
  const identities = new Map<string, Promise<Identity>>();
  const [bridge, host, twins] = await abortable(
    request.signal,
    Promise.all([
      wantsAttempts ? place(() => openBridgeControl(factory, session)) : closed,
      wantsAttempts || kinds.has('hostNamespace') ? place(() => openHostCanary(factory)) : closed,
      Promise.all(
        subjects.map(async (subject): Promise<Place> => {
          if (!running(subject)) return { failure: `the container is ${subject.target.state}` };
          if (wantsIdentity) identities.set(subject.target.id, identify(factory, subject));
          return wantsNamespace ? place(() => openTwin(factory, subject)) : closed;
        }),
      ),
    ]),
  );

  const places = new Map(subjects.map((subject, index) => [subject.target.id, twins[index] ?? closed]));
  const contexts = new Map(
    subjects.map((subject) => [subject.target.id, contextFor(request, session, subject, places, { bridge, host })] as const),
  );
  const plans = new Map([...contexts].map(([id, context]) => [id, planAttempts(context, kinds, request.useInternet)] as const));
  const total = [...plans.values()].flatMap((plan) => Object.values(plan)).flat().length;
  progress(`making ${total} attempts and their controls`);

  const results = await abortable(request.signal, attemptEverywhere(request, plans, places, { bridge, host }));
  progress('reading identities and file systems');
  const observed = await abortable(
    request.signal,
    Promise.all(
      subjects.map(async (subject): Promise<TargetObservations> => {
        const { target, declaration, container } = subject;
        const observations = assemble(
          request,
          subject,
          { twin: places.get(target.id) ?? closed, host },
          plans.get(target.id) ?? {},
          results,
          await identities.get(target.id),
        );
        const now = running(subject) ? await stateOf(request.engine.docker, container.id) : undefined;
        return { target, declaration, observations: running(subject) ? ifUnchanged(target, now, observations) : observations };
      }),
    ),
  );
  return observed;
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

async function place(open: () => Promise<Vantage>): Promise<Place> {
  try {
    return await open();
  } catch (error) {
    return { failure: messageOf(error).slice(0, 1000) };
  }
}

async function openBridgeControl(factory: TwinFactory, session: Session): Promise<Vantage> {
  const network = await createControlNetwork(factory.docker, session);
  return openVantage(factory, 'control', network.id, { nonce: nonce(), wildcard: false, loopback: false, aliases: [] });
}

async function openHostCanary(factory: TwinFactory): Promise<Vantage> {
  return openVantage(factory, 'canary', 'host', { nonce: nonce(), wildcard: true, loopback: true, aliases: [] });
}

async function openTwin(factory: TwinFactory, { container }: Subject): Promise<Vantage> {
  return openVantage(factory, 'probe', `container:${container.id}`, {
    nonce: nonce(),
    wildcard: true,
    loopback: false,
    aliases: HOST_ALIASES,
  });
}

async function identify(factory: TwinFactory, { container, declaration }: Subject): Promise<Identity> {
  const { read = [], write = [] } = declaration.profile;
  return lookAsTarget(factory, container, planInspection(container.configuration, [...read, ...write].map(parseMount)));
}

function nonce(): string {
  return randomBytes(16).toString('hex');
}

function isOpen(candidate: Place): candidate is Vantage {
  return 'probe' in candidate;
}

export function contextFor(
  request: Pick<GatherRequest, 'subjects' | 'internet' | 'management'>,
  session: Pick<Session, 'id'>,
  { target, declaration, container }: Subject,
  places: ReadonlyMap<string, Place>,
  { bridge, host }: { readonly bridge: Place; readonly host: Place },
): PlanContext {
  const policy = egressPolicy(declaration.profile);
  const own = places.get(target.id);
  return {
    session: session.id,
    target,
    declaration,
    configuration: container.configuration,
    ...(own !== undefined && isOpen(own) ? { namespace: own.ready.namespace } : {}),
    declared: declaredEndpoints(policy),
    permits: (endpoint) => isAllowed(policy, endpoint),
    internet: request.internet,
    management: request.management,
    proxies: proxiesOf(container),
    ...(isOpen(host) ? { hostNamespace: withoutOwn(host.ready.namespace, places, bridge), hostCanaries: plantedBy(host) } : {}),
    peers: request.subjects.filter((other) => other.target.id !== target.id).map((other) => peerView(other, places)),
  };
}

/**
 * A namespace without what this run brought into it: the bridge of its control, and canaries of other twins
 * that share the namespace. All of it is gone when somebody wants to look.
 */
function withoutOwn(namespace: NamespaceFacts, places: ReadonlyMap<string, Place>, bridge?: Place): NamespaceFacts {
  const gateways = bridge !== undefined && isOpen(bridge) ? bridge.ready.namespace.gateways : [];
  const neighbours = [...places.values()].filter(
    (at): at is Vantage => isOpen(at) && at.ready.namespace.inode === namespace.inode,
  );
  const planted = new Set(neighbours.flatMap(({ ready }) => ready.canaries.map(({ port }) => port)));
  return {
    ...namespace,
    interfaces: namespace.interfaces.filter(({ address }) => !gateways.includes(address)),
    listeners: namespace.listeners.filter(({ port }) => !planted.has(port)),
  };
}

function peerView({ target, container }: Subject, places: ReadonlyMap<string, Place>): PeerView {
  const base = { target, configuration: container.configuration };
  const at = places.get(target.id);
  return at !== undefined && isOpen(at)
    ? { ...base, namespace: withoutOwn(at.ready.namespace, places), canaries: plantedBy(at) }
    : base;
}

function plantedBy({ ready, nonce: planted }: Vantage) {
  return { nonce: planted, ports: ready.canaries };
}

function proxiesOf({ environment }: InspectedContainer): PlanContext['proxies'] {
  const variables = new Map(proxyVariables(environment).map(({ name, value }) => [name.toLowerCase(), value]));
  const http = variables.get('http_proxy') ?? variables.get('all_proxy');
  const https = variables.get('https_proxy') ?? variables.get('all_proxy');
  return { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }) };
}

/** By where the attempt was made (`bridge`, `host` or the id of a target), then by its id there. */
type Results = ReadonlyMap<string, ReadonlyMap<string, Attempt>>;

/** All targets and all controls at the same moment; one attempt of a control serves every target that needs it. */
async function attemptEverywhere(
  request: GatherRequest,
  plans: ReadonlyMap<string, AttemptPlan>,
  places: ReadonlyMap<string, Place>,
  controls: { readonly bridge: Place; readonly host: Place },
): Promise<Results> {
  const orders = new Map<string, { readonly at: Place; readonly specs: Map<string, AttemptSpec> }>([
    ['bridge', { at: controls.bridge, specs: new Map() }],
    ['host', { at: controls.host, specs: new Map() }],
  ]);
  for (const [id, at] of places) orders.set(id, { at, specs: new Map() });
  for (const [id, plan] of plans) {
    for (const spec of Object.values(plan).flat()) {
      orders.get(id)?.specs.set(`target|${spec.id}`, { ...spec, id: `target|${spec.id}` });
      for (const vantage of spec.controls) {
        const control = controlOf(spec, vantage);
        orders.get(controlPlace(spec, vantage))?.specs.set(control.id, control);
      }
    }
  }
  const bursts = semaphore(request.concurrency);
  return new Map(
    await Promise.all(
      [...orders].map(async ([key, { at, specs }]) => {
        const list = [...specs.values()];
        const attempts = isOpen(at)
          ? await attemptAll(at, list, request.timeoutMs, bursts)
          : new Map(list.map(({ id }) => [id, notRun(id, at.failure)]));
        return [key, attempts] as const;
      }),
    ),
  );
}

function controlPlace(spec: AttemptSpec, vantage: 'bridge' | 'host' | 'peer'): string {
  return vantage === 'peer' ? (spec.peer ?? '') : vantage;
}

function pair(spec: AttemptSpec, targetId: string, results: Results): PairedAttempt {
  const own = results.get(targetId)?.get(`target|${spec.id}`) ?? notRun(spec.id, 'no twin');
  const controls = spec.controls.flatMap((vantage) => {
    const attempt = results.get(controlPlace(spec, vantage))?.get(controlOf(spec, vantage).id);
    return attempt === undefined || attempt.outcome === 'not-run' ? [] : [{ vantage, attempt }];
  });
  const stored = spec.proxy === undefined ? spec : { ...spec, proxy: withoutCredentials(spec.proxy) };
  return { spec: stored, target: { ...own, id: spec.id }, controls };
}

function assemble(
  request: GatherRequest,
  { container }: Subject,
  at: { readonly twin: Place; readonly host: Place },
  plan: AttemptPlan,
  results: Results,
  identity: Identity | undefined,
): ObservationSet {
  const { kinds } = request;
  const attempts = ATTEMPT_KINDS.filter((kind) => kinds.has(kind)).map((kind) => {
    const specs = plan[kind];
    if (specs === undefined)
      return [kind, unavailable(needsInternet(kind) ? 'the internet was left out (--no-internet)' : 'not planned')] as const;
    if (!isOpen(at.twin)) return [kind, unavailable(at.twin.failure)] as const;
    return [kind, { state: 'observed', facts: { attempts: specs.map((spec) => pair(spec, container.id, results)) } }] as const;
  });
  return {
    ...(kinds.has('configuration') ? { configuration: { state: 'observed', facts: container.configuration } } : {}),
    ...(kinds.has('namespace') ? { namespace: namespaceAt(at.twin) } : {}),
    ...(kinds.has('hostNamespace') ? { hostNamespace: namespaceAt(at.host) } : {}),
    ...(kinds.has('process') ? { process: identity?.process ?? unavailable(notOpen(at.twin)) } : {}),
    ...(kinds.has('filesystem') ? { filesystem: identity?.filesystem ?? unavailable(notOpen(at.twin)) } : {}),
    ...Object.fromEntries(attempts),
  };
}

function notOpen(at: Place): string {
  return isOpen(at) ? 'no identity twin was made' : at.failure;
}

function namespaceAt(at: Place): Outcome<NamespaceFacts> {
  return isOpen(at) ? { state: 'observed', facts: at.ready.namespace } : unavailable(at.failure);
}

function unavailable(reason: string): { readonly state: 'unavailable'; readonly reason: string } {
  return { state: 'unavailable', reason: reason.slice(0, 1024) };
}

/**
 * A target that died, restarted or was paused meanwhile: what its twin saw may be the empty shell of it, so
 * none of it counts. What the engine's API said before still does.
 */
function ifUnchanged(
  target: Target,
  now: { readonly state: string; readonly startedAt: string } | undefined,
  observations: ObservationSet,
): ObservationSet {
  if (now?.state === target.state && now.startedAt === target.startedAt) return observations;
  const reason =
    now === undefined
      ? 'the container was removed'
      : now.state === target.state
        ? 'the container restarted'
        : `the container became ${now.state}`;
  const kinds = Object.keys(observations) as ObservationKind[];
  return Object.fromEntries(
    kinds.map((kind) => [kind, kind === 'configuration' ? observations[kind] : unavailable(`${reason} while it was looked at`)]),
  );
}
