import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { Profile } from '../model/profile.ts';

/**
 * The launcher's own reading of a profile's outbound part. It shares nothing with `profiles/match.ts`, by
 * which the audit judges the result: one mistake in both would hide itself.
 */
export type Outbound =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'everything' }
  /** Hosts as written, empty = any public name; ports never empty. */
  | { readonly kind: 'listed'; readonly hosts: readonly string[]; readonly ports: readonly number[] };

/** What hosts without ports mean: HTTP and HTTPS. */
const WEB_PORTS: readonly number[] = [80, 443];
/** What a host may be made of. The loader says more; this keeps nonsense away from the gateway, whatever came before. */
const HOST = /^(?:\.?[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9A-Fa-f:.]{2,45})$/;

/**
 * Nothing declared is nothing allowed, also without `network` or `outbound`; mode `none` is no network,
 * whatever `outbound` says. Notes hold what has to be said aloud.
 * @throws BulkheadError `profile-invalid` for a host or port that is none, `usage` for mode `host`
 */
export function readOutbound(profile: Profile): { readonly outbound: Outbound; readonly notes: readonly string[] } {
  const { mode = '', outbound = {} } = profile.network ?? {};
  if (mode === 'host') {
    throw new BulkheadError(
      'usage',
      'network.mode of the profile is "host": a compartment has no network to share with the host.',
      {
        hint: 'Remove network.mode and name what the server needs in network.outbound.allow_host.',
      },
    );
  }
  const hosts = outbound.allow_host ?? [];
  const ports = outbound.allow_port ?? [];
  const all = outbound.insecure_allow_all === true;
  if (mode === 'none') {
    const ignored = all || hosts.length > 0 || ports.length > 0;
    return {
      outbound: { kind: 'nothing' },
      notes: ignored ? ['network.mode is "none": what network.outbound allows has no effect.'] : [],
    };
  }
  const notes = mode === '' ? [] : [`network.mode ${quoted(mode)} is ignored: a compartment has no network to join.`];
  const reading = all ? everything(hosts, ports) : listed(hosts, ports);
  return { outbound: reading.outbound, notes: [...notes, ...reading.notes] };
}

interface Reading {
  readonly outbound: Outbound;
  readonly notes: readonly string[];
}

function everything(hosts: readonly string[], ports: readonly number[]): Reading {
  const exposed =
    'insecure_allow_all: the server is on a bridge network of its own and reaches any address, this machine and its local network included.';
  const beside = 'insecure_allow_all: the hosts and ports beside it have no effect.';
  return { outbound: { kind: 'everything' }, notes: hosts.length + ports.length === 0 ? [exposed] : [exposed, beside] };
}

function listed(hosts: readonly string[], ports: readonly number[]): Reading {
  hosts.forEach(checkHost);
  ports.forEach(checkPort);
  if (hosts.length === 0 && ports.length === 0) return { outbound: { kind: 'nothing' }, notes: [] };
  if (ports.length === 0) {
    const note = 'The profile names hosts and no ports: 80 and 443 are allowed.';
    return { outbound: { kind: 'listed', hosts, ports: WEB_PORTS }, notes: [note] };
  }
  const open = `The profile names ports and no hosts: any public host is allowed on ${ports.join(', ')}.`;
  return { outbound: { kind: 'listed', hosts, ports }, notes: hosts.length === 0 ? [open] : [] };
}

/** An entry that the gateway would drop could leave an empty list, which means any host. */
function checkHost(host: string, index: number): void {
  if (HOST.test(host)) return;
  throw new BulkheadError(
    'profile-invalid',
    `network.outbound.allow_host[${index}]: ${quoted(host)} is neither a host name nor an address.`,
    {
      hint: 'Write for instance "api.example.com", or ".example.com" for the domain and every name under it.',
    },
  );
}

function checkPort(port: number, index: number): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  throw new BulkheadError('profile-invalid', `network.outbound.allow_port[${index}]: ${String(port)} is no TCP port.`, {
    hint: 'Write a number from 1 to 65535, e.g. 443.',
  });
}

function quoted(text: string): string {
  return `"${escapeText(text, 60)}"`;
}
