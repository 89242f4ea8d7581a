import { internalNetworks } from '../../../../src/checks/net/internal-networks.ts';
import {
  aConfiguration,
  aDeclaration,
  aNamespace,
  aNetwork,
  anInterface,
  anId,
  answered,
  aPair,
  aPolicy,
  connected,
  notRun,
  timeout,
} from '../../../support/observations.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import type { ConfigurationFacts, NamespaceFacts } from '../../../../src/model/observation.ts';
import { runCases } from './cases.ts';

const bridge = aNetwork({
  id: anId('d'),
  name: 'bridge',
  internal: false,
  members: [
    { id: anId('a'), name: 'weather' },
    { id: anId('e'), name: 'postgres' },
  ],
});
const leak = aPair({ target: connected() });
const block = aPair();
const uncontrolled = aPair({ controls: [] });
const broken = aPair({ controls: [timeout()] });
const closedPort = aPair({ spec: { purpose: 'port-boundary', host: 'api.example.com', port: 8080 }, controls: [timeout()] });
const blockedPort = aPair({ spec: { purpose: 'port-boundary', host: 'api.example.com', port: 22 } });
const six = { host: '2001:db8::10' } as const;
const loopbackOnly = aNamespace({ interfaces: [anInterface({ name: 'lo', address: '127.0.0.1', scope: 'host' })] });

function facts(
  configuration: Partial<ConfigurationFacts>,
  attempts: readonly PairedAttempt[],
  namespace: NamespaceFacts | undefined = aNamespace(),
): {
  readonly configuration: ConfigurationFacts;
  readonly egress: { attempts: PairedAttempt[] };
  readonly namespace: NamespaceFacts | undefined;
} {
  return { configuration: aConfiguration(configuration), egress: { attempts: [...attempts] }, namespace };
}

