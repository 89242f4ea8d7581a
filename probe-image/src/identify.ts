import { createHash, X509Certificate } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import type { AttemptSpec, PeerEvidence } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import type { Connection } from './connect.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { readHttp } from './http.ts';
import { readSome } from './read.ts';

/** A made connection stays made: finding out who answered gets its own time, and never turns it into a timeout. */
const IDENTIFY_MS = 1500;
const BANNER_MS = 300;
const MAX_NONCE_BYTES = 4096;

/** Who answers on a connection: a canary by its nonce, others by certificate, banner or HTTP answer. */
export async function identify(spec: AttemptSpec, _budget: Budget, { socket }: Connection): Promise<Made> {
  if (spec.nonce !== undefined) {
    const heard = await readSome(socket, { maxBytes: MAX_NONCE_BYTES, timeoutMs: IDENTIFY_MS, until: '\n' });
    return { outcome: 'connected', nonce: heard.toString('latin1').trim() === spec.nonce ? 'matched' : 'mismatch' };
  }
  return { outcome: 'connected', peer: spec.tls === true ? await byCertificate(spec, socket) : await byVoice(spec, socket) };
}

async function byCertificate(spec: AttemptSpec, socket: net.Socket): Promise<PeerEvidence> {
  const secure = tls.connect({
    socket,
    // Who it is is compared, not trusted.
    rejectUnauthorized: false,
    ...(net.isIP(spec.host) === 0 ? { servername: spec.host } : {}),
  });
  try {
    await handshake(secure);
    const { raw } = secure.getPeerCertificate();
    const named = secure.authorized && new X509Certificate(raw)[net.isIP(spec.host) === 0 ? 'checkHost' : 'checkIP'](spec.host) !== undefined;
    const evidence = { certificate: createHash('sha256').update(raw).digest('hex'), authorized: named };
    return { ...evidence, ...(await headOf(spec, secure)) };
  } finally {
    secure.destroy();
  }
}

async function handshake(secure: tls.TLSSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new AttemptFailure('tls-failed', 'tls', 'no handshake in time')), IDENTIFY_MS);
    secure.once('secureConnect', () => {
      clearTimeout(timer);
      resolve();
    });
    const fail = (detail: string): void => {
      clearTimeout(timer);
      reject(new AttemptFailure('tls-failed', 'tls', detail));
    };
    secure.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    secure.once('close', () => fail('closed'));
  });
}

/** A server that speaks first has said who it is; one that waits is asked in HTTP. Silence is an answer too. */
async function byVoice(spec: AttemptSpec, socket: net.Socket): Promise<PeerEvidence> {
  const banner = await readSome(socket, { maxBytes: 512, timeoutMs: BANNER_MS, until: '\n' });
  if (banner.length > 0) return { banner: printable(banner) };
  if (socket.destroyed || socket.readableEnded) return {};
  return headOf(spec, socket);
}

async function headOf(spec: AttemptSpec, socket: net.Socket): Promise<PeerEvidence> {
  const answer = await readHttp(socket, { host: spec.host, port: spec.port, path: '/', timeoutMs: IDENTIFY_MS });
  if (answer === undefined) return {};
  if (answer.status === undefined) return answer.bytes.length > 0 ? { banner: printable(answer.bytes.subarray(0, 512)) } : {};
  return {
    status: answer.status,
    ...(answer.headers['server'] === undefined ? {} : { server: answer.headers['server'].slice(0, 200) }),
    body: createHash('sha256').update(answer.body).digest('hex'),
  };
}

export function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.').slice(0, 512);
}
