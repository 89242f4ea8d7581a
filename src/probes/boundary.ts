import type { AttemptSpec } from '../model/attempt.ts';
import { distinct, endpointText, familyOf, isDialable, unique } from './address.ts';
import type { PlanContext } from './context.ts';
import { fairly, isName, loud, meaningOf, namesBeside, spellingsOf, type Neighbour, type Relation } from './neighbours.ts';
import { byProxy, TLS_PORTS, variants, type Destination } from './variants.ts';

/** Ports on which something usually answers, tried at declared hosts where they are not declared. */
const BOUNDARY_PORTS = [80, 443, 22, 8080] as const;
/** Endpoints, each tried in up to three ways. A profile of hundreds of hosts must not turn an audit into a scan. */
const MAX_PORTS = 128;
const MAX_NAMES = 128;
const MAX_FRONTS = 32;
const MAX_GIVEN = 64;
/** Names that are asked for at one declared host, of those that the user named and of those that are known. */
const GIVEN_AT_ONE = 4;
const NAMES_AT_ONE = 2;

/** Declared hosts on ports that are not declared. */
export function planPorts(context: PlanContext, hosts: readonly string[]): readonly AttemptSpec[] {
  const endpoints = hosts.map((host) => undeclaredPorts(context, host).map((port) => ({ host, port })));
  return fairly(endpoints, MAX_PORTS).flatMap((endpoint) => variants(context, { purpose: 'port-boundary', ...endpoint }));
}

/** Names and addresses beside the declared ones, and neighbours that the user named. */
export function planNeighbours(context: PlanContext, hosts: readonly string[]): readonly AttemptSpec[] {
  const beside = hosts.map((host) => besideOf(context, host));
  const given = distinct(context.neighbors ?? [])
    .filter((neighbor) => isForbidden(context, neighbor))
    .slice(0, MAX_GIVEN)
    .flatMap((neighbor) => variants(context, { purpose: 'name-boundary', ...neighbor }));
  // By name over IPv4 alone: what goes over IPv6 at all is shown by the canaries.
  const tried = fairly(beside, MAX_NAMES).flatMap(({ proxyOnly, ...destination }) =>
    proxyOnly ? byProxy(context, destination) : variants(context, { ...destination, families: [4] }),
  );
  return [...given, ...tried];
}

type Beside = Destination & { readonly proxyOnly: boolean };

function besideOf(context: PlanContext, declared: string): readonly Beside[] {
  const port = portOf(context, declared);
  const to = ({ relation, host }: Neighbour, proxyOnly: boolean, rest: Partial<Destination> = {}): Beside => ({
    purpose: 'name-boundary',
    subject: declared,
    label: relation,
    host,
    port,
    proxyOnly,
    ...rest,
  });
  const candidates = isName(declared) ? besideName(context, declared, to) : besideAddress(context, declared, to);
  // What a proxy alone is asked for is not planned where there is none, and must not use up a share.
  return candidates.filter((one) => isForbidden(context, one) && (!one.proxyOnly || byProxy(context, one).length > 0));
}

type To = (neighbour: Neighbour, proxyOnly: boolean, rest?: Partial<Destination>) => Beside;

/**
 * The literal address of a declared host is asked of a proxy alone: dialled directly, it is the very packets that the
 * name leads to. The name is asked for in TLS and HTTP, so that who answers can be compared.
 */
function besideName(context: PlanContext, declared: string, to: To): readonly Beside[] {
  const names = namesBeside(declared, zoneOf(context));
  const [known] = names;
  const address = (context.addresses?.get(declared) ?? []).find((one) => isUsual(one));
  const asked = { serverName: declared, authority: authorityOf(declared, portOf(context, declared)) };
  return [
    ...names.map((neighbour) => to(neighbour, false)),
    ...(address === undefined ? [] : [to({ relation: 'address', host: address }, true, asked)]),
    ...(known === undefined ? [] : [to({ relation: 'spelling', host: loud(known.host) }, true)]),
    ...(address === undefined ? [] : spellingsOf(address).map((host) => to({ relation: 'spelling', host }, true, asked))),
  ];
}

