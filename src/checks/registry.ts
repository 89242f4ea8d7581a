import type { Check } from '../model/check.ts';
import { bindAddress } from './auth/bind-address.ts';
import { managementApiAuth } from './auth/management-api-auth.ts';
import { originValidation } from './auth/origin-validation.ts';
import { proxyAuth } from './auth/proxy-auth.ts';
import { readOnlyMount } from './fs/read-only-mount.ts';
import { runtimeSocket } from './fs/runtime-socket.ts';
import { sensitiveMount } from './fs/sensitive-mount.ts';
import { undeclaredMount } from './fs/undeclared-mount.ts';
import { capabilities } from './hard/capabilities.ts';
import { noNewPrivileges } from './hard/no-new-privileges.ts';
import { privileged } from './hard/privileged.ts';
import { rootUser } from './hard/root-user.ts';
import { seccomp } from './hard/seccomp.ts';
import { writableRootfs } from './hard/writable-rootfs.ts';
import { engineApi } from './host/engine-api.ts';
import { hostAliases } from './host/host-aliases.ts';
import { hostCanary } from './host/host-canary.ts';
import { hostLoopback } from './host/host-loopback.ts';
import { hostServices } from './host/host-services.ts';
import { managementApi } from './host/management-api.ts';
import { cosmeticProfile } from './net/cosmetic-profile.ts';
import { declaration } from './net/declaration.ts';
import { declaredEgress } from './net/declared-egress.ts';
import { directDns } from './net/direct-dns.ts';
import { dnsExfiltration } from './net/dns-exfiltration.ts';
import { fronting } from './net/fronting.ts';
import { hostNetwork } from './net/host-network.ts';
import { internalNetworks } from './net/internal-networks.ts';
import { ipv6Egress } from './net/ipv6-egress.ts';
import { metadataService } from './net/metadata-service.ts';
import { nameBoundary } from './net/name-boundary.ts';
import { portBoundary } from './net/port-boundary.ts';
import { privateRanges } from './net/private-ranges.ts';
import { sharedNetwork } from './net/shared-network.ts';
import { udpEgress } from './net/udp-egress.ts';
import { undeclaredEgressByProxy } from './net/undeclared-egress-by-proxy.ts';
import { undeclaredEgress } from './net/undeclared-egress.ts';
import { peerReachable } from './pivot/peer-reachable.ts';
import { peerSession } from './pivot/peer-session.ts';
import { peerToolCall } from './pivot/peer-tool-call.ts';
import { platformProxy } from './pivot/platform-proxy.ts';
import { publishedPeer } from './pivot/published-peer.ts';
import { sharedWritableMount } from './pivot/shared-writable-mount.ts';

/** All checks, in the order of the catalogue. A new one is a file and a line here (`npm run new:check`). */
export const CHECKS: readonly Check[] = [
  declaration,
  internalNetworks,
  sharedNetwork,
  undeclaredEgress,
  undeclaredEgressByProxy,
  declaredEgress,
  portBoundary,
  nameBoundary,
  fronting,
  dnsExfiltration,
  directDns,
  udpEgress,
  ipv6Egress,
  metadataService,
  privateRanges,
  hostNetwork,
  cosmeticProfile,
  hostCanary,
  hostLoopback,
  managementApi,
  engineApi,
  hostServices,
  hostAliases,
  peerReachable,
  peerSession,
  peerToolCall,
  publishedPeer,
  platformProxy,
  sharedWritableMount,
  managementApiAuth,
  proxyAuth,
  originValidation,
  bindAddress,
  privileged,
  capabilities,
  seccomp,
  noNewPrivileges,
  rootUser,
  writableRootfs,
  undeclaredMount,
  readOnlyMount,
  sensitiveMount,
  runtimeSocket,
];

/** A check by its id or its slug, in any case. */
export function findCheck(name: string): Check | undefined {
  const key = name.toLowerCase();
  return CHECKS.find(({ meta }) => meta.id.toLowerCase() === key || meta.slug === key);
}

/** The checks for which evidence was gathered: asking the others would only say so many times. */
export function gatheredChecks({ options }: { readonly options: { readonly checks: readonly string[] } }): readonly Check[] {
  return CHECKS.filter(({ meta }) => options.checks.includes(meta.id));
}
