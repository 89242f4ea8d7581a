import type { Writable } from 'node:stream';
import { BulkheadError } from '../errors.ts';
import type {
  CompartmentPlan,
  ContainerSpec,
  GatewayLine,
  LaunchOptions,
  PlanInput,
  ResolvedMount,
} from '../model/compartment.ts';
import type { Profile } from '../model/profile.ts';
import { removeSession } from '../runtime/cleanup.ts';
import {
  attach,
  createContainer,
  createNetwork,
  createVolume,
  exitOf,
  publishedPort,
  ranOutOfMemory,
  startHelper,
  type AttachedContainer,
} from '../runtime/compartment-containers.ts';
import type { Engine } from '../runtime/connect.ts';
import { hostAddresses } from '../runtime/host-addresses.ts';
import { compartmentLabels, newSessionId } from '../runtime/labels.ts';
import { ensureGatewayImage } from '../runtime/gateway-image.ts';
import { prepareVolume } from '../runtime/server-volume.ts';
import { GATEWAY_PORT } from './helper-specs.ts';
import { newVolumesOf } from './new-volumes.ts';
import { planCompartment } from './plan.ts';
import { secretsWriter } from './secrets-writer.ts';

export interface LaunchRequest {
  readonly engine: Engine;
  readonly name: string;
  readonly image: PlanInput['image'];
  readonly profile: Profile;
  readonly mounts: readonly ResolvedMount[];
  readonly options: LaunchOptions;
  /** Content of the secrets that become files. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly tokenSha256?: string;
  /** Where the server's output goes while this process is attached to it. */
  readonly sinks: { readonly stdout: Writable; readonly stderr: Writable };
  /** What relay and gateway say while this process is attached. */
  readonly onLine: (line: GatewayLine) => void;
  readonly signal: AbortSignal;
}

/** A compartment that runs. */
export interface Compartment {
  readonly session: string;
  readonly plan: CompartmentPlan;
  readonly serverId: string;
  /** Of an attached compartment: ending it closes the server's standard input. */
  readonly stdin: Writable | undefined;
  /** Bytes of the server's standard output that have come so far; of a detached one, none. */
  readonly heard: () => number;
  /** Waits until the server has ended and all its output is written; resolves with its exit code. */
  readonly exit: () => Promise<number>;
  /** Whether the server that has ended ran into its memory limit. */
  readonly ranOutOfMemory: () => Promise<boolean>;
  /** Port on 127.0.0.1 of the engine's host, for HTTP transports. */
  readonly port: number | undefined;
  /** Lets go of a detached compartment. */
  readonly release: () => void;
  /** Removes everything. Idempotent; returns what could not be removed, in words. */
  readonly remove: () => Promise<readonly string[]>;
}

/**
 * Makes a compartment and starts the server in it, last of all: what holds it is there before it is.
 * Whatever was made is removed again when something fails.
 * @throws BulkheadError
 */
export async function launch(request: LaunchRequest): Promise<Compartment> {
  const session = newSessionId();
  const remove = (): Promise<readonly string[]> => removeSession(request.engine.docker, session, { force: true });
  const opened: AttachedContainer[] = [];
  try {
    return await assemble(request, session, remove, opened);
  } catch (error) {
    // A connection to a container that never started is closed by nobody else, and would keep this process alive.
    for (const connection of opened) connection.detach();
    await remove().catch(() => []);
    throw error;
  }
}

