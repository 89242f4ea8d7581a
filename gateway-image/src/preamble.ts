/**
 * What the relay writes at the head of each connection: where the server wanted to go.
 * Two bytes of port, one byte of length, the host in ASCII. All else is the server's own bytes.
 */
const HEAD = 3;

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** @throws RangeError when the host has more than 255 bytes or is empty */
export function encodePreamble({ host, port }: Destination): Buffer {
  const name = Buffer.from(host, 'latin1');
  if (name.length === 0 || name.length > 255) throw new RangeError(`a host of ${name.length} bytes`);
  const bytes = Buffer.allocUnsafe(HEAD + name.length);
  bytes.writeUInt16BE(port, 0);
  bytes[2] = name.length;
  name.copy(bytes, HEAD);
  return bytes;
}

/** The destination and how many bytes said it; undefined while there are too few. The host may be anything. */
export function decodePreamble(bytes: Buffer): (Destination & { readonly length: number }) | undefined {
  const size = bytes[2];
  if (size === undefined || bytes.length < HEAD + size) return undefined;
  return { port: bytes.readUInt16BE(0), host: bytes.toString('latin1', HEAD, HEAD + size), length: HEAD + size };
}
