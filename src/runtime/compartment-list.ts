import type Docker from 'dockerode';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { BulkheadError } from '../errors.ts';
import type { GatewayLine } from '../model/compartment.ts';
import { LABEL } from '../model/labels.ts';
import { escapeText } from '../model/text.ts';
import { removeSession, volumesOf } from './cleanup.ts';
import { decisionSink } from './decision-lines.ts';
import { demultiplex } from './demux.ts';
import { ownerState, type OwnerState } from './labels.ts';

/** A launch in progress has no server yet; after this it has failed, where nobody can look at who launches. Seconds. */
const LAUNCHING_S = 120;
const COUNTED_LINES = 20;

type Part = Docker.ContainerInfo;
type HelperRole = 'gateway' | 'relay';

/** A compartment as the engine shows it. */
export interface ListedCompartment {
  readonly name: string;
  readonly session: string;
  /** `CompartmentShape`; absent when the server is gone. */
  readonly shape: string | undefined;
  readonly transport: string;
  /** JSON of the profile as it is enforced; absent when the server is gone. */
  readonly profile: string | undefined;
  readonly optOuts: string | undefined;
  /** The engine's word for the server: `running`, `exited`, …; `gone` without one. */
  readonly state: string;
  readonly image: string;
  /** Port on 127.0.0.1 of the engine's host. */
  readonly port: number | undefined;
  /** Belongs to a command that runs (or ran) in the foreground. */
  readonly attached: boolean;
  /** What became of the command that made it. */
  readonly maker: OwnerState;
  /** What a server that runs has lost, if anything: nothing leaves its compartment any more, and nothing comes in. */
  readonly lost: readonly HelperRole[];
  readonly server: string | undefined;
  readonly relay: string | undefined;
  readonly gateway: string | undefined;
  readonly createdAt: number;
}

/** Its server is there, and answers or will again. */
export function isLiving({ state }: Pick<ListedCompartment, 'state'>): boolean {
  return ['running', 'paused', 'restarting'].includes(state);
}

