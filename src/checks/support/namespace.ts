import type { PairedAttempt } from '../../model/attempt.ts';
import type { Interface, NamespaceFacts } from '../../model/observation.ts';

/**
 * Whether IPv6 is not there at all: no address but ::1, and no default route. That is an observation of its
 * own; an IPv6 attempt that failed would show nothing of the kind.
 */
export function ipv6Absent(namespace: NamespaceFacts): boolean {
  return !namespace.defaultRoute6 && namespace.interfaces.every((entry) => entry.family === 4 || isLoopback(entry));
}

/** Whether all of a group are IPv6 attempts of a target that has none: no wall held them, there was no way to begin with. */
export function lacksFamily(group: readonly PairedAttempt[], namespace: NamespaceFacts | undefined): boolean {
  return namespace !== undefined && ipv6Absent(namespace) && group.every(({ spec }) => spec.family === 6);
}

export const IPV6_ABSENT = 'IPv6 is absent inside: no address but loopback, no default route.';

/** Whether the namespace holds loopback and nothing else. */
export function onlyLoopback(namespace: NamespaceFacts): boolean {
  return !namespace.defaultRoute4 && !namespace.defaultRoute6 && namespace.interfaces.every(isLoopback);
}

/** Interfaces, addresses and default routes, one line each. */
export function namespaceEvidence(namespace: NamespaceFacts): readonly string[] {
  return [
    ...namespace.interfaces.map(({ name, address, scope }) => `interface ${name}: ${address} (${scope})`),
    `default routes: ${[namespace.defaultRoute4 && 'IPv4', namespace.defaultRoute6 && 'IPv6'].filter(Boolean).join(' and ') || 'none'}`,
  ];
}

function isLoopback({ address, family }: Interface): boolean {
  return family === 4 ? address.startsWith('127.') : /^::1(?:\/128)?$/.test(address);
}
