import { execa } from 'execa';
import { createInterface } from 'node:readline';
import type { Job, Result } from './load.ts';

/** The load generator, somewhere: each job is answered by one line. */
export interface Client {
  readonly run: (job: Job) => Promise<readonly number[]>;
  readonly stop: () => Promise<void>;
}

/** Starts a command whose standard input and output are those of `load.ts`. */
export function startClient(command: readonly [string, ...string[]]): Client {
  const [file, ...args] = command;
  const child = execa(file, args, { reject: false, stdin: 'pipe', stderr: 'inherit', buffer: false });
  const waiting: { readonly resolve: (values: readonly number[]) => void; readonly reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const result = JSON.parse(line) as Result;
    const next = waiting.shift();
    if ('error' in result) next?.reject(new Error(result.error));
    else next?.resolve(result.values);
  });
  void child.then(() => {
    for (const { reject } of waiting) reject(new Error('the load generator ended'));
  });
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(job)}\n`);
      }),
    stop: async () => {
      child.stdin.end();
      await child;
    },
  };
}
