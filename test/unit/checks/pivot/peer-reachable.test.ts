import { peerReachable } from '../../../../src/checks/pivot/peer-reachable.ts';
import {
  anId,
  answered,
  aPeer,
  aPolicy,
  connected,
  notRun,
  outcome,
  refused,
  timeout,
  unreachable,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { ADDRESS, facts, NOTES, notes, STOPPED, towards, UNSEEN } from './peers.ts';

const peers = [NOTES];
const port = { purpose: 'peer-port', port: 8080 } as const;
const byName = { host: 'notes' } as const;
const unresolved = outcome('nxdomain', { phase: 'resolve' });

runCases(peerReachable, {
  valid: [
    { name: 'one server alone', input: { facts: facts() }, verdicts: ['not-applicable other servers'] },
    {
      name: 'silence at its address, while the canary beside it lives',
      input: { peers, facts: facts(towards({}, timeout())) },
      verdicts: ['pass notes'],
      shows: [/control beside the peer: connected/],
    },
    { name: 'a peer without an address', input: { peers: [notes([])], facts: facts() }, verdicts: ['not-applicable notes'] },
    {
      name: 'a peer that does not run',
      input: { peers: [STOPPED], facts: facts() },
      verdicts: ['not-applicable notes'],
      says: /is exited/,
    },
    {
      name: 'its name does not resolve, its address is closed',
      input: { peers, facts: facts(towards({}, unreachable()), towards(byName, unresolved, [unresolved])) },
      verdicts: ['pass notes'],
    },
    {
      name: 'a port that is closed for the peer itself, where the canary decides',
      input: { peers, facts: facts(towards({}, timeout()), towards(port, timeout(), [refused()])) },
      verdicts: ['pass notes'],
    },
    {
      name: 'two peers of one name are two subjects',
      input: {
        peers: [NOTES, { ...aPeer({ target: { id: anId('c') } }), addresses: [] }],
        facts: facts(towards({}, timeout())),
      },
      verdicts: ['pass notes (bbbbbbbbbbbb)', 'not-applicable notes (cccccccccccc)'],
    },
  ],
  invalid: [
    {
      name: 'the canary beside it answers',
      input: { peers, facts: facts(towards({}, answered())) },
      verdicts: ['fail notes'],
      says: /^notes was reached at 172\.30\.0\.3 \(canary beside it\)\.$/,
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 172.30.0.3 40003',
    },
    { name: 'without a control', input: { peers, facts: facts(towards({}, answered(), [])) }, verdicts: ['fail notes'] },
    {
      name: 'one address of several',
      input: {
        peers: [notes([ADDRESS, '10.9.0.3'])],
        facts: facts(towards({}, timeout()), towards({ host: '10.9.0.3' }, answered())),
      },
      verdicts: ['fail notes'],
      says: /10\.9\.0\.3/,
    },
    {
      name: 'a port, though its canary is kept away',
      input: { peers, facts: facts(towards({}, timeout()), towards(port, connected())) },
      verdicts: ['fail notes'],
    },
    {
      name: 'by name alone',
      input: { peers, facts: facts(towards({}, timeout()), towards(byName, answered())) },
      verdicts: ['fail notes'],
    },
    {
      name: 'declared, by name and port',
      input: {
        peers,
        facts: facts(towards({}, timeout()), towards({ ...byName, ...port }, connected())),
        policy: aPolicy({ permits: ['notes:8080'] }),
      },
      verdicts: ['fail notes (info)'],
      says: /The profile declares it\.$/,
    },
    {
      name: 'declared on one port, reached on another',
      input: {
        peers,
        facts: facts(towards({ ...port, port: 9090 }, connected()), towards(port, connected())),
        policy: aPolicy({ permits: [`${ADDRESS}:8080`] }),
      },
      verdicts: ['fail notes'],
    },
    {
      name: '"any host" is not about neighbours',
      input: { peers, facts: facts(towards({}, answered())), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['fail notes'],
    },
    {
      name: 'each peer apart',
      input: {
        peers: [NOTES, UNSEEN].map((peer, i) => ({
          ...peer,
          target: { ...peer.target, ...(i === 1 && { id: anId('c'), name: 'mail' }) },
        })),
        facts: facts(towards({}, answered())),
      },
      verdicts: ['fail notes', 'inconclusive mail'],
    },
    {
      name: 'a peer with a hostile name',
      input: {
        peers: [{ ...NOTES, target: { ...NOTES.target, name: "no'tes\u001b[31m" } }],
        facts: facts(towards({}, answered())),
      },
      verdicts: ["fail no'tes\u001b[31m"],
    },
  ],
  undecided: [
    {
      name: 'nobody could look at its network',
      input: { peers: [UNSEEN], facts: facts() },
      verdicts: ['inconclusive notes'],
      says: /its network could not be looked at/,
    },
    { name: 'it has addresses and none was tried', input: { peers, facts: facts() }, verdicts: ['inconclusive notes'] },
    { name: 'no control', input: { peers, facts: facts(towards({}, timeout(), [])) }, verdicts: ['inconclusive notes'] },
    {
      name: 'the control failed',
      input: { peers, facts: facts(towards({}, timeout(), [timeout()])) },
      verdicts: ['inconclusive notes'],
    },
    { name: 'not made', input: { peers, facts: facts(towards({}, notRun())) }, verdicts: ['inconclusive notes'] },
    {
      name: 'its name alone was tried, and does not resolve',
      input: { peers, facts: facts(towards(byName, unresolved)) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'one of its addresses was not tried',
      input: { peers: [notes([ADDRESS, 'fd00::3'])], facts: facts(towards({}, timeout())) },
      verdicts: ['inconclusive notes'],
      says: /nothing was decided at fd00::3/,
    },
    {
      name: 'a port that nobody answers, without a canary',
      input: { peers, facts: facts(towards(port, refused(), [refused()])) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'a connection to a port was made and reset, though its canary is kept away',
      input: { peers, facts: facts(towards({}, timeout()), towards(port, outcome('reset', { phase: 'http' }))) },
      verdicts: ['inconclusive notes'],
    },
    {
      name: 'attempts at another peer',
      input: { peers, facts: facts(towards({ peer: anId('d') }, timeout())) },
      verdicts: ['inconclusive notes'],
    },
  ],
});
