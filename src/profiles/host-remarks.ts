import type { Remark } from '../model/profile.ts';
import { isPublicAddress, parseAddress } from './addresses.ts';
import { isPublicName, isWithin, parseHostPattern, patternText } from './hosts.ts';
import type { HostPattern } from './hosts.ts';
import { show } from './problems.ts';

/** Oddities of the entries of `allow_host`. Entries that are no hosts are passed over. */
export function hostRemarks(path: string, hosts: readonly string[]): readonly Remark[] {
  const patterns = hosts.flatMap((entry, index) => {
    const pattern = parseHostPattern(entry);
    return pattern === undefined ? [] : [{ entry, pattern, path: `${path}[${index}]` }];
  });
  const apexes = new Set(patterns.flatMap(({ pattern }) => (pattern.kind === 'subtree' ? [pattern.apex] : [])));
  return [
    ...patterns.flatMap(({ entry, pattern, path: at }) => [
      ...caseRemark(entry, pattern, at),
      ...placeRemark(entry, pattern, at),
      ...overlapRemark(entry, pattern, apexes, at),
    ]),
    ...duplicateRemarks(path, hosts, canonicalHost),
  ];
}

function caseRemark(entry: string, pattern: HostPattern, path: string): readonly Remark[] {
  if (pattern.kind === 'address' || !/[A-Z]/.test(entry)) return [];
  return [{ code: 'upper-case-host', path, message: `${show(entry)} is compared as "${patternText(pattern)}".` }];
}

function placeRemark(entry: string, pattern: HostPattern, path: string): readonly Remark[] {
  const local = (what: string): readonly Remark[] => [{ code: 'local-host', path, message: `${show(entry)} ${what}` }];
  switch (pattern.kind) {
    case 'address': {
      const address = parseAddress(pattern.address);
      if (address === undefined || isPublicAddress(address)) return [];
      return local('is not on the internet: it is the container itself, its host, a private network or a reserved range.');
    }
    case 'name':
      if (pattern.name === 'localhost') return local('is the container itself, which no profile has to allow.');
      return isPublicName(pattern.name) ? [] : local('is a name of this host or of a private network, not of the internet.');
    case 'subtree':
      if (isPublicName(pattern.apex)) return [];
      if (isPublicName(`x.${pattern.apex}`)) {
        return [{ code: 'whole-top-level-domain', path, message: `${show(entry)} allows every name of a top-level domain.` }];
      }
      return local('covers names of this host or of a private network, not of the internet.');
  }
}

function overlapRemark(entry: string, pattern: HostPattern, apexes: ReadonlySet<string>, path: string): readonly Remark[] {
  if (pattern.kind === 'address') return [];
  const own = pattern.kind === 'name' ? pattern.name : pattern.apex;
  const cover = [...apexes].find((apex) => isWithin(own, apex) && (pattern.kind === 'name' || apex !== own));
  if (cover === undefined) return [];
  return [{ code: 'overlapping-hosts', path, message: `${show(entry)} is covered by ".${cover}" already.` }];
}

function canonicalHost(entry: string): string {
  const pattern = parseHostPattern(entry);
  return pattern === undefined ? entry : patternText(pattern);
}

/** A remark for each entry that says the same as an earlier one. */
export function duplicateRemarks<T extends string | number>(
  path: string,
  list: readonly T[],
  canonical: (entry: T) => string,
): readonly Remark[] {
  const first = new Map<string, number>();
  return list.flatMap((entry, index): Remark[] => {
    const key = canonical(entry);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    return [{ code: 'duplicate-entry', path: `${path}[${index}]`, message: `${show(entry)} repeats entry ${earlier}.` }];
  });
}
