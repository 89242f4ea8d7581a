import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

/** How long a busy machine may take to start a compartment or to remove one. Milliseconds. */
export const PATIENCE_MS = 60_000;

/** Like `expect`, for what becomes true: looks again until it is. */
export function eventually<T>(look: () => T) {
  return expect.poll(look, { timeout: PATIENCE_MS, interval: 100 });
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command that runs: what it has printed so far, and how it ends. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ending>;
  readonly #output: Buffer[] = [];
  #errors = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString('utf8')));
    // Whoever writes to a command that has just ended learns it from `ended`.
    child.stdin.on('error', () => undefined);
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Ending);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#output);
  }

  get stdout(): string {
    return this.bytes.toString('utf8');
  }

  get stderr(): string {
    return this.#errors;
  }

  /** Waits until the command has printed it. @throws Error when it ends before, or says nothing for too long */
  async says(what: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    const late = delay(PATIENCE_MS, 'printed too little', { ref: false });
    const over = Promise.race([this.ended.then(() => 'ended'), late]);
    while (!what.test(this[stream])) {
      const how = await Promise.race([once(this.child[stream], 'data').then(() => undefined), over]);
      if (how !== undefined && !what.test(this[stream])) throw new Error(`It ${how}: ${this.stdout}\n${this.#errors}`);
    }
  }
}
