/** How often the event loop is looked at, milliseconds. */
const TICK_MS = 20;

/** Measures how long the process did not get to run: a timeout that fell into such a gap says nothing about the network. */
export class StallMonitor {
  readonly #stalls: { readonly at: number; readonly ms: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  longestMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Time lost since `start` (of `performance.now()`), milliseconds, the present gap included. The sum: three gaps
   * of a fifth leave no more than one of three fifths. A gap that began before `start` counts from there.
   */
  since(start: number): number {
    this.#look();
    return this.#stalls.reduce((lost, { at, ms }) => (at > start ? lost + Math.min(ms, at - start) : lost), 0);
  }

  #look(): void {
    const now = performance.now();
    const ms = now - this.#last - TICK_MS;
    this.#last = now;
    if (ms > TICK_MS) {
      this.#stalls.push({ at: now, ms });
      this.longestMs = Math.max(this.longestMs, ms);
    }
  }
}

/** Rounds of the event loop in a row that must come in time before the burst of an order counts as over. */
const CALM_ROUNDS = 2;
const ROUND_MS = 10;

/** Resolves when the process has nothing urgent to do any more: its attempts are under way and it merely waits. */
export async function settle(): Promise<void> {
  for (let calm = 0; calm < CALM_ROUNDS;) {
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    calm = performance.now() - start < ROUND_MS * 2 ? calm + 1 : 0;
  }
}

/** Part of its budget that an attempt may lose to a stalled process and still call a timeout a timeout. */
export const TOLERATED_STALL = 0.25;
/** How often its own time a deadline is put off for a process that does not get to run. */
const PATIENCE = 2;

/** The time of an attempt, and who knows how much of it the process did not get to run. */
export interface Served {
  /** Of `performance.now()`. */
  readonly start: number;
  readonly timeoutMs: number;
  readonly stalls?: Pick<StallMonitor, 'since'>;
}

/** Time that is missing until a timeout says something about the network, milliseconds; none or less: it does. */
export function missingMs({ start, timeoutMs, stalls }: Served): number {
  const served = performance.now() - start - (stalls?.since(start) ?? 0);
  return timeoutMs * (1 - TOLERATED_STALL) - served;
}

/**
 * Calls back when `ms` are over, but not before the event loop went through its poll phase once more: a
 * connection that the kernel made in time is then noticed before it is called a timeout. With `served` the time
 * that the process lost meanwhile is waited for as well, within reason: many probes may share two processors.
 */
export function deadline(ms: number, expired: () => void, served?: Served): () => void {
  const last = performance.now() + ms * (1 + PATIENCE);
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  const arm = (wait: number): void => {
    timer = setTimeout(() => {
      immediate = setImmediate(() => {
        immediate = setImmediate(due);
      });
    }, wait);
  };
  const due = (): void => {
    const missing = served === undefined ? 0 : missingMs(served);
    const left = last - performance.now();
    if (missing > 0 && left > 0) arm(Math.min(Math.max(missing, 1), left));
    else expired();
  };
  arm(ms);
  return () => {
    clearTimeout(timer);
    if (immediate !== undefined) clearImmediate(immediate);
  };
}
