import { setTimeout as delay } from 'node:timers/promises';

/** Tries until it succeeds; the last failure is thrown when that takes too long. Milliseconds. */
export async function eventually<T>(attempt: () => Promise<T>, patienceMs = 60_000): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ; await delay(100)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
