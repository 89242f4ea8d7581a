import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { handshakeOf, outcomeText, serviceText } from '../support/offers.ts';
import { isDeclaredPeer, isStopped, judgePeers } from '../support/peers.ts';

export const publishedPeer = defineCheck({
  meta: {
    id: 'PIVOT-004',
    slug: 'published-peer',
    area: 'PIVOT',
    severity: 'high',
    title: 'No other server is reached through a published port',
    failureTitle: 'Another server is reached through a port that it publishes on the host',
    description:
      'A published port leads around the separation of networks: the packet goes to the host and comes back into the network of the other server. Whoever has a route to the host has one to every port that is published on all its addresses.',
    remediation:
      'Publish on the loopback (`-p 127.0.0.1:PORT:PORT`), and take the route to the host away from the servers (see HOST-001). What others on the machine need goes through an endpoint that asks for a token.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.9', '5.14'] }],
    framework: ['Inter-container isolation'],
    since: '0.1.0',
  },
  requires: ['peers', 'configuration'],
  uses: ['hostNamespace'],
  evaluate: (input) => judgePeers(input, ['peer-published'], (peer, pairs) => judge(peer, pairs, input)),
});

type Input = CheckInput<'peers' | 'configuration', 'hostNamespace'>;

function judge(peer: Peer, pairs: readonly PairedAttempt[], { target, policy, facts }: Input): Verdict {
  const subject = peer.target.name;
  if (pairs.length === 0) return untried(peer, facts.hostNamespace !== undefined);
  const judged = pairs.map((pair) => ({ pair, handshake: handshakeOf(pair) }));
  const reached = judged.filter(({ handshake }) => handshake === 'session' || handshake === 'asked' || handshake === 'answered');
  const worst = reached.find(({ handshake }) => handshake === 'session') ?? reached[0];
  const common = { subject, expected: 'not reached' } as const;
  if (worst !== undefined) {
    const declared = isDeclaredPeer(
      policy,
      reached.map(({ pair }) => pair),
    );
    const { pair, handshake } = worst;
    const how =
      handshake === 'session'
        ? `a session opened (${serviceText(pair)})`
        : handshake === 'asked'
          ? 'it asks for credentials'
          : 'it answers';
    const message = `${subject} was reached through the host at ${pair.spec.subject}: ${how}.`;
    return {
      ...common,
      status: 'fail',
      message: declared ? `${message} The profile declares it.` : message,
      actual: 'reached',
      evidence: reached.flatMap((one) => evidenceOf(one.pair)),
      reproduce: reproduceAttempt(target, pair),
      ...(declared ? { severity: 'info' } : handshake === 'asked' ? { severity: 'medium' } : {}),
    };
  }
  const evidence = pairs.flatMap(evidenceOf);
  const open = judged.find(({ handshake }) => handshake === 'open');
  if (open !== undefined) {
    const message = `It is open whether ${subject} can be reached at ${open.pair.spec.subject}: ${outcomeText(open.pair)}.`;
    return { ...common, status: 'inconclusive', message, evidence };
  }
  const message = `${subject} was reached at none of the host's addresses, while its published port answers the host.`;
  return { ...common, status: 'pass', message, actual: 'not reached', evidence };
}

function untried(peer: Peer, hostSeen: boolean): Verdict {
  const subject = peer.target.name;
  if (isStopped(peer)) {
    return { status: 'not-applicable', subject, message: `${subject} is ${peer.target.state}: it publishes nothing.` };
  }
  const ports = peer.configuration?.publishedPorts;
  if (ports?.length === 0) return { status: 'not-applicable', subject, message: `${subject} publishes no port on the host.` };
  // Its platform's endpoint is the business of PIVOT-005, a port that nobody serves of nobody.
  if (ports !== undefined && hostSeen && peer.addresses !== undefined) {
    return { status: 'not-applicable', subject, message: `Nobody listens behind the ports that ${subject} publishes.` };
  }
  return { status: 'inconclusive', subject, message: `No published port of ${subject} was tried: it could not be looked at.` };
}
