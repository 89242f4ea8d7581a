import { directDns } from '../../../../src/checks/net/direct-dns.ts';
import { udpEgress } from '../../../../src/checks/net/udp-egress.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aPair,
  aPolicy,
  connected,
  dnsAnswer,
  notRun,
  outcome,
  refused,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const R = '203.0.113.53';
const zone = dnsAnswer('NXDOMAIN', { soa: 'canary.test' });
const silent = timeout({ phase: 'resolve' });
const dns = (...attempts: readonly PairedAttempt[]) => ({ dns: { attempts: [...attempts] } });
const asked = (tcp: boolean, target: Result = silent, control: Result = zone, address = R) =>
  aPair({
    spec: {
      purpose: 'direct-dns',
      kind: 'dns',
      host: 'd-1.canary.test',
      port: 0,
      family: address.includes(':') ? 6 : 4,
      subject: address,
      resolver: { address, port: 53, tcp },
    },
    target,
    controls: [control],
  });
const overTls = (target: Result, control: Result) =>
  aPair({ spec: { purpose: 'direct-dns', host: R, port: 853, tls: true, subject: R }, target, controls: [control] });

runCases(directDns, {
  valid: [
    {
      name: 'no way leads there, and TLS is not offered',
      input: { facts: dns(asked(false), asked(true), overTls(timeout(), refused())) },
      verdicts: [`pass ${R}`],
      says: /could not be asked: UDP, TCP; open are TLS\./,
    },
    {
      name: 'port 53 leads to a resolver that refuses',
      input: { facts: dns(asked(false, dnsAnswer('REFUSED')), asked(true)) },
      verdicts: [`pass ${R}`],
    },
    {
      name: 'IPv6 is absent inside',
      input: { facts: dns(asked(false, outcome('unreachable', { phase: 'resolve' }), silent, '2001:db8::53')) },
      verdicts: ['not-applicable 2001:db8::53'],
    },
    {
      name: 'the resolver is declared by TCP, and was asked in no other way',
      input: { policy: aPolicy({ permits: [`${R}:53`] }), facts: dns(asked(true, zone)) },
      verdicts: ['not-applicable resolvers outside'],
    },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: dns(asked(false, zone)) },
      verdicts: ['not-applicable resolvers outside'],
    },
  ],
  invalid: [
    {
      name: 'UDP',
      input: { facts: dns(asked(false, zone), asked(true)) },
      verdicts: [`fail ${R}`],
      says: /answered, past the one of the server: UDP\./,
      shows: [/d-1\.canary\.test of 203\.0\.113\.53 by UDP direct/],
      reproduce: `docker run --rm --network container:weather busybox nslookup d-1.canary.test ${R}`,
    },
    { name: 'TCP alone', input: { facts: dns(asked(false), asked(true, zone)) }, verdicts: [`fail ${R}`], says: /TCP\./ },
    {
      name: 'TLS alone',
      input: {
        facts: dns(
          asked(false),
          overTls(connected({ peer: { certificate: 'a'.repeat(64) } }), connected({ peer: { certificate: 'a'.repeat(64) } })),
        ),
      },
      verdicts: [`fail ${R}`],
      says: /TLS\./,
    },
  ],
  undecided: [
    {
      name: 'port 53 leads to a sinkhole, which may ask others',
      input: { facts: dns(asked(false, dnsAnswer('NOERROR', { addresses: ['198.51.100.9'] })), asked(true)) },
      verdicts: [`inconclusive ${R}`],
    },
    {
      name: 'silent to the control as well',
      input: { facts: dns(asked(false, silent, silent)) },
      verdicts: [`inconclusive ${R}`],
    },
    { name: 'not made', input: { facts: dns(asked(false, notRun())) }, verdicts: [`inconclusive ${R}`] },
    {
      name: 'none was named',
      input: { facts: dns() },
      verdicts: ['inconclusive resolvers outside'],
      says: /--internet ADDRESS:53\/udp/,
    },
  ],
});

runCases(udpEgress, {
  valid: [
    {
      name: 'the only peers are resolvers, which another check judges',
      input: { facts: { ...dns(asked(false, zone)), udp: { attempts: [] } } },
      verdicts: ['not-applicable undeclared peers by UDP'],
      says: /NET-011/,
    },
  ],
  invalid: [],
  undecided: [
    {
      name: 'no peer by UDP at all',
      input: { facts: { ...dns(asked(true, zone)), udp: { attempts: [] } } },
      verdicts: ['inconclusive undeclared peers by UDP'],
    },
  ],
});
