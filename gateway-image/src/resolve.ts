import { Resolver as DnsResolver, type RecordWithTtl } from 'node:dns';

export interface Resolver {
  /**
   * IPv4 addresses of a name, or its IPv6 addresses where it has no others.
   * @throws Error with the code of c-ares: ENOTFOUND, ETIMEOUT, ESERVFAIL, …
   */
  addresses(name: string): Promise<readonly string[]>;
}

/** Names that are remembered at once; the oldest is forgotten first. */
const MAX_NAMES = 1024;
/** Questions that wait for an answer at once. */
const MAX_ASKED = 256;
/** Seconds. An answer is used no longer than it says, and never for longer than a minute. */
const MAX_TTL = 60;

/** Asks the resolver of the gateway's own network. Names reach it only after the policy allowed them. */
export class NameResolver implements Resolver {
  readonly #resolver = new DnsResolver({ timeout: 2000, tries: 2 });
  #asked = 0;
  readonly #known = new Map<string, { readonly until: number; readonly addresses: Promise<readonly string[]> }>();

  /** @param servers `address:port` each, in place of those of resolv.conf */
  constructor(servers?: readonly string[]) {
    if (servers !== undefined) this.#resolver.setServers(servers);
  }

  addresses(name: string): Promise<readonly string[]> {
    const known = this.#known.get(name);
    if (known !== undefined && known.until > Date.now()) return known.addresses;
    if (this.#asked >= MAX_ASKED) return Promise.reject(Object.assign(new Error('too many questions'), { code: 'EBUSY' }));
    const asked = this.#ask(name);
    this.#remember(name, MAX_TTL, asked);
    return asked;
  }

  async #ask(name: string): Promise<readonly string[]> {
    this.#asked += 1;
    try {
      const records = await this.#records(name);
      const ttl = Math.min(...records.map((record) => record.ttl), MAX_TTL);
      const addresses = records.map(({ address }) => address);
      this.#remember(name, ttl, Promise.resolve(addresses));
      return addresses;
    } catch (error) {
      this.#known.delete(name);
      throw error;
    } finally {
      this.#asked -= 1;
    }
  }

  async #records(name: string): Promise<readonly RecordWithTtl[]> {
    try {
      return await this.#lookup('resolve4', name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENODATA') throw error;
      return this.#lookup('resolve6', name);
    }
  }

  #lookup(method: 'resolve4' | 'resolve6', name: string): Promise<readonly RecordWithTtl[]> {
    return new Promise((resolve, reject) => {
      this.#resolver[method](name, { ttl: true }, (error, records) => (error === null ? resolve(records) : reject(error)));
    });
  }

  #remember(name: string, seconds: number, addresses: Promise<readonly string[]>): void {
    this.#known.delete(name);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_NAMES && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(name, { until: Date.now() + seconds * 1000, addresses });
  }
}
