import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Engine API, "Attach to a container", stream format: one byte of kind, three of nothing, four of length. */
const HEADER = 8;
const STDERR = 2;

/**
 * Splits the engine's multiplexed stream into what a container writes to its two outputs, no faster than they
 * take it. Resolves when the container's output ends; a sink that went away swallows the rest.
 * @param onOutput told how many bytes of its standard output have come
 */
export async function demultiplex(
  source: Readable,
  stdout: Writable,
  stderr: Writable,
  onOutput?: (bytes: number) => void,
): Promise<void> {
  let header = Buffer.alloc(0);
  let left = 0;
  let sink = stdout;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = HEADER - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < HEADER) break;
        sink = header[0] === STDERR ? stderr : stdout;
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const part = rest.subarray(0, left);
      left -= part.length;
      rest = rest.subarray(part.length);
      if (sink === stdout) onOutput?.(part.length);
      await write(sink, part);
    }
  }
}

async function write(sink: Writable, bytes: Buffer): Promise<void> {
  if (sink.destroyed || !sink.writable || sink.write(bytes)) return;
  const gone = new AbortController();
  try {
    // A closed sink never drains.
    await Promise.race([
      once(sink, 'drain', { signal: gone.signal }),
      once(sink, 'close', { signal: gone.signal }),
      once(sink, 'error', { signal: gone.signal }),
    ]);
  } catch {
    // The sink broke: whoever owns it knows.
  } finally {
    gone.abort();
  }
}
