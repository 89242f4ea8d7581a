import type { NamespaceFacts, ObservationKind, ObservationSet, Outcome } from '../model/observation.ts';
import type { TargetObservations } from '../model/bundle.ts';
import type { Target } from '../model/target.ts';
import { ATTEMPT_KINDS, needsInternet, planAttempts, type AttemptPlan } from '../probes/plan.ts';
import { stateOf } from '../runtime/containers.ts';
import type { Session } from '../runtime/labels.ts';
import { attemptEverywhere, pair, type Results } from './attempts.ts';
import { declaredAddresses } from './declared-addresses.ts';
import { identify, isOpen, openBridgeControl, openHostCanary, openTwin, place, type Place } from './places.ts';
import { contextFor } from './plan-context.ts';
import type { GatherRequest, Subject } from './request.ts';
import type { Identity, TwinFactory } from './twins.ts';

/** Opens all places, makes all attempts in the same moment, and puts what was seen beside each target. */
export async function observe(
  request: GatherRequest,
  factory: TwinFactory,
  session: Session,
): Promise<readonly TargetObservations[]> {
  const { subjects, kinds, progress } = request;
  const running = (subject: Subject): boolean => subject.target.state === 'running';
  const wantsAttempts = ATTEMPT_KINDS.some((kind) => kinds.has(kind));
  const wantsNamespace = wantsAttempts || kinds.has('namespace');
  const wantsIdentity = kinds.has('process') || kinds.has('filesystem');

  progress('starting twins, controls and canaries');
  const closed: Place = { failure: 'not needed for the selected checks' };
  const openingBridge = wantsAttempts ? place(() => openBridgeControl(factory, session)) : Promise.resolve(closed);
  // All of the network is up before the first attempt: containers that start take the processor from those that dial.
  const [bridge, addresses, host, twins] = await Promise.all([
    openingBridge,
    openingBridge.then((at) => (kinds.has('egress') && request.useInternet ? declaredAddresses(request, at) : undefined)),
    wantsAttempts || kinds.has('hostNamespace') ? place(() => openHostCanary(factory)) : closed,
    Promise.all(
      subjects.map(async (subject): Promise<Place> => {
        if (!running(subject)) return { failure: `the container is ${subject.target.state}` };
        return wantsNamespace ? place(() => openTwin(factory, subject)) : closed;
      }),
    ),
  ]);

  const places = new Map(subjects.map((subject, index) => [subject.target.id, twins[index] ?? closed]));
  const contexts = new Map(
    subjects.map(
      (subject) => [subject.target.id, contextFor(request, session, subject, places, { bridge, host }, addresses)] as const,
    ),
  );
  const plans = new Map([...contexts].map(([id, context]) => [id, planAttempts(context, kinds, request.useInternet)] as const));
  const total = [...plans.values()].flatMap((plan) => Object.values(plan)).flat().length;
  progress(`making ${total} attempts and their controls`);

  const waiting = Promise.withResolvers<void>();
  const identified = waiting.promise.then(() =>
    Promise.all(subjects.map(async (subject) => (wantsIdentity && running(subject) ? identify(factory, subject) : undefined))),
  );
  // Identity twins start while the others wait: a probe waits the longer for what the machine takes from it meanwhile.
  const [results, identities] = await Promise.all([
    attemptEverywhere(request, plans, places, { bridge, host }, waiting.resolve),
    identified,
  ]);
  progress('looking whether the targets are still there');
  return Promise.all(
    subjects.map(async (subject, index): Promise<TargetObservations> => {
      const { target, declaration, container } = subject;
      const observations = assemble(
        request,
        subject,
        { twin: places.get(target.id) ?? closed, host },
        plans.get(target.id) ?? {},
        results,
        identities[index],
      );
      const now = running(subject) ? await stateOf(request.engine.docker, container.id) : undefined;
      return { target, declaration, observations: running(subject) ? ifUnchanged(target, now, observations) : observations };
    }),
  );
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

export function unavailable(reason: string): { readonly state: 'unavailable'; readonly reason: string } {
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
