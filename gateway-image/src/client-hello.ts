/**
 * The server name of a TLS ClientHello (RFC 8446 §4.1.2, RFC 6066 §3), read strictly: whatever a TLS library
 * could read in two ways is refused. Written here because the packages for it are made for fingerprints: they
 * forgive a malformed or repeated extension, do not join records, and take a promise for every field.
 */
export type HelloReading =
  | { readonly state: 'more' }
  | { readonly state: 'malformed'; readonly why: string }
  | ({ readonly state: 'read' } & Hello);

interface Hello {
  /** Undefined when the client gives none. */
  readonly serverName: string | undefined;
  /** It may hold a second, encrypted greeting, and that another name (ECH). Nobody can tell it from padding. */
  readonly encrypted: boolean;
}

/** RFC 8446 §5.1: a record holds at most 2^14 bytes; a greeting that needs more than four of them is none. */
const MAX_RECORD = 1 << 14;
export const MAX_HELLO = 4 * MAX_RECORD;
/** Cut into more pieces than any TLS library makes, it only costs time to put together. */
const MAX_RECORDS = 256;
/** RFC 8446 §5.1: the type of a record. */
export const HANDSHAKE = 0x16;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
/** RFC 9849 (encrypted_client_hello), and its draft of 2018 (encrypted_server_name). */
const ENCRYPTED = [0xfe0d, 0xffce];

export function readClientHello(bytes: Buffer): HelloReading {
  try {
    const joined = joinRecords(bytes);
    return joined === undefined ? { state: 'more' } : { state: 'read', ...readHello(joined.hello) };
  } catch (error) {
    return { state: 'malformed', why: error instanceof Error ? error.message : 'unreadable' };
  }
}

/** Bytes of the records that a greeting fills, of those that {@link readClientHello} has read; what follows is something else. */
export function helloLength(bytes: Buffer): number {
  return joinRecords(bytes)?.length ?? 0;
}

/** The body of the ClientHello, put together from as many records as it was cut into; undefined while bytes are missing. */
function joinRecords(bytes: Buffer): { readonly hello: Buffer; readonly length: number } | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  let have = 0;
  for (;;) {
    const type = bytes[at];
    if (type === undefined) return undefined;
    if (type !== HANDSHAKE) throw new Error('not a handshake record');
    if ((bytes[at + 1] ?? 3) !== 3) throw new Error('not TLS 1');
    if (bytes.length < at + 5) return undefined;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_RECORD) throw new Error(`a record of ${length} bytes`);
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    have += part.length;
    if (parts.length > MAX_RECORDS) throw new Error(`a ClientHello in more than ${MAX_RECORDS} records`);
    // Each record holds a byte at least: the first four of them hold the head.
    const head = Buffer.concat(parts.slice(0, 4));
    if (head.length > 0 && head[0] !== CLIENT_HELLO) throw new Error('not a ClientHello');
    if (head.length >= 4) {
      const size = head.readUIntBE(1, 3);
      if (size > MAX_HELLO) throw new Error(`a ClientHello of ${size} bytes`);
      if (have > 4 + size) throw new Error('more than a ClientHello in its record');
      // The record may promise more than has come: only when all of it is here, nothing else is in it.
      if (have === 4 + size && part.length === length) {
        return { hello: Buffer.concat(parts).subarray(4), length: at + 5 + length };
      }
    }
    if (part.length < length) return undefined;
    at += 5 + length;
  }
}

function readHello(hello: Buffer): Hello {
  const body = new Reader(hello);
  body.skip(2 + 32);
  body.block(1);
  body.block(2);
  body.block(1);
  if (body.left === 0) return { serverName: undefined, encrypted: false };
  const extensions = new Reader(body.block(2));
  if (body.left > 0) throw new Error('bytes after the extensions');
  const seen = new Set<number>();
  let serverName: string | undefined;
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const data = extensions.block(2);
    if (seen.has(type)) throw new Error(`extension ${type} twice`);
    seen.add(type);
    if (type === SERVER_NAME) serverName = hostNameOf(data);
  }
  return { serverName, encrypted: ENCRYPTED.some((type) => seen.has(type)) };
}

/** RFC 6066 §3: a list, of which only one entry of type host_name is known, and only one may be there. */
function hostNameOf(data: Buffer): string {
  const outer = new Reader(data);
  const list = new Reader(outer.block(2));
  if (list.number(1) !== 0) throw new Error('a server name that is no host name');
  const name = list.block(2);
  if (name.length === 0 || list.left > 0 || outer.left > 0) throw new Error('a server name list with more or less than one name');
  return name.toString('latin1');
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(count: number): void {
    if (count > this.left) throw new Error('cut short');
    this.#at += count;
  }

  number(size: 1 | 2): number {
    const at = this.#at;
    this.skip(size);
    return this.#bytes.readUIntBE(at, size);
  }

  /** A vector: its length in `size` bytes, then so many bytes. */
  block(size: 1 | 2): Buffer {
    const length = this.number(size);
    const at = this.#at;
    this.skip(length);
    return this.#bytes.subarray(at, at + length);
  }
}