/** Every compartment of the engine, by name. */
export async function listCompartments(docker: Docker): Promise<readonly ListedCompartment[]> {
  const parts = await docker.listContainers({ all: true, filters: { label: [LABEL.name] } });
  const sessions = Map.groupBy(parts, ({ Labels }) => Labels[LABEL.session] ?? '');
  return [...sessions].map(([session, members]) => describe(session, members)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws BulkheadError `target-not-found` */
export async function findCompartment(docker: Docker, name: string): Promise<ListedCompartment> {
  const all = await listCompartments(docker);
  const found = all.find((one) => one.name === name || (name.length >= 12 && one.server?.startsWith(name) === true));
  if (found !== undefined) return found;
  const known = all.map((one) => escapeText(one.name, 60)).join(', ');
  throw new BulkheadError('target-not-found', `There is no compartment named ${escapeText(name, 80)}.`, {
    hint: known === '' ? 'None was started on this engine: bulkhead run.' : `There are: ${known}.`,
  });
}

function describe(session: string, parts: readonly Part[]): ListedCompartment {
  const of = (role: string): Part | undefined => parts.find(({ Labels }) => Labels[LABEL.role] === role);
  const server = of('server');
  const gateway = of('gateway');
  const first = server ?? gateway ?? parts[0];
  return {
    session,
    name: first?.Labels[LABEL.name] ?? '',
    shape: server?.Labels[LABEL.shape],
    transport: first?.Labels[LABEL.transport] ?? 'stdio',
    profile: server?.Labels[LABEL.profile],
    optOuts: server?.Labels[LABEL.optOuts],
    state: server?.State ?? 'gone',
    image: server?.Image ?? '',
    port: gateway?.Ports.find(({ PublicPort }) => PublicPort !== undefined)?.PublicPort,
    attached: first?.Labels[LABEL.owner] !== undefined,
    maker: ownerState(first?.Labels[LABEL.owner] ?? first?.Labels[LABEL.launcher]),
    lost: lostBy(server, (role) => of(role)?.State),
    server: server?.Id,
    relay: of('relay')?.Id,
    gateway: gateway?.Id,
    createdAt: Math.min(...parts.map(({ Created }) => Created)),
  };
}

/** A sealed server has both of them, and one that is published has. Those of an attached one are removed when they end. */
function lostBy(server: Part | undefined, stateOf: (role: HelperRole) => string | undefined): readonly HelperRole[] {
  if (server?.State !== 'running') return [];
  const { [LABEL.shape]: shape, [LABEL.transport]: transport = 'stdio' } = server.Labels;
  const alone = shape === 'isolated' || (shape === 'open' && transport === 'stdio');
  return alone ? [] : (['gateway', 'relay'] as const).filter((role) => stateOf(role) !== 'running');
}

export interface Counts {
  readonly allowed: number;
  readonly denied: number;
}

/** What gateway and relay have decided so far; their last lines hold the totals. */
export async function decisionCounts(docker: Docker, { gateway, relay }: ListedCompartment): Promise<Counts> {
  const last = async (id: string | undefined): Promise<Counts> => {
    const lines = id === undefined ? [] : await decisionLines(docker, id, COUNTED_LINES);
    const line = lines.findLast((one) => one.type === 'decision' || one.type === 'suppressed');
    return line === undefined ? { allowed: 0, denied: 0 } : { allowed: line.allowed, denied: line.denied };
  };
  const [outside, inside] = await Promise.all([last(gateway), last(relay)]);
  return { allowed: outside.allowed, denied: outside.denied + inside.denied };
}

/** The last lines of a relay or gateway, oldest first. */
export async function decisionLines(docker: Docker, id: string, tail: number): Promise<readonly GatewayLine[]> {
  const lines: GatewayLine[] = [];
  await followLog(docker, id, { follow: false, tail, stdout: decisionSink((line) => lines.push(line)), stderr: nowhere() });
  return lines;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Number of lines from the end; `undefined` = all that the engine has kept. */
  readonly tail: number | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal?: AbortSignal;
}

/** Copies a container's log to the sinks. A container that is gone has none. */
export async function followLog(docker: Docker, id: string, options: LogOptions): Promise<void> {
  const common = { stdout: true, stderr: true, ...(options.tail === undefined ? {} : { tail: options.tail }) } as const;
  try {
    if (!options.follow) {
      const bytes = await docker.getContainer(id).logs({ ...common, follow: false });
      const source = new PassThrough();
      source.end(bytes);
      return await demultiplex(source, options.stdout, options.stderr);
    }
    const stream = (await docker.getContainer(id).logs({ ...common, follow: true })) as unknown as Readable;
    const letGo = (): void => void stream.destroy();
    options.signal?.addEventListener('abort', letGo, { once: true });
    // Nobody is told a second time.
    if (options.signal?.aborted === true) letGo();
    return await demultiplex(stream, options.stdout, options.stderr);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404 || options.signal?.aborted === true) return undefined;
    throw error;
  }
}

function nowhere(): Writable {
  return new PassThrough().resume();
}

/** Ends a compartment and keeps its containers, for their logs: the server first, so that nothing of it is cut off. */
export async function stopCompartment(
  docker: Docker,
  { server, relay, gateway }: ListedCompartment,
  graceS: number,
): Promise<void> {
  if (server !== undefined) await stop(docker, server, graceS);
  await Promise.all([relay, gateway].filter((id) => id !== undefined).map((id) => stop(docker, id, 1)));
}

/** 304: it was not running. 404 and 409: it is gone, or going. */
async function stop(docker: Docker, id: string, graceS: number): Promise<void> {
  try {
    await docker.getContainer(id).stop({ t: graceS });
  } catch (error) {
    if (![304, 404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
  }
}

/**
 * Removes compartments whose server is not running any more, and parts that have none. Those of a command that
 * still runs, and those that are being launched, are left alone. Returns their names and what failed, in words.
 */
export async function collectGarbage(
  docker: Docker,
  now: number,
): Promise<{ readonly removed: readonly string[]; readonly failures: readonly string[] }> {
  const dead = (await listCompartments(docker)).filter((one) => isOver(one, now));
  const sessions = new Map([...dead.map(({ session, name }) => [session, name] as const), ...(await emptySessions(docker, now))]);
  const failures = await Promise.all([...sessions.keys()].map((session) => removeSession(docker, session, { force: true })));
  return { removed: [...sessions.values()], failures: failures.flat() };
}

function isOver(one: ListedCompartment, now: number): boolean {
  const { attached, maker, state, createdAt } = one;
  if (isLiving(one)) return false;
  // Whoever is attached cleans up.
  if (state === 'exited') return !(attached && maker === 'alive');
  return maker === 'gone' || (maker === 'unknown' && now / 1000 - createdAt > LAUNCHING_S);
}

/** Sessions of compartments of which only networks and volumes are left, and the names of these. */
async function emptySessions(docker: Docker, now: number): Promise<ReadonlyMap<string, string>> {
  const filters = { label: [LABEL.session, LABEL.name] };
  const containers = await docker.listContainers({ all: true, filters: { label: [LABEL.session] } });
  const alive = new Set(containers.map(({ Labels }) => Labels[LABEL.session]));
  const parts = [
    ...(await docker.listNetworks({ filters })).map(({ Labels, Created }) => ({
      labels: Labels ?? {},
      created: Date.parse(Created),
    })),
    ...(await volumesOf(docker, filters)).map(({ Labels, CreatedAt }) => ({
      labels: Labels,
      created: Date.parse(CreatedAt ?? ''),
    })),
  ];
  const orphans = parts.filter(({ labels, created }) => {
    const maker = ownerState(labels[LABEL.owner] ?? labels[LABEL.launcher]);
    const over = maker === 'gone' || (maker === 'unknown' && now - created > LAUNCHING_S * 1000);
    return over && !alive.has(labels[LABEL.session]);
  });
  return new Map(orphans.map(({ labels }) => [labels[LABEL.session] ?? '', labels[LABEL.name] ?? '']));
}
