import type { Profile } from '../model/profile.ts';
import type { InternetCanary } from '../probes/context.ts';
import { familyOf } from '../probes/address.ts';
import { BUILT_IN_PROFILES } from '../profiles/built-in.ts';
import { declaredEndpoints, egressPolicy } from '../profiles/match.ts';
import type { PlannedRun } from './run.ts';

/** A profile and where it comes from, in words. */
export interface NamedProfile {
  readonly profile: Profile;
  readonly location: string;
}

/**
 * Three ways of one image: the defaults, an explicit network profile, full isolation. With two profiles: the one beside
 * the other. Without a profile one is made that allows the first canary and nothing else.
 */
export function plannedRuns(profiles: readonly NamedProfile[], internet: readonly InternetCanary[]): readonly PlannedRun[] {
  const [first, second] = profiles;
  if (first !== undefined && second !== undefined) return [explicit(first, 'first profile'), explicit(second, 'second profile')];
  const given = first ?? firstCanary(internet);
  return [
    { id: 'defaults', way: 'defaults', measure: given.profile, location: 'the defaults, measured against the explicit profile' },
    explicit(given, 'profile'),
    {
      id: 'isolated',
      way: 'isolated',
      profile: BUILT_IN_PROFILES.none,
      measure: BUILT_IN_PROFILES.none,
      location: 'built-in profile none',
    },
  ];
}

function explicit({ profile, location }: NamedProfile, id: string): PlannedRun {
  return { id, way: 'profile', profile, measure: profile, location };
}

/** Names before addresses: it is names that profiles are written with. */
function firstCanary(internet: readonly InternetCanary[]): NamedProfile {
  const tcp = internet.filter(({ protocol }) => protocol === 'tcp');
  const canary = tcp.find(({ host }) => familyOf(host) === undefined) ?? tcp[0];
  if (canary === undefined) return { profile: BUILT_IN_PROFILES.none, location: 'built-in profile none' };
  return {
    profile: { network: { outbound: { allow_host: [canary.host], allow_port: [canary.port] } } },
    location: 'made for this comparison',
  };
}

/** Every run is tried at what any of them declares: what one may reach shows what the others are kept from. */
export function comparedCanaries(runs: readonly PlannedRun[], internet: readonly InternetCanary[]): readonly InternetCanary[] {
  const declared = runs
    .flatMap(({ measure }) => declaredEndpoints(egressPolicy(measure)))
    .map(({ host, port }): InternetCanary => ({ host, port, protocol: 'tcp' }));
  const known = new Map([...internet, ...declared].map((canary) => [`${canary.host} ${canary.port} ${canary.protocol}`, canary]));
  return [...known.values()];
}
