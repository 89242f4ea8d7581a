import { createHash } from 'node:crypto';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import { KEPT_HEADERS } from '../../src/model/management-apis.ts';
import type { Budget } from './attempt.ts';
import type { Connection } from './connect.ts';
import type { Made } from './failure.ts';
import { readHttp } from './http.ts';
import { printable } from './identify.ts';

/** What of a body is kept to know a service by. */
const FINGERPRINT_BYTES = 120;
/** The connection is made, and the answer gets its own time. */
const MAX_ANSWER_MS = 5000;

const MAX_HEADER = 80;

/** One benign GET; keeps the status, a few headers, a hash and the head of the body, and discards the rest. */
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
  if (spec.statusOnly === true) return { outcome: 'connected', phase: 'http', peer: { status } };
  return {
    outcome: 'connected',
    phase: 'http',
    peer: {
      status,
      ...(headers['server'] === undefined ? {} : { server: headers['server'].slice(0, 200) }),
      body: createHash('sha256').update(body).digest('hex'),
      service: [headers['content-type']?.slice(0, MAX_HEADER) ?? '', ...kept(headers), headOf(headers, body)].join(' ').trim(),
    },
  };
}

function kept(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(KEPT_HEADERS).flatMap(([name, withValue]) => {
    const value = headers[name];
    if (value === undefined) return [];
    return [withValue ? `${name}=${printable(Buffer.from(value.slice(0, MAX_HEADER), 'latin1'))}` : name];
  });
}

/** A page is known by its title; further in, one may hold a token for its own scripts. */
function headOf(headers: Readonly<Record<string, string>>, body: Buffer): string {
  if (!/^text\/html\b/i.test(headers['content-type'] ?? '')) return printable(body.subarray(0, FINGERPRINT_BYTES));
  const [, title = ''] = /<title>([^<]{0,200})<\/title>/i.exec(body.toString('latin1')) ?? [];
  return printable(Buffer.from(title.slice(0, FINGERPRINT_BYTES), 'latin1'));
}
