import type Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ensureNodeImage, ensureServerImage, SERVERS, type ServerName } from '../../samples/servers/images.ts';
import { vi } from 'vitest';
import { PATIENCE_MS } from './running.ts';

export interface RunOptions {
  readonly name: string;
  /** A published server, or a script for Node.js; without both it idles. */
  readonly server?: ServerName;
  /** For a script: another image with Node.js as its entry point. */
  readonly image?: string;
  readonly script?: string;
  readonly network?: string;
  readonly user?: string;
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly host?: Docker.HostConfig;
  readonly networks?: readonly string[];
  /** For a script: port that can be published. */
  readonly exposed?: number;
}

const IDLE = 'setInterval(() => {}, 1e6)';

/** Containers and networks of one test file, all removed at its end. */
export class Fixtures {
  readonly #docker: Docker;
  readonly #label = `dev.bulkhead.test=${randomBytes(6).toString('hex')}`;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async network(name: string, options: Omit<Docker.NetworkCreateOptions, 'Name'> = {}): Promise<string> {
    const [key = '', value = ''] = this.#label.split('=');
    await this.#docker.createNetwork({ Driver: 'bridge', ...options, Name: name, Labels: { [key]: value } });
    return name;
  }

  async volume(name: string): Promise<string> {
    const [key = '', value = ''] = this.#label.split('=');
    await this.#docker.createVolume({ Name: name, Labels: { [key]: value } });
    return name;
  }

  /** Starts a container and returns its id. */
  async run(options: RunOptions): Promise<string> {
    const image =
      options.server === undefined
        ? (options.image ?? (await ensureNodeImage(this.#docker)))
        : await ensureServerImage(this.#docker, options.server);
    const [key = '', value = ''] = this.#label.split('=');
    const container = await this.#docker.createContainer({
      name: options.name,
      Image: image,
      ...(options.server === undefined ? { Cmd: ['-e', options.script ?? IDLE] } : { OpenStdin: true }),
      ...(options.exposed === undefined ? {} : { ExposedPorts: { [`${options.exposed}/tcp`]: {} } }),
      ...(options.user === undefined ? {} : { User: options.user }),
      Env: [...(options.env ?? [])],
      Labels: { ...options.labels, [key]: value },
      HostConfig: { NetworkMode: options.network ?? 'bridge', ...options.host },
    });
    for (const network of options.networks ?? []) await this.#docker.getNetwork(network).connect({ Container: container.id });
    await container.start();
    const port = options.server === undefined ? undefined : SERVERS[options.server].port;
    if (port !== undefined) await this.#listens(container, port);
    return container.id;
  }

  /** Waits until somebody listens there: an audit that comes sooner would rightly find nothing to talk to. */
  async #listens(container: Docker.Container, port: number): Promise<void> {
    const { State } = await container.inspect();
    const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const listens = async (): Promise<void> => {
      const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${State.Pid}/net/${table}`, 'utf8')));
      // proc(5): local address, remote address, and 0A for a socket that listens.
      const found = tables
        .join('')
        .split('\n')
        .some((line) => new RegExp(`${hex} \\S+ 0A `).test(line));
      if (!found) throw new Error(`nobody listens on port ${port}`);
    };
    await vi.waitFor(listens, { timeout: PATIENCE_MS, interval: 50 });
  }

  async address(id: string, network: string): Promise<string> {
    const info = await this.#docker.getContainer(id).inspect();
    return info.NetworkSettings.Networks[network]?.IPAddress ?? '';
  }

  async remove(): Promise<void> {
    const filters = { label: [this.#label] };
    for (const { Id } of await this.#docker.listContainers({ all: true, filters })) {
      const container = this.#docker.getContainer(Id);
      // Podman's forced removal asks politely first, for ten seconds.
      await container.kill().catch(() => undefined);
      await container.remove({ force: true, v: true });
    }
    for (const { Id } of await this.#docker.listNetworks({ filters })) await this.#docker.getNetwork(Id).remove();
    const { Volumes } = (await this.#docker.listVolumes({ filters })) as {
      readonly Volumes: readonly { readonly Name: string }[] | null;
    };
    for (const { Name } of Volumes ?? []) await this.#docker.getVolume(Name).remove();
  }
}
