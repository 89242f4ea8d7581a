import { defineCheck, type Peer, type Verdict } from '../../model/check.ts';
import type { NetworkAttachment } from '../../model/observation.ts';
import type { Declaration } from '../../model/target.ts';
import { attachedNetworks, networkEvidence, reproduceNetwork } from '../support/networks.ts';
import { sameProfile } from '../support/profile.ts';

export const sharedNetwork = defineCheck({
  meta: {
    id: 'NET-003',
    slug: 'shared-network',
    area: 'NET',
    severity: 'medium',
    title: 'Servers with different declarations share no network',
    failureTitle: 'Servers with different declarations share a network',
    description:
      'Containers on one network see each other on every port. A server that may reach nothing can then use a neighbour that may reach something, so the effective policy of both is the sum of the two.',
    remediation:
      'Give each server a network of its own (`docker network create --internal NAME`), or none (`--network none`) where it speaks stdio. Do not use the default `bridge`: everything that names no network ends up there. `com.docker.network.bridge.enable_icc=false` separates neighbours only where bridge-nf-call-iptables is on.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['2.2', '5.30'] }],
    framework: ['Inter-container isolation', 'The bridge test'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  evaluate({ facts: { configuration }, declaration, peers }) {
    const attached = attachedNetworks(configuration);
    if (attached.length === 0) {
      // Whoever lends its network is listed with it, at least as `none`: here it is gone, and nobody can tell its networks.
      if (configuration.networkMode.startsWith('container:') && configuration.networks.length === 0) {
        const message = 'The network belongs to another container that the engine does not know any more.';
        return [
          { status: 'inconclusive', subject: 'networks', message, evidence: [`network mode: ${configuration.networkMode}`] },
        ];
      }
      const message = `The server is attached to no network of the engine (mode ${configuration.networkMode}).`;
      return [{ status: 'not-applicable', subject: 'networks', message }];
    }
    return attached.map(({ subject, network }) => judge(subject, network, declaration, peers));
  },
});

function judge(subject: string, network: NetworkAttachment, declaration: Declaration, peers: readonly Peer[]): Verdict {
  const ids = new Set(network.members.map(({ id }) => id));
  const present = peers.filter(({ target }) => ids.has(target.id));
  const different = present.filter((peer) => !sameProfile(peer.declaration.profile, declaration.profile));
  const facts = {
    subject,
    expected: 'no server with another declaration',
    actual: `${different.length} with another declaration`,
    evidence: [
      ...networkEvidence(network),
      ...present.map((peer) => `${peer.target.name} is declared by ${peer.declaration.source} (${peer.declaration.location})`),
    ],
    reproduce: reproduceNetwork(network),
  } as const;
  if (different.length > 0) {
    const names = different.map(({ target }) => target.name).join(', ');
    return {
      ...facts,
      status: 'fail',
      message: `On network ${network.name} there are servers with other declarations: ${names}.`,
    };
  }
  // The target itself is a member of each of its networks: an empty list means that members were not listed.
  if (network.members.length === 0) {
    return {
      ...facts,
      status: 'inconclusive',
      message: `The engine lists no members of network ${network.name}, not even this server.`,
    };
  }
  const message =
    present.length > 0
      ? `All ${present.length + 1} audited servers on network ${network.name} declare the same.`
      : `No other audited server is on network ${network.name} (${network.members.length} members in all).`;
  return { ...facts, status: 'pass', message };
}
