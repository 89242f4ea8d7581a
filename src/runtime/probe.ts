import type Docker from 'dockerode';
import type { Duplex } from 'node:stream';
import { BulkheadError, messageOf } from '../errors.ts';
import type { ProbeMessage, ProbeOrder } from '../model/probe-protocol.ts';
import { escapeText } from '../model/text.ts';
import { attachStreams } from './attach.ts';
import { lineReader } from './lines.ts';
import { parseProbeMessage } from './probe-messages.ts';

/** Everything a probe may print in its life; a hostile target must not fill the memory of the auditor. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_BYTES = 4096;

export interface ProbeSpec {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networkMode: string;
  readonly pidMode?: string;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOptions?: readonly string[];
  readonly usernsMode?: string;
}

/** A probe container that runs; closed by `close`, which never throws. */
export interface Probe {
  readonly id: string;
  send(order: ProbeOrder): void;
  /** The next message; rejects when the probe ended, broke the protocol or `timeoutMs` passed. */
  next(timeoutMs: number): Promise<ProbeMessage>;
  /** Ends the probe's input, upon which it exits and the engine removes it. */
  close(): void;
  /** Lets go of the connection, whatever became of the probe. */
  dispose(): void;
}

/**
 * Creates and starts a probe container: no capabilities, read-only, no new privileges, bounded, removed by
 * the engine when it ends. Its input ends when this process dies, and so does the probe.
 */
export async function startProbe(docker: Docker, spec: ProbeSpec): Promise<Probe> {
  const container = await docker.createContainer({
    Image: spec.image,
    Labels: { ...spec.labels },
    User: spec.user ?? '65532:65532',
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: spec.networkMode,
      ...(spec.pidMode === undefined ? {} : { PidMode: spec.pidMode }),
      ...(spec.usernsMode === undefined ? {} : { UsernsMode: spec.usernsMode }),
      ...(spec.groups === undefined ? {} : { GroupAdd: [...spec.groups] }),
      ...(spec.capAdd === undefined ? {} : { CapAdd: [...spec.capAdd] }),
      CapDrop: [...(spec.capDrop ?? ['ALL'])],
      SecurityOpt: [...(spec.securityOptions ?? ['no-new-privileges'])],
      AutoRemove: true,
      ReadonlyRootfs: true,
      Memory: 256 * 1024 * 1024,
      PidsLimit: 64,
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  let stream: Duplex;
  try {
    // Attached before the start, or the first lines are lost.
    stream = await attachStreams(docker, container.id, { stdin: true });
    await container.start();
  } catch (error) {
    // AutoRemove acts on containers that ran; this one did not.
    await container.remove({ force: true }).catch(() => undefined);
    throw error;
  }
  return converse(docker, container.id, stream);
}

function converse(docker: Docker, id: string, stream: Duplex): Probe {
  const queue: ProbeMessage[] = [];
  let failure: BulkheadError | undefined;
  let wake: (() => void) | undefined;
  let stderr = '';
  let total = 0;

  const notify = (): void => {
    wake?.();
    wake = undefined;
  };
  const fail = (message: string, cause?: unknown): void => {
    failure ??= new BulkheadError('engine-failed', message, cause === undefined ? {} : { cause });
    notify();
  };
  const lines = lineReader(
    MAX_LINE_BYTES,
    (line) => {
      try {
        queue.push(parseProbeMessage(line));
        notify();
      } catch (error) {
        fail(`The probe broke the protocol: ${messageOf(error)}`);
        stream.destroy();
      }
    },
    () => {
      fail(`The probe printed a line of more than ${MAX_LINE_BYTES} bytes.`);
      stream.destroy();
    },
  );
  const bounded = (chunk: Buffer): boolean => {
    total += chunk.length;
    if (total <= MAX_OUTPUT_BYTES) return true;
    fail(`The probe printed more than ${MAX_OUTPUT_BYTES} bytes.`);
    stream.destroy();
    return false;
  };
  docker.modem.demuxStream(
    stream,
    { write: (chunk: Buffer) => bounded(chunk) && lines(chunk) } as unknown as NodeJS.WritableStream,
    {
      write: (chunk: Buffer) => {
        if (bounded(chunk) && stderr.length < MAX_STDERR_BYTES) stderr += chunk.toString('utf8').slice(0, MAX_STDERR_BYTES);
      },
    } as unknown as NodeJS.WritableStream,
  );
  const ended = (): void => fail(stderr === '' ? 'The probe ended.' : `The probe ended: ${escapeText(stderr.trim(), 500)}`);
  stream.on('end', ended);
  stream.on('close', ended);
  stream.on('error', (error) => fail(`The connection to the probe broke: ${messageOf(error)}`, error));

  return {
    id,
    send: (order) => {
      if (stream.writable) stream.write(`${JSON.stringify(order)}\n`);
    },
    next: async (timeoutMs) => {
      const message = queue.shift();
      if (message !== undefined) return message;
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new BulkheadError('engine-failed', `The probe said nothing for ${timeoutMs} ms.`)),
          timeoutMs,
        );
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const arrived = queue.shift();
      if (arrived !== undefined) return arrived;
      throw failure ?? new BulkheadError('engine-failed', 'The probe ended.');
    },
    close: () => {
      stream.end();
    },
    dispose: () => {
      stream.destroy();
    },
  };
}