runCases(internalNetworks, {
  valid: [
    {
      name: 'an internal network',
      input: { facts: facts({}, [block]) },
      verdicts: ['pass mcp-internal'],
      says: /does not close the host itself, see HOST-001/,
      shows: [/driver bridge, Internal true/, /members of mcp-internal: weather/],
      reproduce: 'docker network inspect mcp-internal',
    },
    {
      name: 'a filtered bridge',
      input: { facts: facts({ networks: [bridge] }, [block]) },
      verdicts: ['pass bridge'],
      says: /not internal, but it is filtered/,
      shows: [/members of bridge: weather, postgres/, /control on an ordinary bridge: connected/],
    },
    {
      name: 'a filtered bridge, where nothing listens on one port of a declared host',
      input: { facts: facts({ networks: [bridge] }, [closedPort, block]) },
      verdicts: ['pass bridge'],
    },
    {
      name: 'every canary is declared, and a port beside a declared one is blocked',
      input: { facts: facts({ networks: [bridge] }, [leak, blockedPort]), policy: aPolicy({ permits: ['203.0.113.10:443'] }) },
      verdicts: ['pass bridge'],
    },
    {
      name: 'IPv6 is absent inside, so its attempts leave nothing open',
      input: { facts: facts({ networks: [bridge] }, [block, aPair({ spec: six, controls: [timeout()] })]) },
      verdicts: ['pass bridge'],
    },
    {
      name: 'something else than the canary answered',
      input: {
        facts: facts({ networks: [bridge] }, [
          aPair({ spec: { nonce: 'n' }, target: connected({ nonce: 'mismatch' }), controls: [answered()] }),
        ]),
      },
      verdicts: ['pass bridge'],
    },
    {
      name: 'no network',
      input: { facts: facts({ networkMode: 'none', networks: [] }, [], loopbackOnly) },
      verdicts: ['pass network none'],
      says: /loopback alone/,
    },
    {
      name: "no network, listed by the engine as the network 'none'",
      input: {
        facts: facts(
          { networkMode: 'none', networks: [aNetwork({ name: 'none', driver: 'null', internal: false })] },
          [],
          loopbackOnly,
        ),
      },
      verdicts: ['pass network none'],
    },
    {
      name: 'the namespace of another container holds loopback alone',
      input: { facts: facts({ networkMode: `container:${anId('f')}`, networks: [] }, [], loopbackOnly) },
      verdicts: ['pass network of another container'],
    },
    {
      name: 'a mode without engine networks, filtered',
      input: { facts: facts({ networkMode: 'pasta', networks: [] }, [block]) },
      verdicts: ['pass network mode pasta'],
    },
    {
      name: 'an unrestricted server, one verdict a network',
      input: { facts: facts({ networks: [bridge, aNetwork()] }, [leak]), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['not-applicable bridge', 'not-applicable mcp-internal'],
    },
    {
      name: 'an unrestricted server on the host network',
      input: { facts: facts({ networkMode: 'host', networks: [] }, [leak]), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['not-applicable host network'],
    },
    {
      name: 'an unrestricted server without a network',
      input: { facts: facts({ networkMode: 'none', networks: [] }, []), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['not-applicable network none'],
    },
    {
      name: 'the host network is declared',
      input: {
        facts: facts({ networkMode: 'host', networks: [] }, [leak]),
        declaration: aDeclaration({ network: { mode: 'host' } }),
      },
      verdicts: ['not-applicable host network'],
      says: /declares the network mode host/,
    },
  ],
  invalid: [
    {
      name: 'an open bridge',
      input: { facts: facts({ networks: [bridge] }, [block, leak]) },
      verdicts: ['fail bridge'],
      says: /203\.0\.113\.10:443 is not declared and was reached directly/,
      shows: [/driver bridge, Internal false/, /members of bridge: weather, postgres/, /direct, IPv4: connected/],
    },
    {
      name: 'an open bridge without any control',
      input: { facts: facts({ networks: [bridge] }, [aPair({ target: connected(), controls: [] })]) },
      verdicts: ['fail bridge'],
    },
    {
      name: 'a port beside a declared one is reached',
      input: {
        facts: facts({ networks: [bridge] }, [
          block,
          aPair({ spec: { purpose: 'port-boundary', port: 22 }, target: connected() }),
        ]),
      },
      verdicts: ['fail bridge'],
    },
    {
      name: 'IPv6 alone is open',
      input: { facts: facts({ networks: [bridge] }, [block, aPair({ spec: six, target: connected() })]) },
      verdicts: ['fail bridge'],
    },
    {
      name: 'an internal network beside an open one',
      input: { facts: facts({ networks: [aNetwork(), bridge] }, [leak]) },
      verdicts: ['pass mcp-internal', 'fail bridge'],
    },
    {
      name: 'internal networks only, and yet something was reached',
      input: { facts: facts({}, [leak]) },
      verdicts: ['fail mcp-internal'],
      says: /is internal, and yet it leads out/,
    },
    {
      name: 'an internal macvlan, whose segment is open',
      input: { facts: facts({ networks: [aNetwork({ driver: 'macvlan' })] }, [leak]) },
      verdicts: ['fail mcp-internal'],
      says: /driver macvlan, on which Internal withholds a route only/,
    },
    {
      name: 'the host network, whatever was blocked',
      input: {
        facts: facts({ networkMode: 'host', networks: [aNetwork({ name: 'host', driver: 'host', internal: false })] }, [block]),
      },
      verdicts: ['fail host network'],
      reproduce: "docker inspect --format '{{.HostConfig.NetworkMode}}' weather",
    },
    {
      name: 'another network mode than host is declared',
      input: {
        facts: facts({ networkMode: 'host', networks: [] }, []),
        declaration: aDeclaration({ network: { mode: 'none' } }),
      },
      verdicts: ['fail host network'],
    },
    {
      name: 'mode none, and yet something was reached',
      input: { facts: facts({ networkMode: 'none', networks: [] }, [leak], loopbackOnly) },
      verdicts: ['fail network none'],
    },
    {
      name: 'the namespace of another container leads out',
      input: { facts: facts({ networkMode: `container:${anId('f')}`, networks: [] }, [leak]) },
      verdicts: ['fail network of another container'],
    },
    {
      name: 'two networks of one name',
      input: { facts: facts({ networks: [bridge, aNetwork({ name: 'bridge' })] }, [leak]) },
      verdicts: ['fail bridge (dddddddddddd)', 'pass bridge (cccccccccccc)'],
    },
  ],
  undecided: [
    { name: 'no attempts', input: { facts: facts({ networks: [bridge] }, []) }, verdicts: ['inconclusive bridge'] },
    {
      name: 'no control',
      input: { facts: facts({ networks: [bridge] }, [uncontrolled]) },
      verdicts: ['inconclusive bridge'],
      says: /no control was made/,
    },
    {
      name: 'the control failed',
      input: { facts: facts({ networks: [bridge] }, [broken]) },
      verdicts: ['inconclusive bridge'],
      says: /control failed too/,
    },
    {
      name: 'one canary of two is open',
      input: { facts: facts({ networks: [bridge] }, [block, aPair({ spec: { host: '203.0.113.11' }, controls: [] })]) },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'ports only, and no service answers a control',
      input: { facts: facts({ networks: [bridge] }, [closedPort]) },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'nothing was made',
      input: { facts: facts({ networks: [bridge] }, [aPair({ target: notRun() })]) },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'only declared destinations were reached',
      input: { facts: facts({ networks: [bridge] }, [leak]), policy: aPolicy({ permits: ['203.0.113.10:443'] }) },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'only the proxy was tried',
      input: { facts: facts({ networks: [bridge] }, [aPair({ spec: { path: 'proxy' } })]) },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'IPv6 is inside, and its control failed',
      input: {
        facts: facts(
          { networks: [bridge] },
          [block, aPair({ spec: six, controls: [timeout()] })],
          aNamespace({ defaultRoute6: true }),
        ),
      },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'IPv6 may be inside: the namespace was not read',
      input: {
        facts: { ...facts({ networks: [bridge] }, [block, aPair({ spec: six, controls: [timeout()] })]), namespace: undefined },
      },
      verdicts: ['inconclusive bridge'],
    },
    {
      name: 'IPv6 has a default route and was not tried',
      input: { facts: facts({ networks: [bridge] }, [block], aNamespace({ defaultRoute6: true })) },
      verdicts: ['inconclusive bridge'],
      says: /default route for IPv6/,
    },
    {
      name: 'an internal ipvlan without attempts',
      input: { facts: facts({ networks: [aNetwork({ driver: 'ipvlan' })] }, []) },
      verdicts: ['inconclusive mcp-internal'],
    },
    {
      name: 'mode none with an interface inside',
      input: { facts: facts({ networkMode: 'none', networks: [] }, []) },
      verdicts: ['inconclusive network none'],
    },
    {
      name: 'mode none, namespace not read',
      input: { facts: { ...facts({ networkMode: 'none', networks: [] }, []), namespace: undefined } },
      verdicts: ['inconclusive network none'],
    },
    {
      name: 'the namespace of another container, all blocked',
      input: { facts: facts({ networkMode: `container:${anId('f')}`, networks: [] }, [block]) },
      verdicts: ['inconclusive network of another container'],
    },
  ],
});
