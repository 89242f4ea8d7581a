import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { internetPlan } from '../addresses.ts';

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'NOTIMP';

export interface ZoneAnswer {
  readonly rcode: Rcode;
  readonly addresses: readonly string[];
  /** The zone that is spoken for; absent when the question is not ours. */
  readonly zone?: string;
}

export type Records = Readonly<Record<string, readonly string[]>>;

const zones = ['test', 'example'] as const;
const { names, address, address6, operator, operator6, parking } = internetPlan;
const canary = [address, address6] as const;

const builtIn: Records = {
  [names.canary]: canary,
  [`www.${names.canary}`]: canary,
  [names.allowed]: canary,
  [names.allowedSubdomain]: canary,
  [names.blocked]: canary,
  [names.sibling]: canary,
  [names.lookAlike]: canary,
  [names.lookAlikeBelow]: [operator, operator6],
  [names.tenant]: canary,
  [names.parked]: [parking],
  [names.operator]: [operator, operator6],
  [names.exfil]: [],
};

/**
 * Answers a question from the two zones. Pure.
 * @param name lower case, no trailing dot.
 */
export function answer(name: string, type: string, extra: Records): ZoneAnswer {
  const zone = zones.find((apex) => name === apex || name.endsWith(`.${apex}`));
  if (zone === undefined) return { rcode: 'REFUSED', addresses: [] };
  const all = extra[name] ?? builtIn[name] ?? exfilAddresses(name);
  if (all === undefined) return { rcode: name === zone ? 'NOERROR' : 'NXDOMAIN', addresses: [], zone };
  return { rcode: 'NOERROR', addresses: all.filter((each) => type === (isIPv6(each) ? 'AAAA' : 'A')), zone };
}

/** Whatever stands before exfil.test decides the last seven bits, so a client can tell that its very label arrived. */
function exfilAddresses(name: string): readonly string[] | undefined {
  const suffix = `.${names.exfil}`;
  if (!name.endsWith(suffix)) return undefined;
  const digest = createHash('sha256').update(name.slice(0, -suffix.length)).digest();
  return [`203.0.113.${128 + ((digest[0] ?? 0) & 127)}`];
}
