import type { AttemptSpec } from '../model/attempt.ts';
import { distinct, isResolver, unique } from './address.ts';
import { planFronting, planNeighbours, planPorts, planPrivate } from './boundary.ts';
import type { PlanContext } from './context.ts';
import { fairly } from './neighbours.ts';
import { byProxy, variants } from './variants.ts';

/** A profile with hundreds of hosts must not turn an audit into a scan. */
const MAX_HOSTS = 64;
const MAX_DECLARED = 128;

/** Canaries outside, declared destinations, and what lies just beyond these: direct, and by the target's proxy. */
export function planEgress(context: PlanContext): readonly AttemptSpec[] {
  const canaries = distinct(context.internet.filter(({ protocol }) => protocol === 'tcp')).flatMap(({ host, port }) => {
    const canary = { purpose: 'internet', host, port } as const;
    // Resolvers are asked as such; a proxy knows them as an address and a port.
    return isResolver(canary) ? byProxy(context, canary) : variants(context, canary);
  });
  const hosts = unique(context.declared.map(({ host }) => host)).slice(0, MAX_HOSTS);
  const endpoints = hosts.map((host) => context.declared.filter((one) => one.host === host));
  const declared = fairly(endpoints, MAX_DECLARED).flatMap(({ host, port }) =>
    variants(context, { purpose: 'declared', host, port }),
  );
  return [
    ...canaries,
    ...declared,
    ...planPorts(context, hosts),
    ...planNeighbours(context, hosts),
    ...planFronting(context, hosts),
    ...planPrivate(context),
  ];
}
