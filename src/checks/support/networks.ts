import type { ConfigurationFacts, NetworkAttachment } from '../../model/observation.ts';
import { shellWord } from './evidence.ts';

/** Drivers of the two built-in networks that are no networks: `host` and `none`. */
const PSEUDO = new Set(['host', 'null']);

/** The networks that a container is really attached to, each with a subject of its own. */
export function attachedNetworks({
  networks,
}: ConfigurationFacts): readonly { readonly subject: string; readonly network: NetworkAttachment }[] {
  const real = networks.filter(({ driver }) => !PSEUDO.has(driver));
  return real.map((network) => {
    // Engines before API 1.44 allow two networks of one name.
    const twice = real.filter(({ name }) => name === network.name).length > 1;
    return { subject: twice ? `${network.name} (${network.id.slice(0, 12)})` : network.name, network };
  });
}

/** Driver, Internal flag and members, one line each. */
export function networkEvidence({ name, driver, internal, ipv6, subnets, members }: NetworkAttachment): readonly string[] {
  const others = members.map((member) => member.name).join(', ');
  return [
    `network ${name}: driver ${driver}, Internal ${internal}, IPv6 ${ipv6}${subnets.length === 0 ? '' : `, ${subnets.join(' ')}`}`,
    `members of ${name}: ${others === '' ? 'none listed' : others}`,
  ];
}

export function reproduceNetwork({ name }: NetworkAttachment): string {
  return `docker network inspect ${shellWord(name)}`;
}
