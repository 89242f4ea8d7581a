import { HANDSHAKE, helloLength, MAX_HELLO } from './client-hello.ts';
import { isTlsRecord, judgeHello, type Asked } from './first-bytes.ts';
import type { Guard } from './pump.ts';

/**
 * RFC 8446 §4.1.4: a server may ask for the greeting once more, and the second one, which is in plain sight too,
 * names a host again. OpenSSL takes that name for the one that is meant, so it is read like the first.
 */
const HELLO_RETRY = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
const SERVER_HELLO = 2;
/** Type, length and version stand before the random bytes, by which a request for another greeting is told. */
const RANDOM_AT = 6;
const ANSWER_BYTES = RANDOM_AT + HELLO_RETRY.length;

/** RFC 5246 §6.2.3, the largest there is: what is encrypted may grow by 2048 bytes. */
const MAX_RECORD = (1 << 14) + 2048;

/**
 * Watches a connection whose first greeting may pass until it is clear what the server makes of that.
 * @param first all that the client has sent so far, beginning with its greeting
 * @param refuse is told why, once, and ends both sides
 */
export function guardSecondHello(first: Buffer, asked: Asked, refuse: (reason: string) => void): Guard | 'refused' {
  let state: 'unanswered' | 'asked-again' | 'over' = 'unanswered';
  let second: Buffer = Buffer.alloc(0);
  let problem: string | undefined;

  const fromClient = new Records((type, bytes) => {
    if (type !== HANDSHAKE || problem !== undefined || state === 'over') return;
    // Whoever has not heard an answer has nothing to add to a greeting.
    if (state === 'unanswered') return void (problem = 'TLS goes on before its greeting is answered');
    second = Buffer.concat([second, bytes]);
    const verdict = second.length > 2 * MAX_HELLO ? undefined : judgeHello(second, asked);
    if (verdict === undefined) problem = 'the second TLS greeting does not end';
    else if (verdict.kind === 'refuse') problem = `asked to greet again, ${verdict.reason}`;
    else if (verdict.kind === 'pass') state = 'over';
  });
  let answer: Buffer = Buffer.alloc(0);
  const fromServer = new Records((type, bytes, offset) => {
    // A warning may come before the answer.
    if (type !== HANDSHAKE || state !== 'unanswered') return;
    answer = Buffer.concat([answer, bytes.subarray(Math.max(0, 5 - offset))]).subarray(0, ANSWER_BYTES);
    if (answer[0] !== SERVER_HELLO && answer.length > 0) state = 'over';
    else if (answer.length === ANSWER_BYTES) state = answer.subarray(RANDOM_AT).equals(HELLO_RETRY) ? 'asked-again' : 'over';
  });

  const mayPass = (bytes: Buffer): boolean => {
    if (state === 'over') return true;
    if (!fromClient.read(bytes)) problem ??= 'its TLS cannot be followed';
    if (problem === undefined) return true;
    refuse(problem);
    return false;
  };
  const answered = (bytes: Buffer): void => {
    // What is no TLS is no request for another greeting either.
    if (state === 'unanswered' && !fromServer.read(bytes)) state = 'over';
  };
  return mayPass(first.subarray(helloLength(first))) ? { mayPass, answered } : 'refused';
}

/** Follows one direction of TLS, record by record. */
class Records {
  readonly #seen: (type: number, bytes: Buffer, offset: number) => void;
  #head: Buffer = Buffer.alloc(0);
  #left = 0;
  #offset = 0;

  /** @param seen gets the pieces of each record, its head of five bytes first, and where in the record each begins */
  constructor(seen: (type: number, bytes: Buffer, offset: number) => void) {
    this.#seen = seen;
  }

  /** False when this is no TLS. */
  read(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length;) {
      if (this.#left === 0) {
        const missing = bytes.subarray(at, at + 5 - this.#head.length);
        this.#head = Buffer.concat([this.#head, missing]);
        at += missing.length;
        const [type = 0, major = 3] = this.#head;
        if (!isTlsRecord(type) || major !== 3) return false;
        if (this.#head.length < 5) continue;
        this.#left = this.#head.readUInt16BE(3);
        if (this.#left > MAX_RECORD) return false;
        this.#offset = 5;
        this.#seen(type, this.#head, 0);
        if (this.#left === 0) this.#head = Buffer.alloc(0);
        continue;
      }
      const piece = bytes.subarray(at, at + this.#left);
      this.#seen(this.#head[0] ?? 0, piece, this.#offset);
      at += piece.length;
      this.#offset += piece.length;
      this.#left -= piece.length;
      if (this.#left === 0) this.#head = Buffer.alloc(0);
    }
    return true;
  }
}
