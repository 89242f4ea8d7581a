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

/** Part of its budget that an attempt may lose to a stalled process and still call a timeout a timeout. */
export const TOLERATED_STALL = 0.25;

/**
 * Calls back when `ms` are over, but not before the event loop went through its poll phase once more: a
 * connection that the kernel made in time is then noticed before it is called a timeout.
 */
export function deadline(ms: number, expired: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(() => {
      immediate = setImmediate(expired);
    });
  }, ms);
  return () => {
    clearTimeout(timer);
    if (immediate !== undefined) clearImmediate(immediate);
  };
}
