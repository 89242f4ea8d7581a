import { createHash } from 'node:crypto';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import type { Connection } from './connect.ts';
import type { Made } from './failure.ts';
import { readHttp } from './http.ts';
import { printable } from './identify.ts';

/** What of a body is kept to know a service by. */
const FINGERPRINT_BYTES = 120;
/** The connection is made, and the answer gets its own time. */
const MAX_ANSWER_MS = 5000;

/** One benign GET; keeps the status, a hash and the head of the body, and discards the rest. */
export async function request(spec: AttemptSpec, { timeoutMs }: Budget, { socket }: Connection): Promise<Made> {
  const answer = await readHttp(socket, {
    host: spec.host,
    port: spec.port,
    path: spec.request ?? '/',
    authority: spec.authority,
    timeoutMs: Math.min(timeoutMs, MAX_ANSWER_MS),
  });
  if (answer?.status === undefined) return { outcome: 'other-protocol', phase: 'http' };
  const { status, headers, body } = answer;
  return {
    outcome: 'connected',
    phase: 'http',
    peer: {
      status,
      ...(headers['server'] === undefined ? {} : { server: headers['server'].slice(0, 200) }),
      body: createHash('sha256').update(body).digest('hex'),
      service: `${headers['content-type']?.slice(0, 80) ?? ''} ${printable(body.subarray(0, FINGERPRINT_BYTES))}`.trim(),
    },
  };
}
