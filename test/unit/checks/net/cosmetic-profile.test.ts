import { cosmeticProfile } from '../../../../src/checks/net/cosmetic-profile.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import type { Peer } from '../../../../src/model/check.ts';
import {
  aDeclaration,
  anId,
  aPair,
  aPeer,
  aPolicy,
  aSpec,
  connected,
  proxyDenied,
  timeout,
  unreachable,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const SUBJECT = 'difference that the profile makes';
const egress = (...attempts: readonly PairedAttempt[]) => ({ egress: { attempts: [...attempts] } });
const open = aPair({ target: connected() });
const shut = aPair();
const anything = aDeclaration({ network: { outbound: { insecure_allow_all: true } } });

/** Another server, declared to reach anything, and what it reached. */
const peer = (attempts: readonly PairedAttempt[], overrides: Parameters<typeof aPeer>[0] = {}): Peer =>
  aPeer({
    declaration: anything,
    policy: aPolicy({ permits: 'all', summary: 'any host, any port' }),
    egress: { attempts: [...attempts] },
    ...overrides,
  });

runCases(cosmeticProfile, {
  valid: [
    {
      name: 'it is kept from what an unrestricted server reaches',
      input: { facts: egress(shut), peers: [peer([open])] },
      verdicts: [`pass ${SUBJECT}`],
      says: /1 of 1 undeclared destinations that notes \(any host, any port\) reaches are kept from it/,
      shows: [/control on an ordinary bridge: connected/],
    },
    {
      name: 'a proxy refuses what is open directly elsewhere',
      input: {
        facts: egress(aPair({ spec: aSpec({ path: 'proxy' }), target: proxyDenied() }), shut),
        peers: [peer([open])],
      },
      verdicts: [`pass ${SUBJECT}`],
    },
    {
      name: 'one of two is kept from it',
      input: {
        facts: egress(open, aPair({ spec: aSpec({ port: 80 }) })),
        peers: [peer([open, aPair({ spec: aSpec({ port: 80 }), target: connected() })])],
      },
      verdicts: [`pass ${SUBJECT}`],
      says: /1 of 2/,
    },
    {
      name: 'nothing is restricted',
      input: { facts: egress(open), policy: aPolicy({ permits: 'all' }), peers: [peer([open])] },
      verdicts: [`not-applicable ${SUBJECT}`],
    },
    {
      name: 'all declare the same',
      input: { facts: egress(open), peers: [peer([open], { declaration: aDeclaration() })] },
      verdicts: [`not-applicable ${SUBJECT}`],
      says: /No other server with another declaration/,
    },
    {
      name: 'the other reaches nothing that is forbidden here',
      input: { facts: egress(open), peers: [peer([shut])] },
      verdicts: [`not-applicable ${SUBJECT}`],
      says: /nothing to tell by/,
    },
    {
      name: 'what both may reach says nothing',
      input: { facts: egress(open), policy: aPolicy({ permits: ['203.0.113.10:443'] }), peers: [peer([open])] },
      verdicts: [`not-applicable ${SUBJECT}`],
    },
    {
      name: 'the unrestricted server is asked before one that is merely declared otherwise',
      input: {
        facts: egress(shut, aPair({ spec: aSpec({ port: 80 }), target: connected() })),
        peers: [
          peer([aPair({ spec: aSpec({ port: 80 }), target: connected() })], {
            target: { id: anId('c'), name: 'other' },
            declaration: aDeclaration({ network: { outbound: { allow_port: [80] } } }),
            policy: aPolicy({ permits: [] }),
          }),
          peer([open]),
        ],
      },
      verdicts: [`pass ${SUBJECT}`],
      says: /that notes/,
    },
    {
      name: 'IPv6 that leads nowhere for anybody excuses nothing and hides nothing',
      input: {
        facts: egress(shut, aPair({ spec: aSpec({ family: 6 }), target: unreachable(), controls: [unreachable()] })),
        peers: [peer([open])],
      },
      verdicts: [`pass ${SUBJECT}`],
    },
  ],
  invalid: [
    {
      name: 'it reaches what an unrestricted server reaches',
      input: { facts: egress(open), peers: [peer([open])] },
      verdicts: [`fail ${SUBJECT}`],
      says: /reaches everything undeclared that notes \(any host, any port\) reaches: 203\.0\.113\.10:443\/tcp/,
    },
    {
      name: 'it reaches it by proxy',
      input: { facts: egress(shut, aPair({ spec: aSpec({ path: 'proxy' }), target: connected() })), peers: [peer([open])] },
      verdicts: [`fail ${SUBJECT}`],
    },
  ],
  undecided: [
    {
      name: 'its own attempt is undecided',
      input: { facts: egress(aPair({ controls: [timeout()] })), peers: [peer([open])] },
      verdicts: [`inconclusive ${SUBJECT}`],
    },
    {
      name: 'nobody could look at the other',
      input: { facts: egress(open), peers: [aPeer({ declaration: anything })] },
      verdicts: [`inconclusive ${SUBJECT}`],
      says: /could be looked at/,
    },
  ],
});
