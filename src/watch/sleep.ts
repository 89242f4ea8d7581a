/** A machine that slept, or a clock that was set, is noticed within this. Milliseconds. */
const LONGEST_NAP_MS = 30_000;

/** Resolves at a time of the clock, milliseconds since the epoch, or when the signal is given. */
export async function sleep(until: number, signal: AbortSignal): Promise<void> {
  for (let left = until - Date.now(); left > 0 && !signal.aborted; left = until - Date.now()) {
    await nap(Math.min(left, LONGEST_NAP_MS), signal);
  }
}

async function nap(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
