import type Docker from 'dockerode';
import { setTimeout as delay } from 'node:timers/promises';
import { unlessGone } from './unless-gone.ts';

const INTERVAL_MS = 200;
/** Between two questions to somebody who may know that it comes to nothing. */
const ASK_INTERVAL_MS = 2000;

export interface Awaited {
  /** The container has all of these. */
  readonly labels: Readonly<Record<string, string>>;
  /** And not this one with the value `true`. */
  readonly without?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Why there will be none, when somebody knows it before the time is over. */
  readonly failed?: () => Promise<string | undefined>;
}

/**
 * Waits for a container with certain labels to run. One that has ended is better than none, when no other one will come:
 * it says why.
 * @returns its id, or why there is none; no reason when none came in time
 */
export async function awaitServer(
  docker: Docker,
  { labels, without, timeoutMs, signal, failed }: Awaited,
): Promise<{ readonly id: string } | { readonly id: undefined; readonly why: string | undefined }> {
  const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const find = async (all: boolean): Promise<string | undefined> => {
    const filters = all ? { label } : { label, status: ['running'] };
    const found = await docker.listContainers({ all, filters });
    return found.find(({ Labels }) => without === undefined || Labels[without] !== 'true')?.Id;
  };
  const deadline = Date.now() + timeoutMs;
  let ask = Date.now() + ASK_INTERVAL_MS;
  do {
    const running = await find(false);
    if (running !== undefined) return { id: running };
    if (failed !== undefined && Date.now() > ask) {
      const why = await failed();
      if (why !== undefined) {
        const ended = await find(true);
        return ended === undefined ? { id: undefined, why } : { id: ended };
      }
      ask = Date.now() + ASK_INTERVAL_MS;
    }
    await delay(INTERVAL_MS);
  } while (Date.now() < deadline && !signal.aborted);
  return { id: undefined, why: undefined };
}

/** The full id of a container that is named by its name, its id or the beginning of that. */
export async function fullId(docker: Docker, name: string): Promise<string | undefined> {
  return (await unlessGone(docker.getContainer(name).inspect()))?.Id;
}
