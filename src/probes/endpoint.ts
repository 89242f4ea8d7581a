import type { AttemptSpec } from '../model/attempt.ts';
import { endpointText, familyOf, isDialable, localName, unique } from './address.ts';
import type { PlanContext } from './context.ts';
import { offersOf, type Offer } from './offers.ts';

/** Nobody's, for ever (RFC 2606): a page that has no business with any server. */
const FOREIGN_NAME = 'foreign.example';
const MAX_ADDRESSES = 4;
const MAX_PORTS = 8;

/**
 * The target's own endpoint, as its clients find it, from the host: without credentials, and with a foreign Origin
 * or Host. Where it is offered on the host, the host's other addresses are knocked at too; where it is not, what
 * listens in the container is asked at the container's own address.
 */
export function planEndpoint(context: PlanContext): readonly AttemptSpec[] {
  const offers = offersOf(context, context.hostNamespace);
  if (offers.length === 0)
    return listeners(context).flatMap(({ host, port }) => handshakes(host, port, { authority: localName(port) }));
  return offers.flatMap((offer) => [
    ...handshakes(offer.host, offer.port, offer.path === undefined ? {} : { request: offer.path }),
    ...otherAddresses(context, offer).map((address) => elsewhere(address, offer)),
  ]);
}

function handshakes(host: string, port: number, more: Pick<AttemptSpec, 'request' | 'authority'>): readonly AttemptSpec[] {
  const endpoint = endpointText(host, port);
  const base = {
    kind: 'mcp',
    host,
    port,
    family: familyOf(host) ?? 4,
    path: 'direct',
    from: 'host',
    subject: `http://${endpoint}`,
    ...more,
    controls: [],
  } as const;
  return [
    { ...base, id: `own-session:${endpoint}`, purpose: 'own-session', controls: [] },
    // One thing differs from the first, which is their control.
    { ...base, id: `own-origin:${endpoint}`, purpose: 'own-origin', origin: `http://${FOREIGN_NAME}`, controls: [] },
    { ...base, id: `own-host:${endpoint}`, purpose: 'own-host', authority: `${FOREIGN_NAME}:${port}`, controls: [] },
  ];
}

/** What a machine beside this one would dial: the host's addresses, without the one at which it is offered. */
function otherAddresses({ hostNamespace }: PlanContext, { host }: Offer): readonly string[] {
  const addresses = (hostNamespace?.interfaces ?? []).map(({ address }) => address);
  return unique(addresses.filter((address) => isDialable(address) && address !== host)).slice(0, MAX_ADDRESSES);
}

function elsewhere(address: string, { port }: Offer): AttemptSpec {
  const endpoint = endpointText(address, port);
  return {
    id: `own-address:${endpoint}`,
    purpose: 'own-address',
    kind: 'tcp',
    host: address,
    port,
    family: familyOf(address) ?? 4,
    path: 'direct',
    from: 'host',
    subject: endpoint,
    controls: [],
  };
}

/** One address for each family would be the same server twice: the first that the host could dial. */
function listeners({ namespace, hostNamespace }: PlanContext): readonly { readonly host: string; readonly port: number }[] {
  // In the host's own namespace every listener of the host would be taken for the server's.
  if (namespace === undefined || namespace.inode === hostNamespace?.inode) return [];
  const addresses = namespace.interfaces.map(({ address }) => address).filter(isDialable);
  const served = namespace.listeners.flatMap(({ address, port }) => {
    const host = addresses.find((own) => address === own || address === '::' || (address === '0.0.0.0' && familyOf(own) === 4));
    return host === undefined ? [] : [{ host, port }];
  });
  return [...new Map(served.map((one) => [one.port, one])).values()].slice(0, MAX_PORTS);
}
