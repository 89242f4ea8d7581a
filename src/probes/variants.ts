import type { AttemptPurpose, AttemptSpec, ControlVantage } from '../model/attempt.ts';
import { endpointText, familiesOf, familyOf } from './address.ts';
import type { PlanContext } from './context.ts';

/** Ports on which TLS is spoken from the first byte. */
export const TLS_PORTS: ReadonlySet<number> = new Set([443, 853, 8443]);

export interface Destination {
  readonly purpose: AttemptPurpose;
  readonly host: string;
  readonly port: number;
  /** What the finding is about; the endpoint itself where it is left out. */
  readonly subject?: string;
  /** Tells apart what else has the same purpose, subject and endpoint. */
  readonly label?: string;
  readonly serverName?: string;
  readonly authority?: string;
  /** Families of direct attempts: all that the host may have where it is left out. */
  readonly families?: readonly (4 | 6)[];
  readonly controls?: readonly ControlVantage[];
}

/** One destination, directly and through the target's proxy where it has one. */
export function variants(context: PlanContext, destination: Destination): readonly AttemptSpec[] {
  return [...directly(destination), ...byProxy(context, destination)];
}

export function directly(destination: Destination): readonly AttemptSpec[] {
  const { host, families = familiesOf(host) } = destination;
  return families.map((family) => ({
    ...common(destination),
    id: `${idOf(destination)}:v${family}:direct`,
    family,
    path: 'direct',
  }));
}

/** Nothing where the target has no proxy. It resolves and dials, so the family is its own affair. */
export function byProxy({ proxies }: PlanContext, destination: Destination): readonly AttemptSpec[] {
  const { host, port } = destination;
  const proxy = port === 80 ? proxies.http : proxies.https;
  if (proxy === undefined) return [];
  return [{ ...common(destination), id: `${idOf(destination)}:proxy`, family: familyOf(host) ?? 4, path: 'proxy', proxy }];
}

function common({
  purpose,
  host,
  port,
  subject,
  serverName,
  authority,
  controls = ['bridge'],
}: Destination): Omit<AttemptSpec, 'id' | 'family' | 'path'> {
  return {
    purpose,
    kind: 'tcp',
    host,
    port,
    tls: TLS_PORTS.has(port),
    ...(serverName === undefined ? {} : { serverName }),
    ...(authority === undefined ? {} : { authority }),
    subject: subject ?? endpointText(host, port),
    controls: [...controls],
  };
}

function idOf({ purpose, subject, host, port, label }: Destination): string {
  return [purpose, subject, label, endpointText(host, port)].filter((part) => part !== undefined).join(':');
}
