import type Docker from 'dockerode';
import { setTimeout as delay } from 'node:timers/promises';
import { unlessGone } from './unless-gone.ts';

const INTERVAL_MS = 200;

/**
 * The first running container with all of these labels and none of `without`, as soon as there is one.
 * @returns its id, or undefined when there is none in time
 */
export async function awaitServer(
  docker: Docker,
  {
    labels,
    without,
    timeoutMs,
    signal,
  }: {
    readonly labels: Readonly<Record<string, string>>;
    readonly without?: string;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  const filters = { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`), status: ['running'] };
  const deadline = Date.now() + timeoutMs;
  do {
    const found = (await docker.listContainers({ filters })).find(
      ({ Labels }) => without === undefined || Labels[without] !== 'true',
    );
    if (found !== undefined) return found.Id;
    await delay(INTERVAL_MS);
  } while (Date.now() < deadline && !signal.aborted);
  return undefined;
}

/** The full id of a container that is named by its name, its id or the beginning of that. */
export async function fullId(docker: Docker, name: string): Promise<string | undefined> {
  return (await unlessGone(docker.getContainer(name).inspect()))?.Id;
}
