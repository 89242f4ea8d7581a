import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';

/** How long a busy machine may take to start a compartment or to remove one. Milliseconds. */
export const PATIENCE_MS = 60_000;

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

  /** Waits until the command has printed it; when it ends before, that is the error. */
  async says(what: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    await expect
      .poll(
        () => {
          if (what.test(this[stream])) return 'said';
          const { exitCode, signalCode } = this.child;
          if (exitCode !== null || signalCode !== null) throw new Error(`It ended (${exitCode ?? signalCode}): ${this.#errors}`);
          return `nothing of ${what.source} yet: ${this.#errors}`;
        },
        { timeout: PATIENCE_MS, interval: 20 },
      )
      .toBe('said');
  }
}
