import type Docker from 'dockerode';
import { Duplex } from 'node:stream';
import { BulkheadError } from '../errors.ts';

const HINT = 'A proxy between here and the engine may drop the upgrade of the connection; name the engine itself with --host.';

/**
 * The container's streams on one connection: what is written goes to its standard input, what is read is the engine's
 * mixture of its standard output and error.
 *
 * Not dockerode's `attach`, which sends its options in the body of the request too: Podman (5.4) hands what it finds
 * there to the container as its first input.
 */
export async function attachStreams(docker: Docker, id: string, { stdin }: { readonly stdin: boolean }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/attach?`,
        method: 'POST',
        // An empty body of a known length: without one, the end of a chunked body is in the way instead.
        file: Buffer.alloc(0),
        headers: { 'Content-Type': 'text/plain' },
        options: { stream: true, stdin, stdout: true, stderr: true },
        isStream: true,
        hijack: true,
        statusCodes: { 101: true, 200: true, 400: 'bad request', 404: 'no such container', 409: 'conflict', 500: 'server error' },
      },
      (error: unknown, stream: unknown) => {
        if (error !== null) reject(error as Error);
        else if (isDuplex(stream)) resolve(stream);
        else
          reject(
            new BulkheadError('engine-failed', 'The engine opens no connection to a container for both directions.', {
              hint: HINT,
            }),
          );
      },
    );
  });
}

/** Without an upgrade there is an answer that can be read, and nothing to write to. */
function isDuplex(stream: unknown): stream is Duplex {
  return stream instanceof Duplex;
}
