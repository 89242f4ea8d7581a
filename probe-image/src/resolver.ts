import ipaddr from 'ipaddr.js';
import net from 'node:net';
import type { Budget } from './attempt.ts';
import { AttemptFailure } from './failure.ts';
import { ask, DNS_PORT, type Answer } from './dns-client.ts';
import { readHead } from './read.ts';

/** What libc assumes where no name server is configured (resolv.conf(5)). */
const DEFAULT_SERVER = '127.0.0.1';

/**
 * Names to addresses, as a program in the namespace would: /etc/hosts, then its name servers. Done here and not
 * by libc because its look-ups share four threads, and one that hangs would make others look blocked.
 */
export class Resolver {
  readonly servers: readonly string[];
  readonly #hosts: readonly HostEntry[];
  readonly #port: number;
  readonly #pending = new Map<string, Promise<Answer>>();

  constructor(servers: readonly string[], hosts: readonly HostEntry[], port = DNS_PORT) {
    this.servers = servers.length === 0 ? [DEFAULT_SERVER] : servers;
    this.#hosts = hosts;
    this.#port = port;
  }

  static ofNamespace(): Resolver {
    return new Resolver(parseResolvConf(readOr('/etc/resolv.conf')), parseHosts(readOr('/etc/hosts')));
  }

  /** Whether /etc/hosts has a say about a name: whoever may write that file decides where the name leads. */
  isListed(host: string): boolean {
    return this.#hosts.some((entry) => sameName(entry.name, host));
  }

  /** @throws AttemptFailure in phase `resolve` */
  async address(host: string, family: 4 | 6, budget: Budget): Promise<string> {
    if (net.isIP(host) !== 0) return host;
    // As inet_aton(3) reads it, and with it libc: 3405803786, 0xcb.0.0x71.012 and the like are no names.
    if (ipaddr.IPv4.isValid(host)) return ipaddr.IPv4.parse(host).toString();
    const listed = this.#hosts.find((entry) => sameName(entry.name, host) && net.isIP(entry.address) === family);
    if (listed !== undefined) return listed.address;
    const answer = await this.answer(host, family, budget);
    const [address] = answer.addresses;
    if (address !== undefined) return address;
    const server = `${answer.rcode} from ${answer.server}`;
    throw new AttemptFailure(
      answer.rcode === 'NXDOMAIN' || answer.rcode === 'NOERROR' ? 'nxdomain' : 'servfail',
      'resolve',
      server,
    );
  }

  /** The most telling answer of all name servers; one question a name and family, however many attempts need it. */
  async answer(host: string, family: 4 | 6, budget: Budget): Promise<Answer> {
    // By its spelling: a name server may tell upper case from lower, and that is what is looked for.
    const key = `${family} ${host}`;
    const asked = this.#pending.get(key);
    if (asked !== undefined) return asked;
    const pending = ask(this.servers, host, family, budget, this.#port);
    this.#pending.set(key, pending);
    // A failure belongs to the time in which it happened: who starts later asks again.
    pending.catch(() => this.#pending.delete(key));
    return pending;
  }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '');
}

export interface HostEntry {
  readonly address: string;
  readonly name: string;
}

export function parseResolvConf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1]?.split('%')[0])
    .filter((server): server is string => server !== undefined && net.isIP(server) !== 0)
    .slice(0, 3);
}

export function parseHosts(text: string): readonly HostEntry[] {
  return text.split('\n').flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return address === undefined || net.isIP(address) === 0 ? [] : names.map((name) => ({ address, name: name.toLowerCase() }));
  });
}

/** The target may write to these files, if it is root: they are read in part, and never trusted to be text. */
function readOr(path: string): string {
  try {
    return readHead(path, 1 << 20).toString('utf8');
  } catch {
    return '';
  }
}
