/** The other end of the benchmark, in the lab's stand-in internet: an echo, a source and a drain of bytes; a first line says how many. */
import { createServer, type Socket } from 'node:net';
import { FAR_END } from './ports.ts';

const BLOCK = Buffer.alloc(256 * 1024);

async function send(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !socket.destroyed; left -= BLOCK.length) {
    if (socket.write(left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK)) continue;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve).once('close', resolve);
    });
  }
}

const address = process.argv[2] ?? '';

function serve(port: number, work: (socket: Socket) => void): void {
  createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    work(socket.on('error', () => socket.destroy()));
  }).listen(port, address);
}

serve(FAR_END.echo, (socket) => socket.pipe(socket));
serve(FAR_END.source, (socket) => {
  socket.once('data', (line) => void send(socket, Number(line.toString('latin1'))));
  socket.once('end', () => socket.end());
});
serve(FAR_END.drain, (socket) => {
  let expected = Number.NaN;
  let got = 0;
  socket.on('data', (bytes) => {
    const start = Number.isNaN(expected) ? bytes.indexOf('\n') + 1 : 0;
    if (start > 0) expected = Number(bytes.toString('latin1', 0, start));
    got += bytes.length - start;
    if (got === expected) socket.end(String(got));
  });
});
