import type { AttemptSpec } from '../model/attempt.ts';
import { unique } from '../probes/address.ts';
import { isName } from '../probes/neighbours.ts';
import { declaredEndpoints, egressPolicy } from '../profiles/match.ts';
import { proxyVariables } from '../runtime/containers.ts';
import { isOpen, type Place } from './places.ts';
import type { GatherRequest, Subject } from './request.ts';
import { attemptAll } from './twins.ts';

/** Names of all targets together. */
const MAX_NAMES = 256;

/**
 * What the control's name server makes of declared names, asked before the plan is made: a proxy is then asked for the
 * literal address too. A target behind a proxy often cannot resolve them itself. What cannot be resolved is left out.
 */
export async function declaredAddresses(
  { subjects, timeoutMs }: Pick<GatherRequest, 'subjects' | 'timeoutMs'>,
  bridge: Place,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = unique(subjects.filter(hasProxy).flatMap(namesOf)).slice(0, MAX_NAMES);
  if (names.length === 0 || !isOpen(bridge)) return new Map();
  const attempts = await attemptAll(bridge, names.map(question), timeoutMs, async (task) => task());
  return new Map(names.map((name) => [name, attempts.get(question(name).id)?.answer?.addresses ?? []]));
}

function hasProxy({ container, target }: Subject): boolean {
  return target.state === 'running' && proxyVariables(container.environment).length > 0;
}

function namesOf({ declaration }: Subject): readonly string[] {
  return declaredEndpoints(egressPolicy(declaration.profile)).flatMap(({ host }) => (isName(host) ? [host] : []));
}

function question(host: string): AttemptSpec {
  return {
    id: `resolve|${host}`,
    purpose: 'declared',
    kind: 'dns',
    host,
    port: 0,
    family: 4,
    path: 'direct',
    subject: host,
    controls: [],
  };
}
