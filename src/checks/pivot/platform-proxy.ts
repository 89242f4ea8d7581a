import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type CheckInput, type Peer, type Verdict } from '../../model/check.ts';
import { endpointText } from '../support/endpoint.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { handshakeOf, outcomeText, serviceText } from '../support/offers.ts';
import { isDeclaredPeer, isStopped, judgePeers } from '../support/peers.ts';

export const platformProxy = defineCheck({
  meta: {
    id: 'PIVOT-005',
    slug: 'platform-proxy',
    area: 'PIVOT',
    severity: 'critical',
    title: "No session opens at another server's platform endpoint",
    failureTitle: "A session opens at another server's platform endpoint without credentials",
    description:
      'Platforms put a proxy before each server, on the host. It is meant for the clients of the local user, and often trusts whoever reaches it: a server with a route to the host then has the tools of all others, whatever separates their containers.',
    remediation:
      'Let the proxy require a token (OIDC with ToolHive, the bearer token of `bulkhead run`), keep it on 127.0.0.1, and take the route to the host away from the servers (see HOST-001).',
    references: [],
    framework: ['MCP proxy authentication', 'The pivot test'],
    since: '0.1.0',
  },
  requires: ['peers'],
  evaluate: (input) => judgePeers(input, ['platform-proxy'], judge),
});

function judge(peer: Peer, pairs: readonly PairedAttempt[], { target, policy }: CheckInput<'peers'>): Verdict {
  const subject = peer.target.name;
  const { endpoint } = peer.target;
  if (endpoint === undefined && pairs.length === 0) {
    const message = `No platform offers ${subject} on the host, as far as its labels and files say.`;
    return { status: 'not-applicable', subject, message };
  }
  if (pairs.length === 0) {
    if (isStopped(peer))
      return { status: 'not-applicable', subject, message: `${subject} is ${peer.target.state}: it offers nothing.` };
    const where = endpoint === undefined ? subject : endpointText(endpoint.address, endpoint.port);
    return {
      status: 'inconclusive',
      subject,
      message: `The endpoint of ${subject} (${where}) was not tried: no address of the host is known.`,
    };
  }
  const judged = pairs.map((pair) => ({ pair, handshake: handshakeOf(pair) }));
  const opened = judged.filter(({ handshake }) => handshake === 'session').map(({ pair }) => pair);
  const [first] = opened;
  const common = { subject, expected: 'no session' } as const;
  if (first !== undefined) {
    const declared = isDeclaredPeer(policy, opened);
    const message = `A session with ${subject} (${serviceText(first)}) opened at ${first.spec.subject}, without credentials.`;
    return {
      ...common,
      status: 'fail',
      message: declared ? `${message} The profile declares it.` : message,
      actual: 'a session',
      evidence: opened.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, first),
      ...(declared ? { severity: 'info' } : {}),
    };
  }
  const evidence = pairs.flatMap(evidenceOf);
  const open = judged.find(({ handshake }) => handshake === 'open' || handshake === 'answered');
  if (open !== undefined) {
    const message = `It is open whether a session with ${subject} opens at ${open.pair.spec.subject}: ${outcomeText(open.pair)}.`;
    return { ...common, status: 'inconclusive', message, evidence };
  }
  const asked = judged.filter(({ handshake }) => handshake === 'asked').length;
  const message =
    asked > 0
      ? `The endpoint of ${subject} can be reached through the host, and asks for credentials.`
      : `No session with ${subject} opened at any address of the host, while its endpoint answers the host.`;
  return { ...common, status: 'pass', message, actual: 'no session', evidence };
}
