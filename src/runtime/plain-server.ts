import type Docker from 'dockerode';
import type { Writable } from 'node:stream';
import type { MountSpec } from '../model/compartment.ts';
import { attach } from './compartment-containers.ts';

/** A server as the docker command runs it when nobody asks for more: nothing is hardened. */
export interface PlainServer {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  /** `NAME=value` each. */
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `bridge` (the engine's own), `none`, or the name of a network. */
  readonly network: string;
  readonly mounts: readonly MountSpec[];
  /** Standard input stays open for as long as this process lives. */
  readonly stdin: boolean;
  /** Port inside that is published on 127.0.0.1, at any free port. */
  readonly publish?: number;
}

/**
 * Creates and starts it; what it prints goes to the sink.
 * @returns its id
 */
export async function startPlainServer(docker: Docker, server: PlainServer, sink: Writable): Promise<string> {
  const container = await docker.createContainer(specOf(server));
  // Before the start, or a server over stdio reads the end of its input first.
  const attached = await attach(docker, container.id, { stdout: sink, stderr: sink }, server.stdin);
  try {
    await container.start();
  } catch (error) {
    attached.detach();
    throw error;
  }
  return container.id;
}

function specOf(server: PlainServer): Docker.ContainerCreateOptions {
  const port = server.publish === undefined ? undefined : `${server.publish}/tcp`;
  return {
    name: server.name,
    Image: server.image,
    ...(server.args.length === 0 ? {} : { Cmd: [...server.args] }),
    Env: [...server.env],
    Labels: { ...server.labels },
    ...(server.stdin ? { OpenStdin: true, StdinOnce: true } : {}),
    ...(port === undefined ? {} : { ExposedPorts: { [port]: {} } }),
    HostConfig: {
      NetworkMode: server.network,
      Mounts: server.mounts.map((mount) => ({ ...mount })) as Docker.MountSettings[],
      ...(port === undefined ? {} : { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
    },
  };
}
