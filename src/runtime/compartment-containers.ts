import type Docker from 'dockerode';
import { PassThrough, type Writable } from 'node:stream';
import { BulkheadError, messageOf } from '../errors.ts';
import type { ContainerSpec, GatewayLine, NetworkSpec, VolumeSpec } from '../model/compartment.ts';
import { LABEL } from '../model/labels.ts';
import { escapeText } from '../model/text.ts';
import { attachStreams } from './attach.ts';
import { decisionSink } from './decision-lines.ts';
import { demultiplex } from './demux.ts';
import { unlessGone } from './unless-gone.ts';

/** A busy engine may take long to start a container; the programs themselves are ready in a tenth of a second. */
const READY_TIMEOUT_MS = 30_000;
const MAX_STDERR = 2000;

export async function createNetwork(docker: Docker, spec: NetworkSpec): Promise<void> {
  await docker.createNetwork({ ...spec, Options: { ...spec.Options }, Labels: { ...spec.Labels }, CheckDuplicate: true });
}

export async function createVolume(docker: Docker, spec: VolumeSpec): Promise<void> {
  await docker.createVolume({ ...spec, DriverOpts: { ...spec.DriverOpts }, Labels: { ...spec.Labels } });
}

/** @throws BulkheadError `usage` when somebody has the name already */
export async function createContainer(docker: Docker, spec: ContainerSpec): Promise<Docker.Container> {
  try {
    return await docker.createContainer(spec as unknown as Docker.ContainerCreateOptions);
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    if (status === 409 || /already in use/i.test(messageOf(error))) {
      throw new BulkheadError('usage', `There is a container named ${spec.name} already.`, {
        hint: `Choose another --name, or remove it: bulkhead rm ${spec.Labels[LABEL.name] ?? spec.name}`,
        cause: error,
      });
    }
    throw error;
  }
}

/** A container's three streams, attached before its start, or the first bytes are lost. */
export interface AttachedContainer {
  readonly id: string;
  /** Ending it closes the container's standard input. */
  readonly stdin: Writable;
  /** Bytes of its standard output that have come so far. */
  readonly heard: () => number;
  /** Resolves when it has ended, or was let go of, and all output has been written to the sinks. */
  readonly ended: Promise<void>;
  /** Lets go of the connection, whatever becomes of the container. */
  readonly detach: () => void;
}

export async function attach(
  docker: Docker,
  id: string,
  sinks: { readonly stdout: Writable; readonly stderr: Writable },
  stdin: boolean,
): Promise<AttachedContainer> {
  const stream = await attachStreams(docker, id, { stdin });
  stream.on('error', () => undefined);
  let heard = 0;
  const ended = demultiplex(stream, sinks.stdout, sinks.stderr, (bytes) => (heard += bytes)).catch(() => undefined);
  return {
    id,
    stdin: stream,
    heard: () => heard,
    ended,
    detach: () => void stream.destroy(),
  };
}

/**
 * Starts one of our own programs and waits until it serves. What it says later goes to `onLine`.
 * @throws BulkheadError `engine-failed` with what it printed when it ends or stays silent
 */
export async function startHelper(
  docker: Docker,
  container: Docker.Container,
  role: string,
  options: { readonly stdin: boolean; readonly input?: string; readonly onLine?: (line: GatewayLine) => void },
): Promise<AttachedContainer> {
  const errors = new PassThrough();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const output = decisionSink((line) => {
    if (line.type === 'ready') resolve();
    else options.onLine?.(line);
  });
  const attached = await attach(docker, container.id, { stdout: output, stderr: errors }, options.stdin);
  let printed = '';
  errors.on('data', (chunk: Buffer) => {
    if (printed.length < MAX_STDERR) printed += chunk.toString('utf8').slice(0, MAX_STDERR);
  });
  const fail = (what: string): void =>
    reject(
      new BulkheadError('engine-failed', `The ${role} ${what}: ${escapeText(printed.trim(), 500) || 'it printed nothing'}`, {
        hint: 'This is a bug of bulkhead or a limit of the engine: please report it with the line above.',
      }),
    );
  const timer = setTimeout(() => fail('did not become ready'), READY_TIMEOUT_MS);
  void attached.ended.then(() => fail('ended before it was ready'));
  // When the start itself fails, that is the error; this one comes later and would end the process unheard.
  ready.catch(() => undefined);
  try {
    await container.start();
    if (options.input !== undefined) attached.stdin.write(options.input);
    await ready;
  } catch (error) {
    attached.detach();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return attached;
}

/** Resolves with the exit code when the container ends. */
export async function exitOf(container: Docker.Container): Promise<number> {
  const { StatusCode } = (await container.wait()) as { readonly StatusCode: number };
  return StatusCode;
}

/** Whether the kernel ended a container, or a process of it, for want of memory. False where it is gone. */
export async function ranOutOfMemory(container: Docker.Container): Promise<boolean> {
  const info = await unlessGone(container.inspect());
  return info?.State.OOMKilled === true;
}

/** The port of the engine's host at which a container's port is published. */
export async function publishedPort(docker: Docker, id: string, port: number): Promise<number> {
  const { NetworkSettings } = await docker.getContainer(id).inspect();
  const [binding] = NetworkSettings.Ports[`${port}/tcp`] ?? [];
  if (binding === undefined) {
    throw new BulkheadError('engine-failed', 'The engine published no port for the gateway.', {
      hint: 'Look at the log of the engine.',
    });
  }
  return Number(binding.HostPort);
}
