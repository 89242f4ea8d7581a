import { defineCheck, type Verdict } from '../../model/check.ts';
import type { ConfigurationFacts, NamespaceFacts, NetworkAttachment } from '../../model/observation.ts';
import type { Target } from '../../model/target.ts';
import { reproduceInspect } from '../support/evidence.ts';
import { exitsOf, type Exits } from '../support/exits.ts';
import { namespaceEvidence, onlyLoopback } from '../support/namespace.ts';
import { attachedNetworks, networkEvidence, reproduceNetwork } from '../support/networks.ts';

export const internalNetworks = defineCheck({
  meta: {
    id: 'NET-002',
    slug: 'internal-networks',
    area: 'NET',
    severity: 'high',
    title: 'A restricted server is attached to internal or filtered networks only',
    failureTitle: 'A restricted server is attached to a network that leads out',
    description:
      'An ordinary bridge routes to everything the host can reach. A profile that restricts egress means nothing on such a network unless something on the way enforces it; proxy variables do not, because a program may ignore them.',
    remediation:
      'Create the network with `docker network create --internal NAME` and, on Docker Engine 28 or newer, add `-o com.docker.network.bridge.gateway_mode_ipv4=isolated` (and `gateway_mode_ipv6`), so that the host is closed too. A server on stdio that needs no network runs with `--network none`. Give servers that need some destinations a filtering proxy that sits on the internal network and on an outer one, and detach them from every other network.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.30'] }],
    framework: ['Default network posture', 'The bridge test'],
    since: '0.1.0',
  },
  requires: ['configuration', 'egress'],
  uses: ['namespace'],
  evaluate({ facts: { configuration, egress, namespace }, declaration, policy, target }) {
    const mode = configuration.networkMode;
    const attached = attachedNetworks(configuration);
    const subjects =
      mode === 'host' ? ['host network'] : attached.length > 0 ? attached.map(({ subject }) => subject) : [modeSubject(mode)];
    if (!policy.restricts) {
      const message = `The declaration restricts nothing (${policy.summary}), so no network has to be closed.`;
      return subjects.map((subject) => ({ status: 'not-applicable', subject, message }) as const);
    }
    if (mode === 'host') return [hostVerdict(declaration.profile.network?.mode === 'host', target)];
    const exits = exitsOf(egress.attempts, policy, namespace);
    if (attached.length === 0) return [detachedVerdict(configuration, target, exits, namespace)];
    const everyClosed = attached.every(({ network }) => isClosed(network));
    return attached.map(({ subject, network }) => networkVerdict(subject, network, exits, everyClosed));
  },
});

/** Internal macvlan and ipvlan networks lack a route and nothing else: their segment stays open (Docker and Podman documentation). */
function isClosed({ internal, driver }: NetworkAttachment): boolean {
  return internal && driver !== 'macvlan' && driver !== 'ipvlan';
}

function networkVerdict(subject: string, network: NetworkAttachment, exits: Exits, everyClosed: boolean): Verdict {
  const facts = {
    subject,
    expected: 'Internal: true, or a filter that works',
    actual: `Internal: ${network.internal}`,
    evidence: [...networkEvidence(network), ...exits.evidence],
    reproduce: reproduceNetwork(network),
  } as const;
  if (isClosed(network)) {
    // With another way out the flag is not in doubt; without one, what was seen outweighs what is configured.
    if (everyClosed && exits.state === 'open') {
      return { ...facts, status: 'fail', message: `Network ${network.name} is internal, and yet it leads out: ${exits.why}.` };
    }
    const message = `Network ${network.name} is internal: nothing is forwarded out of it. That does not close the host itself, see HOST-001.`;
    return { ...facts, status: 'pass', message };
  }
  const what = network.internal ? `of driver ${network.driver}, on which Internal withholds a route only` : 'not internal';
  switch (exits.state) {
    case 'open':
      return { ...facts, status: 'fail', message: `Network ${network.name} is ${what}, and nothing filters it: ${exits.why}.` };
    case 'closed':
      return { ...facts, status: 'pass', message: `Network ${network.name} is ${what}, but it is filtered: ${exits.why}.` };
    case 'undecided':
      return {
        ...facts,
        status: 'inconclusive',
        message: `Network ${network.name} is ${what}, and whether a filter works is open: ${exits.why}.`,
      };
  }
}

function hostVerdict(declared: boolean, target: Target): Verdict {
  const facts = {
    subject: 'host network',
    actual: 'host',
    reproduce: reproduceInspect(target, '{{.HostConfig.NetworkMode}}'),
  } as const;
  if (declared) {
    const message = 'The profile itself declares the network mode host; what can be reached from there is measured by NET-004.';
    return { ...facts, status: 'not-applicable', message };
  }
  const message = 'The server runs in the network of the host, which nothing restricts.';
  return {
    ...facts,
    status: 'fail',
    expected: 'a network that is internal or filtered',
    evidence: ['network mode: host'],
    message,
  };
}

/** No network is listed: mode `none`, a namespace that belongs to another container, or a mode without engine networks. */
function detachedVerdict(
  { networkMode }: ConfigurationFacts,
  target: Target,
  exits: Exits,
  namespace: NamespaceFacts | undefined,
): Verdict {
  const facts = {
    subject: modeSubject(networkMode),
    expected: 'no way out',
    actual: networkMode,
    evidence: [
      `network mode: ${networkMode}`,
      ...(namespace === undefined ? [] : namespaceEvidence(namespace)),
      ...exits.evidence,
    ],
    reproduce: reproduceInspect(target, '{{.HostConfig.NetworkMode}}'),
  } as const;
  if (exits.state === 'open') {
    return { ...facts, status: 'fail', message: `No network is listed (mode ${networkMode}), and yet ${exits.why}.` };
  }
  if (namespace !== undefined && onlyLoopback(namespace)) {
    return {
      ...facts,
      status: 'pass',
      message: `The server has no network: its namespace holds loopback alone (mode ${networkMode}).`,
    };
  }
  if (exits.state === 'closed' && !networkMode.startsWith('container:')) {
    return {
      ...facts,
      status: 'pass',
      message: `No network is listed (mode ${networkMode}), and there is no way out: ${exits.why}.`,
    };
  }
  const doubt = networkMode.startsWith('container:')
    ? 'it belongs to another container, whose networks are not known'
    : exits.why;
  return { ...facts, status: 'inconclusive', message: `Whether the network of mode ${networkMode} leads out is open: ${doubt}.` };
}

/** The id in `container:ID` changes with every start of the other container, so it stays out of subjects. */
function modeSubject(mode: string): string {
  if (mode === 'none') return 'network none';
  return mode.startsWith('container:') ? 'network of another container' : `network mode ${mode}`;
}