/** An ordinary IPv4 address: what a name must never mean (a loopback, a metadata service) is not dialled for it. */
function isUsual(address: string): boolean {
  return familyOf(address) === 4 && isDialable(address) && !address.startsWith('169.254.');
}

/** At a declared port every spelling is the declared endpoint; at another one none is. */
function besideAddress(context: PlanContext, declared: string, to: To): readonly Beside[] {
  const [port] = undeclaredPorts(context, declared);
  if (port === undefined) return [];
  return spellingsOf(declared).map((host) => to({ relation: 'spelling' satisfies Relation, host }, true, { port }));
}

/** A declared host is dialled, and another name is asked for on the connection: in TLS and HTTP, and in HTTP alone. */
export function planFronting(context: PlanContext, hosts: readonly string[]): readonly AttemptSpec[] {
  const fronts = hosts.filter(isName).map((host) =>
    portsOf(context, host)
      .filter((port) => port === 80 || TLS_PORTS.has(port))
      .flatMap((port) => namesAt(context, host, port).map((name) => ({ host, port, name }))),
  );
  return fairly(fronts, MAX_FRONTS).flatMap(({ host, port, name }) => {
    const authority = authorityOf(name, port);
    const base = { purpose: 'fronting', subject: host, host, port, authority, families: [4] } as const;
    return [
      ...(TLS_PORTS.has(port) ? variants(context, { ...base, label: `${name}:sni`, serverName: name }) : []),
      ...variants(context, { ...base, label: `${name}:host` }),
    ];
  });
}

/** Undeclared names for one declared host: those that the user named, then its relatives, which often share a front, and canaries. */
function namesAt(context: PlanContext, host: string, port: number): readonly string[] {
  const usable = (names: readonly string[]): readonly string[] =>
    names.filter((name) => isName(name) && meaningOf(name) !== meaningOf(host) && isForbidden(context, { host: name, port }));
  const relatives = namesBeside(host, undefined).filter(({ relation }) => relation === 'parent' || relation === 'sibling');
  const given = usable((context.neighbors ?? []).map((neighbor) => neighbor.host)).slice(0, GIVEN_AT_ONE);
  const known = usable([...relatives.map((one) => one.host), ...context.internet.map((canary) => canary.host)]);
  return unique([...given, ...known.slice(0, NAMES_AT_ONE)]);
}

/** Destinations in private ranges, and their addresses as few write them, which proxies may read and filters not. */
export function planPrivate(context: PlanContext): readonly AttemptSpec[] {
  // From the host too: many engines let no container into the networks around it, the control included.
  const base = { purpose: 'private', controls: ['bridge', 'host'] } as const;
  return distinct(context.private)
    .filter((endpoint) => isForbidden(context, endpoint))
    .slice(0, MAX_GIVEN)
    .flatMap(({ host, port }) => [
      ...variants(context, { ...base, host, port }),
      ...spellingsOf(host).flatMap((spelling) =>
        byProxy(context, { ...base, subject: endpointText(host, port), host: spelling, port }),
      ),
    ]);
}

/** Forbidden however its host is read: no spelling of a declared endpoint is taken for another one. */
function isForbidden(context: PlanContext, { host, port }: { readonly host: string; readonly port: number }): boolean {
  return [host, meaningOf(host)].every((reading) => !context.permits({ host: reading, port, protocol: 'tcp' }));
}

function undeclaredPorts(context: PlanContext, host: string): readonly number[] {
  return BOUNDARY_PORTS.filter((port) => isForbidden(context, { host, port }));
}

function portsOf({ declared }: PlanContext, host: string): readonly number[] {
  return declared.filter((one) => one.host === host).map(({ port }) => port);
}

/** The declared port at which a neighbour is most likely to answer. */
function portOf(context: PlanContext, host: string): number {
  const ports = portsOf(context, host);
  return [443, 80].find((port) => ports.includes(port)) ?? ports[0] ?? 443;
}

/** Where look-alikes are put: below a name that the user, or this program, holds to be nobody's. */
function zoneOf({ internet }: PlanContext): string | undefined {
  return internet.find(({ host }) => isName(host))?.host;
}

function authorityOf(name: string, port: number): string {
  return port === 80 || port === 443 ? name : `${name}:${port}`;
}
