import type net from 'node:net';

/** Reads until `until`, the end, `maxBytes` or `timeoutMs`; never rejects, and leaves the socket open. */
export async function readSome(
  socket: net.Socket,
  limits: { readonly maxBytes: number; readonly timeoutMs: number; readonly until?: string },
): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.off('end', finish);
      socket.off('close', finish);
      socket.off('error', finish);
      socket.pause();
      resolve(Buffer.concat(chunks).subarray(0, limits.maxBytes));
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limits.maxBytes || (limits.until !== undefined && chunk.includes(limits.until))) finish();
    };
    const timer = setTimeout(finish, limits.timeoutMs);
    socket.on('data', take);
    socket.once('end', finish);
    socket.once('close', finish);
    socket.once('error', finish);
    socket.resume();
  });
}
