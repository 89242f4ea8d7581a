import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks, and in all: a server may be slow, but whoever asks gets an answer. */
const EVERY = 100;
const PATIENCE = 30_000;

/** Resolves when somebody listens on the port of this loopback, or when that takes too long. */
export async function serverListening(port: number): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await delay(EVERY)) {
    if (await answers(port)) return;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
