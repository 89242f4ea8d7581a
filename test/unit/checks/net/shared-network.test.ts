import { sharedNetwork } from '../../../../src/checks/net/shared-network.ts';
import type { Profile } from '../../../../src/model/profile.ts';
import { aConfiguration, aDeclaration, aNetwork, anId, aPeer } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const together = [
  { id: anId('a'), name: 'weather' },
  { id: anId('b'), name: 'notes' },
];
const shared = aNetwork({ name: 'bridge', internal: false, members: together });
const github: Profile = { network: { outbound: { allow_host: ['api.github.com'], allow_port: [443, 80] } } };

const on = (...networks: readonly ReturnType<typeof aNetwork>[]) => ({
  configuration: aConfiguration({ networks: [...networks] }),
});
const declaring = (profile: Profile) => [aPeer({ declaration: aDeclaration(profile) })];

runCases(sharedNetwork, {
  valid: [
    {
      name: 'alone',
      input: { facts: on(aNetwork()), peers: declaring(github) },
      verdicts: ['pass mcp-internal'],
      says: /No other audited server.*\(1 members/,
    },
    {
      name: 'beside a container that is no target',
      input: { facts: on(shared), peers: [] },
      verdicts: ['pass bridge'],
      says: /2 members/,
      shows: [/members of bridge: weather, notes/],
    },
    {
      name: 'the same declaration',
      input: { facts: on(shared), declaration: aDeclaration(github), peers: declaring(github) },
      verdicts: ['pass bridge'],
      says: /All 2 audited servers/,
    },
    {
      name: 'the same declaration by another name, from elsewhere, in another order',
      input: {
        facts: on(shared),
        declaration: aDeclaration({ name: 'one', ...github }),
        peers: [
          aPeer({
            declaration: aDeclaration(
              { network: { outbound: { allow_port: [80, 443], allow_host: ['api.github.com'] } }, name: 'two' },
              { source: 'label' },
            ),
          }),
        ],
      },
      verdicts: ['pass bridge'],
    },
    {
      name: 'absent and empty mean the same',
      input: {
        facts: on(shared),
        peers: declaring({
          read: [],
          write: [],
          privileged: false,
          network: { outbound: { insecure_allow_all: false, allow_host: [], allow_port: [] }, inbound: { allow_host: [] } },
        }),
      },
      verdicts: ['pass bridge'],
    },
    {
      name: 'no network',
      input: { facts: { configuration: aConfiguration({ networkMode: 'none', networks: [] }) }, peers: declaring(github) },
      verdicts: ['not-applicable networks'],
    },
    {
      name: 'whoever lends it its network has none',
      input: {
        facts: {
          configuration: aConfiguration({
            networkMode: `container:${anId('f')}`,
            networks: [aNetwork({ name: 'none', driver: 'null' })],
          }),
        },
        peers: declaring(github),
      },
      verdicts: ['not-applicable networks'],
    },
    {
      name: 'the network none is no network, even with members',
      input: { facts: on(aNetwork({ name: 'none', driver: 'null', members: together })), peers: declaring(github) },
      verdicts: ['not-applicable networks'],
    },
  ],
  invalid: [
    {
      name: 'another declaration on the default bridge',
      input: { facts: on(shared), peers: declaring(github) },
      verdicts: ['fail bridge'],
      says: /other declarations: notes\./,
      shows: [/notes is declared by flag/],
      reproduce: 'docker network inspect bridge',
    },
    {
      name: 'another port',
      input: {
        facts: on(shared),
        declaration: aDeclaration(github),
        peers: declaring({ network: { outbound: { allow_host: ['api.github.com'], allow_port: [443] } } }),
      },
      verdicts: ['fail bridge'],
    },
    {
      name: 'another file',
      input: { facts: on(shared), declaration: aDeclaration({ read: ['/a'] }), peers: declaring({ read: ['/b'] }) },
      verdicts: ['fail bridge'],
    },
    {
      name: 'reading is not writing',
      input: { facts: on(shared), declaration: aDeclaration({ read: ['/a'] }), peers: declaring({ write: ['/a'] }) },
      verdicts: ['fail bridge'],
    },
    {
      name: 'one network of two',
      input: { facts: on(aNetwork(), shared), peers: declaring(github) },
      verdicts: ['pass mcp-internal', 'fail bridge'],
    },
    {
      name: 'one neighbour of two',
      input: {
        facts: on(aNetwork({ name: 'bridge', members: [...together, { id: anId('c'), name: 'files' }] })),
        peers: [aPeer(), aPeer({ target: { id: anId('c'), name: 'files' }, declaration: aDeclaration(github) })],
      },
      verdicts: ['fail bridge'],
      says: /other declarations: files\./,
    },
  ],
  undecided: [
    {
      name: 'no members are listed',
      input: { facts: on(aNetwork({ members: [] })), peers: declaring(github) },
      verdicts: ['inconclusive mcp-internal'],
      says: /not even this server/,
    },
    {
      name: 'whoever lent it its network is gone',
      input: {
        facts: { configuration: aConfiguration({ networkMode: `container:${anId('f')}`, networks: [] }) },
        peers: declaring(github),
      },
      verdicts: ['inconclusive networks'],
      says: /does not know any more/,
    },
  ],
});