async function assemble(
  request: LaunchRequest,
  session: string,
  remove: Compartment['remove'],
  opened: AttachedContainer[],
): Promise<Compartment> {
  const { engine, options, signal } = request;
  const { docker } = engine;
  const labels = compartmentLabels(session, options.detach);
  // Those that run for a moment belong to this process, whoever the rest belongs to: without it nobody ends them.
  const passing = compartmentLabels(session, false);
  const planWith = (gatewayImage: string, addresses: readonly string[]): CompartmentPlan =>
    planCompartment({
      ...request,
      session,
      labels,
      gatewayImage,
      hostAddresses: addresses,
      apiVersion: engine.facts.apiVersion,
      product: engine.facts.product,
      ...(engine.processors === undefined ? {} : { processors: engine.processors }),
    });
  // Refuses what cannot be before anything is made.
  const draft = planWith('', []);
  const fresh = newVolumesOf(draft.server);
  const needsHelpers = draft.relay !== undefined || request.secrets.size > 0 || fresh !== undefined;
  const image = needsHelpers ? await ensureGatewayImage(docker, engine.facts.architecture) : '';
  const plan = planWith(image, []);
  const checkpoint = (): void => {
    if (signal.aborted) throw new BulkheadError('interrupted', 'Interrupted.');
  };
  checkpoint();
  const start = async (spec: ContainerSpec, role: string): Promise<AttachedContainer> =>
    startHelper(docker, await createContainer(docker, spec), role, { stdin: !options.detach, onLine: request.onLine });
  const volumes = Promise.all(plan.volumes.map((volume) => createVolume(docker, volume)));
  const networks = Promise.all(plan.networks.map((network) => createNetwork(docker, network)));
  // All at once, each as soon as what it needs is there: starting containers is what takes the time.
  const [gateway, { relay, container, attached }, secrets] = await allDone([
    (async () => {
      if (plan.gateway === undefined) return undefined;
      const addresses = plan.resolvesNames ? await hostAddresses(docker, engine.facts, image, passing) : [];
      await Promise.all([volumes, networks]);
      return start(planWith(image, addresses).gateway ?? plan.gateway, 'gateway');
    })(),
    (async () => {
      await Promise.all(plan.shape === 'open' ? [volumes, networks] : [volumes]);
      const relay = plan.relay === undefined ? undefined : await start(plan.relay, 'relay');
      if (fresh !== undefined) for (const name of fresh.names) await prepareVolume(docker, name, fresh.owner, image, passing);
      const container = await createContainer(docker, plan.server);
      const attached = options.detach
        ? undefined
        : await attach(docker, container.id, request.sinks, options.transport === 'stdio');
      if (attached !== undefined) opened.push(attached);
      return { relay, container, attached };
    })(),
    (async () => {
      await volumes;
      return request.secrets.size === 0 ? undefined : putSecrets(request, image, plan, passing);
    })(),
    networks,
  ]);
  checkpoint();
  await container.start();
  secrets?.stdin.end();
  const port =
    gateway === undefined || options.transport === 'stdio' ? undefined : await publishedPort(docker, gateway.id, GATEWAY_PORT);
  let letGo = false;
  for (const [role, helper] of Object.entries({ gateway, relay })) {
    void helper?.ended.then(() => {
      const message = `the ${role} ended: nothing leaves the compartment any more, and nothing comes in`;
      if (!letGo) request.onLine({ type: 'problem', time: new Date().toISOString(), message });
    });
  }
  return {
    session,
    plan,
    serverId: container.id,
    stdin: options.transport === 'stdio' ? attached?.stdin : undefined,
    heard: () => attached?.heard() ?? 0,
    exit: async () => {
      const code = await exitOf(container);
      await attached?.ended;
      return code;
    },
    ranOutOfMemory: () => ranOutOfMemory(container),
    port,
    release: () => {
      letGo = true;
      for (const part of [attached, gateway, relay]) part?.detach();
    },
    remove: () => {
      letGo = true;
      // An engine waits for what nobody reads of a server before it calls it ended.
      attached?.detach();
      return remove();
    },
  };
}

/** Like Promise.all, but waits for all before it says that one failed: nothing may still be made while all is removed. */
async function allDone<T extends readonly unknown[]>(work: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as unknown as Promise<T>;
}

/** Writes the secrets into their directory in memory; the helper ends when its input does. */
async function putSecrets(
  { engine, secrets }: LaunchRequest,
  image: string,
  plan: CompartmentPlan,
  labels: Readonly<Record<string, string>>,
): Promise<AttachedContainer> {
  const container = await createContainer(engine.docker, secretsWriter(plan, image, labels));
  const values = Object.fromEntries([...secrets].map(([name, value]) => [name, value.toString('base64')]));
  return startHelper(engine.docker, container, 'writer of secrets', { stdin: true, input: `${JSON.stringify(values)}\n` });
}
