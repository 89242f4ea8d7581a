import { declaration } from '../../../../src/checks/net/declaration.ts';
import { cosmeticProfile } from '../../../../src/checks/net/cosmetic-profile.ts';
import { declaredEgress } from '../../../../src/checks/net/declared-egress.ts';
import { directDns } from '../../../../src/checks/net/direct-dns.ts';
import { dnsExfiltration } from '../../../../src/checks/net/dns-exfiltration.ts';
import { fronting } from '../../../../src/checks/net/fronting.ts';
import { hostNetwork } from '../../../../src/checks/net/host-network.ts';
import { internalNetworks } from '../../../../src/checks/net/internal-networks.ts';
import { ipv6Egress } from '../../../../src/checks/net/ipv6-egress.ts';
import { metadataService } from '../../../../src/checks/net/metadata-service.ts';
import { nameBoundary } from '../../../../src/checks/net/name-boundary.ts';
import { portBoundary } from '../../../../src/checks/net/port-boundary.ts';
import { privateRanges } from '../../../../src/checks/net/private-ranges.ts';
import { sharedNetwork } from '../../../../src/checks/net/shared-network.ts';
import { udpEgress } from '../../../../src/checks/net/udp-egress.ts';
import { undeclaredEgressByProxy } from '../../../../src/checks/net/undeclared-egress-by-proxy.ts';
import { undeclaredEgress } from '../../../../src/checks/net/undeclared-egress.ts';
import type { Check } from '../../../../src/model/check.ts';

/** All checks of the area, in the order of their ids. */
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
];
