import { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';

/** The first flight of a TLS client of this Node.js: the bytes of its ClientHello record. */
export function realHello(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        done();
        resolve(chunk);
        setImmediate(() => client.destroy());
      },
    });
    const client = connect({ ...options, socket: wire });
    client.on('error', reject);
  });
}

/** Cuts the handshake message of a record into records of at most `size` bytes each. */
export function inRecords(hello: Buffer, size: number): Buffer {
  const head = hello.subarray(0, 3);
  const records: Buffer[] = [];
  for (let at = 5; at < hello.length; at += size) {
    const part = hello.subarray(at, at + size);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(part.length);
    records.push(head, length, part);
  }
  return Buffer.concat(records);
}

export function extension(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
}

export function sni(...names: readonly (string | Buffer)[]): Buffer {
  const entries = names.map((name) => {
    const bytes = Buffer.from(name);
    const head = Buffer.from([0, 0, 0]);
    head.writeUInt16BE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  });
  const list = Buffer.concat(entries);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(list.length);
  return extension(0, Buffer.concat([length, list]));
}

/** A ClientHello with the given extensions, in one record. */
export function madeHello(...extensions: readonly Buffer[]): Buffer {
  const all = Buffer.concat(extensions);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(all.length);
  const body = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32, 7), Buffer.from([0, 0, 2, 0x13, 1, 1, 0]), length, all]);
  const head = Buffer.from([0x16, 3, 1, 0, 0, 1, 0, 0, 0]);
  head.writeUInt16BE(body.length + 4, 3);
  head.writeUIntBE(body.length, 6, 3);
  return Buffer.concat([head, body]);
}

export const ECH = extension(0xfe0d, Buffer.alloc(40, 1));

/** A greeting in one record with its extensions changed: type and data each. */
export function withExtensions(
  hello: Buffer,
  change: (extensions: readonly (readonly [number, Buffer])[]) => readonly (readonly [number, Buffer])[],
): Buffer {
  let at = 9 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const found: [number, Buffer][] = [];
  for (let next = at + 2; next < hello.length;) {
    const end = next + 4 + hello.readUInt16BE(next + 2);
    found.push([hello.readUInt16BE(next), hello.subarray(next + 4, end)]);
    next = end;
  }
  const all = Buffer.concat(change(found).map(([type, data]) => extension(type, data)));
  const changed = Buffer.concat([hello.subarray(0, at), Buffer.alloc(2), all]);
  changed.writeUInt16BE(all.length, at);
  changed.writeUInt16BE(changed.length - 5, 3);
  changed.writeUIntBE(changed.length - 9, 6, 3);
  return changed;
}

const KEY_SHARE = 51;
const X25519 = 29;

/** What a client of TLS 1.3 says first that has guessed no key, and what it says when it is asked again. */
export async function greetings(first: string, second: string): Promise<{ readonly first: Buffer; readonly second: Buffer }> {
  const real = await realHello({ servername: 'name.test', minVersion: 'TLSv1.3', ecdhCurve: 'X25519' });
  const made = (name: string, keep: boolean): Buffer =>
    withExtensions(real, (all) =>
      all.map(([type, data]) => {
        if (type === 0) return [type, sni(name).subarray(4)];
        return [type, type === KEY_SHARE && !keep ? Buffer.from([0, 0]) : data];
      }),
    );
  if (!real.includes(Buffer.from([0, X25519, 0, 32]))) throw new Error('this client offers no key of X25519');
  return { first: made(first, false), second: made(second, true) };
}
