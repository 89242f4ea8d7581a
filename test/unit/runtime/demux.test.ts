import fc from 'fast-check';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { demultiplex } from '../../../src/runtime/demux.ts';

/** Engine API: kind, three zero bytes, length, content. */
function frame(kind: 1 | 2, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = kind;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

function sink(): { readonly stream: Writable; readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}

const frames = fc.array(fc.tuple(fc.constantFrom<1 | 2>(1, 2), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 });

describe('the multiplexed stream of an engine', () => {
  it('comes out as it went in, however it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 17 }), async (parts, size) => {
        const whole = Buffer.concat(parts.map(([kind, content]) => frame(kind, Buffer.from(content))));
        const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
          whole.subarray(at * size, (at + 1) * size),
        );
        const [out, err] = [sink(), sink()];
        await demultiplex(Readable.from(chunks), out.stream, err.stream);
        const of = (kind: number): Buffer =>
          Buffer.concat(parts.flatMap(([each, content]) => (each === kind ? [Buffer.from(content)] : [])));
        expect(out.bytes()).toEqual(of(1));
        expect(err.bytes()).toEqual(of(2));
      }),
      { numRuns: 200 },
    );
  });

  it('is read no faster than a sink takes it', async () => {
    let read = 0;
    const source = Readable.from(
      (function* () {
        for (; read < 100; read += 1) yield frame(1, Buffer.alloc(2048));
      })(),
      { highWaterMark: 1 },
    );
    const waiting: (() => void)[] = [];
    const slow = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void waiting.push(done) });
    const finished = demultiplex(source, slow, sink().stream);
    for (let count = 0; count < 300; count += 1) await turn();
    expect(read).toBeLessThan(10);
    let over = false;
    void finished.then(() => (over = true));
    while (!over) {
      waiting.shift()?.();
      await turn();
    }
    expect(read).toBe(100);
  });

  it('goes on when a sink has gone away', async () => {
    const gone = new PassThrough();
    gone.destroy();
    const err = sink();
    await demultiplex(Readable.from([frame(1, Buffer.from('lost')), frame(2, Buffer.from('kept'))]), gone, err.stream);
    expect(err.bytes().toString()).toBe('kept');
  });
});
