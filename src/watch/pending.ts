import { together, type Request } from './touched.ts';

/** How long nothing more may come before a scan starts: one change makes several events. Milliseconds. */
const QUIET_MS = 300;
/** A stream of events that never stops does not put a scan off for longer than this. */
const AT_MOST_MS = 2000;

/** What is to be scanned next. Requests that come while a scan runs become one: scans never overlap, and none is lost. */
export class Pending {
  #request: Request | undefined;
  #asked = (): void => undefined;

  ask(request: Request): void {
    this.#request = this.#request === undefined ? request : together(this.#request, request);
    this.#asked();
  }

  /** The next scan, once something was asked and then nothing more for a moment; `undefined` when the signal is given. */
  async next(signal: AbortSignal): Promise<Request | undefined> {
    while (this.#request === undefined && !signal.aborted) await this.#more(signal);
    const latest = performance.now() + AT_MOST_MS;
    let before: Request | undefined;
    while (before !== this.#request && performance.now() < latest && !signal.aborted) {
      before = this.#request;
      await this.#more(signal, QUIET_MS);
    }
    if (signal.aborted) return undefined;
    const request = this.#request;
    this.#request = undefined;
    return request;
  }

  /** Resolves when something is asked, when `ms` are over, or when the signal is given. */
  async #more(signal: AbortSignal, ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#asked = () => undefined;
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(end, ms);
      this.#asked = end;
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
}
