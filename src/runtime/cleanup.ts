import type Docker from 'dockerode';
import { setTimeout as delay } from 'node:timers/promises';
import { LABEL } from '../model/labels.ts';
import { count } from '../model/text.ts';
import { isAbandoned } from './labels.ts';
import { toolhiveParts } from './toolhive-parts.ts';

/** How long the engine gets to remove ended probes by itself, in milliseconds. */
const GRACE_MS = 3000;

/**
 * Removes everything that carries the session's label. Idempotent; returns what could not be removed, in words.
 * Probes were told to end before: the engine removes those by itself, which costs no call each.
 */
export async function removeSession(
  docker: Docker,
  session: string,
  options: { readonly force: boolean },
): Promise<readonly string[]> {
  const filters = { label: [`${LABEL.session}=${session}`] };
  const deadline = Date.now() + (options.force ? 0 : GRACE_MS);
  let left = await docker.listContainers({ all: true, filters });
  while (left.length > 0 && Date.now() < deadline) {
    await delay(25);
    left = await docker.listContainers({ all: true, filters });
  }
  const parts = await toolhiveParts(docker, left);
  return removeAll(
    docker,
    [...left, ...parts.containers],
    [...(await docker.listNetworks({ filters })), ...parts.networks],
    await volumesOf(docker, filters),
  );
}

/** Removes what earlier runs left behind when they were killed. Returns what was removed and what could not be, in words. */
export async function sweep(docker: Docker, now: number): Promise<readonly string[]> {
  const filters = { label: [LABEL.session] };
  const containers = (await docker.listContainers({ all: true, filters })).filter(({ Labels }) => isAbandoned(Labels, now));
  const networks = (await docker.listNetworks({ filters })).filter(({ Labels }) => isAbandoned(Labels ?? {}, now));
  const volumes = (await volumesOf(docker, filters)).filter(({ Labels }) => isAbandoned(Labels, now));
  if (containers.length + networks.length + volumes.length === 0) return [];
  const parts = await toolhiveParts(docker, containers);
  const failures = await removeAll(docker, [...containers, ...parts.containers], [...networks, ...parts.networks], volumes);
  const found = [
    [containers.length, 'container'],
    [networks.length, 'network'],
    [volumes.length, 'volume'],
  ] as const;
  const what = found.flatMap(([number, noun]) => (number === 0 ? [] : [count(number, noun)])).join(', ');
  return [`Removed what an interrupted run had left: ${what}.`, ...failures];
}

export interface ListedVolume {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>>;
  /** RFC 3339, in most engines' answers. */
  readonly CreatedAt?: string;
}

/** Engines answer null for none, both for volumes and for labels; the types know nothing of that, nor of the time. */
export async function volumesOf(docker: Docker, filters: { readonly label: string[] }): Promise<readonly ListedVolume[]> {
  const { Volumes } = (await docker.listVolumes({ filters })) as {
    readonly Volumes?: readonly (Omit<ListedVolume, 'Labels'> & { readonly Labels: ListedVolume['Labels'] | null })[] | null;
  };
  return (Volumes ?? []).map((volume) => ({ ...volume, Labels: volume.Labels ?? {} }));
}

async function removeAll(
  docker: Docker,
  containers: readonly { readonly Id: string }[],
  networks: readonly { readonly Id: string; readonly Name: string }[],
  volumes: readonly { readonly Name: string }[],
): Promise<readonly string[]> {
  const failures: string[] = [];
  const gone = async (what: string, remove: () => Promise<unknown>): Promise<void> => {
    await untilGone(remove).catch((error: unknown) => failures.push(`${what} could not be removed: ${String(error)}`));
  };
  await Promise.all(
    containers.map(({ Id }) =>
      gone(`Container ${Id.slice(0, 12)}`, async () => {
        const container = docker.getContainer(Id);
        // Podman's forced removal asks politely first, for ten seconds.
        await container.kill().catch(() => undefined);
        await container.remove({ force: true, v: true });
      }),
    ),
  );
  // Only now: what a container still uses cannot be removed.
  await Promise.all([
    ...networks.map(({ Id, Name }) => gone(`Network ${Name}`, () => docker.getNetwork(Id).remove())),
    ...volumes.map(({ Name }) => gone(`Volume ${Name}`, () => docker.getVolume(Name).remove())),
  ]);
  return failures;
}

/**
 * 404: gone. 409: being removed by the engine itself. 403: the network still has an endpoint of a container that is
 * going. 500: Podman's word for all of these, and for a container whose namespace another one still uses.
 */
async function untilGone(remove: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await remove();
      return;
    } catch (error) {
      const status = (error as { statusCode?: number }).statusCode;
      if (status === 404) return;
      if (attempt >= 22 || (status !== 409 && status !== 403 && status !== 500)) throw error;
      await delay(Math.min(100, 10 * 2 ** attempt));
    }
  }
}
