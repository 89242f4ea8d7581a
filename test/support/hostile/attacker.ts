import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { createInterface, type Interface } from 'node:readline';
import type { Profile } from '../../../src/model/profile.ts';
import type { CompartmentBench } from '../compartments.ts';
import type { Fixtures, RunOptions } from '../fixtures.ts';
import type { LabSession } from '../lab.ts';
import type { Plan, Result, Results } from './program.ts';

/** The hostile server, as a script for `node -e`. */
export async function hostileScript(): Promise<string> {
  return stripTypeScriptTypes(await readFile(new URL('program.ts', import.meta.url), 'utf8'));
}

/** A hostile server in a compartment, attached: it does what it is asked, as often as it is asked. */
export class Attacker {
  readonly name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #said = '';

  private constructor(name: string, child: ChildProcessWithoutNullStreams) {
    this.name = name;
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString('utf8')).slice(-4000)));
    child.stdin.on('error', () => undefined);
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Starts it and waits until it answers. */
  static async start(
    bench: CompartmentBench,
    image: string,
    profile: Profile,
    options: readonly string[] = [],
  ): Promise<Attacker> {
    const name = `hostile-${randomBytes(3).toString('hex')}`;
    const script = await hostileScript();
    const file = await bench.profile(profile);
    const own = ['--quiet', '--name', name, '--profile', file, ...options];
    const attacker = new Attacker(name, bench.start(['run', ...own, image, '--input-type=module', '-e', script]));
    await attacker.ask({});
    return attacker;
  }

  /**
   * Everything of the plan at once.
   * @throws Error when the server is gone
   */
  async ask<const P extends Plan>(plan: P): Promise<Results<P>> {
    this.#child.stdin.write(`${JSON.stringify(plan)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`The hostile server has ended: ${this.#said}`);
    return JSON.parse(value) as Results<P>;
  }

  async one(attempt: Plan[string]): Promise<Result> {
    return (await this.ask({ attempt })).attempt;
  }

  /** Ends its input, upon which it ends, and waits until all is removed. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
    this.#reader.close();
  }
}

/** The same server in a container that nothing confines: the control. */
export async function unconfined<const P extends Plan>(
  { docker }: LabSession,
  fixtures: Fixtures,
  plan: P,
  options: Partial<RunOptions> = {},
): Promise<Results<P>> {
  const id = await fixtures.run({
    name: `control-${randomBytes(3).toString('hex')}`,
    ...options,
    script: await hostileScript(),
    env: [...(options.env ?? []), `ATTACK_PLAN=${JSON.stringify(plan)}`],
  });
  const container = docker.getContainer(id);
  await container.wait();
  const output = await container.logs({ stdout: true, stderr: true });
  // At once: Podman removes nothing whose namespaces this one uses.
  await container.remove({ force: true });
  // Each piece of the log has eight bytes of head; the answer is the last line, and may be in several pieces.
  const text = demultiplexed(output);
  const line = text.split('\n').findLast((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`The control said nothing: ${text}`);
  return JSON.parse(line) as Results<P>;
}

function demultiplexed(output: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= output.length; at += 8 + output.readUInt32BE(at + 4)) {
    pieces.push(output.subarray(at + 8, at + 8 + output.readUInt32BE(at + 4)));
  }
  return Buffer.concat(pieces).toString('utf8');
}
