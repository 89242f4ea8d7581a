import type { AttemptSpec } from '../model/attempt.ts';
import { endpointText, familiesOf, familyOf } from './address.ts';
import type { PlanContext } from './context.ts';

/** Ports on which something usually answers, tried at declared hosts where they are not declared. */
const BOUNDARY_PORTS = [80, 443, 22, 8080] as const;
/** A profile with hundreds of hosts must not turn an audit into a scan. */
const MAX_DECLARED = 64;
const TLS_PORTS: ReadonlySet<number> = new Set([443, 8443]);

/** Canaries outside, declared destinations, and declared hosts on undeclared ports: direct, and by the target's proxy. */
export function planEgress(context: PlanContext): readonly AttemptSpec[] {
  const canaries = context.internet
    .filter(({ protocol }) => protocol === 'tcp')
    .flatMap(({ host, port }) => variants(context, 'internet', host, port));
  const declared = context.declared.slice(0, MAX_DECLARED).flatMap(({ host, port }) => variants(context, 'declared', host, port));
  const hosts = new Set(context.declared.slice(0, MAX_DECLARED).map(({ host }) => host));
  const boundary = [...hosts].flatMap((host) =>
    BOUNDARY_PORTS.filter((port) => !context.permits({ host, port, protocol: 'tcp' })).flatMap((port) =>
      variants(context, 'port-boundary', host, port),
    ),
  );
  return [...canaries, ...declared, ...boundary];
}

function variants(
  context: PlanContext,
  purpose: 'internet' | 'declared' | 'port-boundary',
  host: string,
  port: number,
): readonly AttemptSpec[] {
  const tls = TLS_PORTS.has(port);
  const subject = endpointText(host, port);
  const direct = familiesOf(host).map((family): AttemptSpec => ({
    id: `${purpose}:${subject}:v${family}:direct`,
    purpose,
    kind: 'tcp',
    host,
    port,
    family,
    path: 'direct',
    tls,
    subject,
    controls: ['bridge'],
  }));
  const proxy = tls || port !== 80 ? context.proxies.https : context.proxies.http;
  if (proxy === undefined) return direct;
  // The proxy resolves and dials, so the family is its own affair.
  const family = familyOf(host) ?? 4;
  return [
    ...direct,
    {
      id: `${purpose}:${subject}:proxy`,
      purpose,
      kind: 'tcp',
      host,
      port,
      family,
      path: 'proxy',
      proxy,
      tls,
      subject,
      controls: ['bridge'],
    },
  ];
}
