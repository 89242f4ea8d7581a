import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import type { AttemptSpec, PeerEvidence } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import type { Connection } from './connect.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure, type Made } from './failure.ts';
import { readHttp, type HttpAnswer } from './http.ts';
import { listen, readSome } from './read.ts';

/** A made connection stays made: finding out who answered gets its own time, and never turns it into a timeout. */
const IDENTIFY_MS = 1500;
/** For who is known to speak, TLS or a canary of ours: a busy server keeps many waiting at once. */
const SPEAKER_MS = 5000;
const BANNER_MS = 300;
const MAX_NONCE_BYTES = 4096;

/** Who answers on a connection: a canary by its nonce, others by certificate, banner or HTTP answer. */
export async function identify(spec: AttemptSpec, _budget: Budget, { socket }: Connection): Promise<Made> {
  if (spec.nonce !== undefined) return { outcome: 'connected', nonce: await byNonce(spec.nonce, socket) };
  return { outcome: 'connected', peer: spec.tls === true ? await byCertificate(spec, socket) : await byVoice(spec, socket) };
}

/**
 * A mismatch takes other words than the canary's. Silence may be a canary that does not get to run, or one whose
 * machine is out of descriptors: called a mismatch, it would read as somebody else who ended the connection.
 */
async function byNonce(nonce: string, socket: net.Socket): Promise<'matched' | 'mismatch'> {
  const { bytes, stop } = await listen(socket, { maxBytes: MAX_NONCE_BYTES, timeoutMs: SPEAKER_MS, until: '\n' });
  const heard = bytes.toString('latin1').trim();
  if (heard === nonce) return 'matched';
  if (!nonce.startsWith(heard)) return 'mismatch';
  if (stop === 'late') throw new AttemptFailure('probe-error', 'http', 'connected, and heard no nonce in time');
  throw new AttemptFailure('reset', 'http', 'closed before a nonce came');
}

async function byCertificate(spec: AttemptSpec, socket: net.Socket): Promise<PeerEvidence> {
  // A server name has no dot at its end (RFC 6066 section 3), whatever the spelling that was dialled; one that is asked for is sent as it is.
  const name = spec.serverName ?? spec.host.replace(/\.$/, '');
  const secure = tls.connect({
    socket,
    // Who it is is compared, not trusted.
    rejectUnauthorized: false,
    // What the certificate must be for; without it an address would be held against `localhost`.
    host: name,
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
  });
  try {
    await handshake(secure);
    const { raw } = secure.getPeerCertificate() as Partial<tls.PeerCertificate>;
    if (raw === undefined) throw new AttemptFailure('tls-failed', 'tls', 'no certificate');
    const evidence = { certificate: createHash('sha256').update(raw).digest('hex'), authorized: secure.authorized };
    return { ...evidence, ...(await headOf(spec, secure)) };
  } finally {
    secure.destroy();
  }
}

async function handshake(secure: tls.TLSSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // `late`: silence says nothing where the process did not get to run.
    const cancel = deadline(SPEAKER_MS, () => reject(new AttemptFailure('tls-failed', 'tls', 'no handshake in time', {}, true)));
    secure.once('secureConnect', () => {
      cancel();
      resolve();
    });
    const fail = (detail: string): void => {
      cancel();
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
  const { host, port, authority } = spec;
  const answer = await readHttp(socket, { host, port, authority, path: '/', timeoutMs: IDENTIFY_MS });
  if (answer === undefined) return {};
  if (answer.status === undefined) return answer.bytes.length > 0 ? { banner: printable(answer.bytes.subarray(0, 512)) } : {};
  return evidenceOf(answer);
}

export function evidenceOf({ status, headers, body }: HttpAnswer): PeerEvidence {
  return {
    ...(status === undefined ? {} : { status }),
    ...(headers['server'] === undefined ? {} : { server: headers['server'].slice(0, 200) }),
    body: createHash('sha256').update(body).digest('hex'),
  };
}

export function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '.')
    .slice(0, 512);
}
