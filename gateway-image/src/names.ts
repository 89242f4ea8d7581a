/** The loopback addresses that stand for names inside a compartment: the whole of 127.0.0.0/8 is local (RFC 1122 §3.2.1.3). */
const FIRST = 1;
/** 127.66.0.1 and on: away from 127.0.0.0/16, where programs listen by themselves. */
const PREFIX = '127.66';
/** A server may ask for names without end. */
export const MAX_NAMES = 1024;

export class NameTable {
  readonly #addresses = new Map<string, string>();

  /** The address that stands for a name; undefined when there are too many names. */
  addressOf(name: string): string | undefined {
    const known = this.#addresses.get(name);
    if (known !== undefined) return known;
    if (this.#addresses.size >= MAX_NAMES) return undefined;
    const number = FIRST + this.#addresses.size;
    const address = `${PREFIX}.${number >> 8}.${number & 255}`;
    this.#addresses.set(name, address);
    return address;
  }
}
