import { dnsExfiltration } from '../../../../src/checks/net/dns-exfiltration.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import { aPair, aPolicy, dnsAnswer, notRun, probeError, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const Z = 'canary.example';
const dns = (...attempts: readonly PairedAttempt[]) => ({ dns: { attempts: [...attempts] } });
const asked = (target: Result, controls: readonly Result[]) =>
  aPair({ spec: { purpose: 'dns-exfiltration', kind: 'dns', host: `x7f3.${Z}`, port: 0, subject: Z }, target, controls });
const record = dnsAnswer('NOERROR', { addresses: ['203.0.113.7'] });
const zone = dnsAnswer('NXDOMAIN', { soa: Z });
const servfail = dnsAnswer('SERVFAIL');

runCases(dnsExfiltration, {
  valid: [
    {
      name: 'SERVFAIL while the control hears the zone',
      input: { facts: dns(asked(servfail, [zone])) },
      verdicts: [`pass ${Z}`],
      says: /SERVFAIL, while the control heard NXDOMAIN from zone canary\.example/,
      reproduce: `docker run --rm --network container:weather busybox nslookup x7f3.${Z}`,
    },
    { name: 'NXDOMAIN of its own', input: { facts: dns(asked(dnsAnswer('NXDOMAIN'), [record])) }, verdicts: [`pass ${Z}`] },
    { name: 'silence', input: { facts: dns(asked(timeout(), [record])) }, verdicts: [`pass ${Z}`] },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: dns(asked(record, [record])) },
      verdicts: ['not-applicable undeclared names'],
    },
    {
      name: 'ports are open to any host, whose names must be resolved',
      input: { policy: aPolicy({ resolvesAnyName: true }), facts: dns(asked(record, [record])) },
      verdicts: ['not-applicable undeclared names'],
      says: /any name may be resolved/,
    },
  ],
  invalid: [
    {
      name: 'the record came back',
      input: { facts: dns(asked(record, [record])) },
      verdicts: [`fail ${Z}`],
      says: /NOERROR 203\.0\.113\.7/,
      shows: [/203\.0\.113\.7/],
    },
    { name: 'NXDOMAIN from the zone', input: { facts: dns(asked(zone, [zone])) }, verdicts: [`fail ${Z}`] },
    { name: 'NXDOMAIN from the zone, without a control', input: { facts: dns(asked(zone, [])) }, verdicts: [`fail ${Z}`] },
    { name: 'one query of two', input: { facts: dns(asked(servfail, [zone]), asked(zone, [zone])) }, verdicts: [`fail ${Z}`] },
  ],
  undecided: [
    { name: 'no canary name', input: { facts: dns() }, verdicts: ['inconclusive undeclared names'], says: /No canary name/ },
    { name: 'no control', input: { facts: dns(asked(servfail, [])) }, verdicts: [`inconclusive ${Z}`] },
    {
      name: 'the control failed: the zone is down',
      input: { facts: dns(asked(servfail, [servfail])) },
      verdicts: [`inconclusive ${Z}`],
    },
    {
      name: 'the control heard an answer that anybody could give',
      input: { facts: dns(asked(servfail, [dnsAnswer('NXDOMAIN')])) },
      verdicts: [`inconclusive ${Z}`],
    },
    {
      name: 'another answer than the control: a local wildcard',
      input: { facts: dns(asked(record, [zone])) },
      verdicts: [`inconclusive ${Z}`],
    },
    { name: 'not made', input: { facts: dns(asked(notRun(), [zone])) }, verdicts: [`inconclusive ${Z}`] },
    { name: 'the client broke', input: { facts: dns(asked(probeError(), [zone])) }, verdicts: [`inconclusive ${Z}`] },
    { name: 'garbage: attempts of another purpose', input: { facts: dns(aPair()) }, verdicts: ['inconclusive undeclared names'] },
  ],
});
