import { closeSync, openSync, readSync } from 'node:fs';
import type net from 'node:net';
import { deadline } from './deadline.ts';

/** Why a read stopped. */
export type Stop = 'found' | 'full' | 'ended' | 'broken' | 'late';

export interface Heard {
  readonly bytes: Buffer;
  readonly stop: Stop;
}

interface Limits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly until?: string;
}

/** As `listen`, where only the bytes matter. */
export async function readSome(socket: net.Socket, limits: Limits): Promise<Buffer> {
  return (await listen(socket, limits)).bytes;
}

/**
 * Reads until `until` (which is kept), the end, `maxBytes` or `timeoutMs`; never rejects, and leaves the socket
 * open. What came after `until` or `maxBytes` stays in the socket for the next reader: a proxy may send its head
 * and the first words of the destination at once.
 */
export async function listen(socket: net.Socket, { maxBytes, timeoutMs, until }: Limits): Promise<Heard> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    // The end of what was heard, as `until` may arrive in two pieces.
    let tail = Buffer.alloc(0);
    const finish = (stop: Stop): void => {
      cancel();
      socket.off('data', take);
      socket.off('end', ended);
      socket.off('close', ended);
      socket.off('error', broken);
      socket.pause();
      resolve({ bytes: Buffer.concat(chunks), stop });
    };
    const ended = (): void => finish(socket.errored === null ? 'ended' : 'broken');
    const broken = (): void => finish('broken');
    const take = (chunk: Buffer): void => {
      const at = until === undefined ? -1 : Buffer.concat([tail, chunk]).indexOf(until);
      const found = at < 0 ? Number.POSITIVE_INFINITY : at - tail.length + (until?.length ?? 0);
      const kept = chunk.subarray(0, Math.min(found, maxBytes - length));
      chunks.push(kept);
      length += kept.length;
      if (kept.length < chunk.length) {
        // Before `unshift`, which would else hand it to this listener again.
        socket.off('data', take);
        socket.pause();
        socket.unshift(chunk.subarray(kept.length));
      }
      if (found <= kept.length) finish('found');
      else if (length >= maxBytes) finish('full');
      else if (until !== undefined) tail = lastOf(Buffer.concat([tail, chunk]), until.length - 1);
    };
    const cancel = deadline(timeoutMs, () => finish('late'));
    if (socket.destroyed || socket.readableEnded) return ended();
    socket.on('data', take);
    socket.once('end', ended);
    socket.once('close', ended);
    socket.once('error', broken);
    socket.resume();
  });
}

function lastOf(bytes: Buffer, count: number): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.subarray(Math.max(0, bytes.length - count)));
}

/** The first `max` bytes of a file. The target can write to /etc/hosts: read whole, a large one would end the probe. */
export function readHead(path: string, max: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(max);
    let length = 0;
    while (length < max) {
      const read = readSync(file, buffer, length, max - length, null);
      if (read === 0) break;
      length += read;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
