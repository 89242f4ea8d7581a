import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { execa } from 'execa';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Profile } from '../../src/model/profile.ts';
import type { LabSession } from './lab.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const CLI = path.join(ROOT, 'dist/cli.js');

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `bulkhead run` of a host list means in the lab: the stand-in internet's allowed name on HTTP and HTTPS. */
export const ALLOWED: Profile = { network: { outbound: { allow_host: ['allowed.test'], allow_port: [80, 443] } } };

/** The built command line against the lab's engine, as a person would use it. One directory, removed at the end. */
export class CompartmentBench {
  readonly #session: LabSession;
  readonly directory: string;
  readonly #node: string;

  private constructor(session: LabSession, directory: string, node: string) {
    this.#session = session;
    this.directory = directory;
    this.#node = node;
  }

  /** @param node the Node.js that runs the command */
  static async open(session: LabSession, node = process.execPath): Promise<CompartmentBench> {
    // Below the shared directory, which the engine sees at the same path: profiles may mount what is in it.
    return new CompartmentBench(session, await mkdtemp(path.join(session.lab.sharedDir, 'compartments-')), node);
  }

  get env(): Record<string, string> {
    return { DOCKER_HOST: this.#session.lab.dockerHost, NO_COLOR: '1' };
  }

  /** Writes a profile and answers its path. */
  async profile(profile: Profile): Promise<string> {
    const file = path.join(this.directory, `profile-${Math.random().toString(36).slice(2)}.json`);
    await writeFile(file, JSON.stringify(profile));
    return file;
  }

  /** Starts the command and leaves it running; its input stays open until it is ended. */
  start(args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(this.#node, [CLI, ...args], { env: { ...process.env, ...this.env }, cwd: this.directory });
  }

  /** Runs the command to its end. */
  async run(args: readonly string[], input = '', timeoutMs = 60_000): Promise<Finished> {
    const result = await execa(this.#node, [CLI, ...args], {
      reject: false,
      input,
      env: this.env,
      cwd: this.directory,
      timeout: timeoutMs,
    });
    return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
  }

  /**
   * Runs a script for Node.js as the server of a compartment; what it prints as one line of JSON is the answer.
   * @throws Error with all that was printed when there is none
   */
  async runScript<T>(image: string, options: readonly string[], script: string): Promise<T> {
    const { stdout, stderr, exitCode } = await this.run([
      'run',
      '--quiet',
      ...options,
      image,
      '--input-type=module',
      '-e',
      script,
    ]);
    const line = stdout.split('\n').findLast((text) => text.startsWith('{') || text.startsWith('['));
    if (line === undefined) throw new Error(`No answer (exit ${exitCode}): ${stdout}\n${stderr}`);
    return JSON.parse(line) as T;
  }

  /** The official client, which starts the command over stdio as a desktop client does. */
  async connectStdio(args: readonly string[]): Promise<Client> {
    const client = new Client({ name: 'bulkhead-test', version: '1.0.0' });
    await client.connect(
      new StdioClientTransport({
        command: this.#node,
        args: [CLI, ...args],
        env: { ...this.env, PATH: process.env['PATH'] ?? '' },
        cwd: this.directory,
        stderr: 'ignore',
      }),
    );
    return client;
  }

  /** Everything that carries a label of a compartment or run: containers, networks, volumes. */
  async leftovers(): Promise<readonly string[]> {
    const filters = { label: ['dev.bulkhead.session'] };
    const { docker } = this.#session;
    const containers = await docker.listContainers({ all: true, filters });
    const networks = await docker.listNetworks({ filters });
    const { Volumes } = (await docker.listVolumes({ filters })) as {
      readonly Volumes?: readonly { readonly Name: string }[] | null;
    };
    return [
      ...containers.flatMap(({ Names }) => Names),
      ...networks.map(({ Name }) => Name),
      ...(Volumes ?? []).map(({ Name }) => Name),
    ];
  }

  /** Removes compartments that a test left, and the directory. */
  async close(): Promise<void> {
    const { stdout } = await this.run(['ps', '--json']);
    const names = (JSON.parse(stdout === '' ? '[]' : stdout) as readonly { readonly name: string }[]).map(({ name }) => name);
    if (names.length > 0) await this.run(['rm', '--force', ...names]);
    await this.run(['gc']);
    await rm(this.directory, { recursive: true, force: true });
  }
}
