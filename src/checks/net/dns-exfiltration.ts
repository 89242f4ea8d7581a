import { defineCheck, type Verdict } from '../../model/check.ts';
import { carriedOut } from '../support/decide.ts';
import { groupBy, leakiest } from '../support/egress.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';

export const dnsExfiltration = defineCheck({
  meta: {
    id: 'NET-010',
    slug: 'dns-exfiltration',
    area: 'NET',
    severity: 'high',
    title: 'The resolver carries no undeclared name out',
    failureTitle: 'The resolver carries undeclared names out',
    description:
      'A query for `SECRET.example.com` is delivered to whoever runs the zone, whether or not a connection follows. A resolver that forwards any name is a channel out of a network that is closed otherwise; even NXDOMAIN, when it comes from the zone, shows that the name got there.',
    remediation:
      'Use a resolver that answers declared names only and refuses the rest. On an internal network upgrade the engine: Docker before 23.0.11, all of 24.0, and 25.0.0 to 25.0.4 forward from internal networks (CVE-2024-29018), Podman does with aardvark-dns before 1.11. Detach the server from every network that is not internal, since one such network re-enables forwarding, and set no `--dns` server that can be reached from inside and forwards. Without a network (`--network none`) there is no resolver at all.',
    references: [
      { source: 'NIST SP 800-190', ids: ['4.4.2'] },
      { source: 'MITRE ATT&CK', ids: ['T1071.004'] },
    ],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['dns'],
  evaluate({ facts: { dns }, policy, target }) {
    const subject = 'undeclared names';
    if (!policy.restricts)
      return [{ status: 'not-applicable', subject, message: `The declaration restricts nothing: ${policy.summary}.` }];
    if (policy.resolvesAnyName) {
      const message = `The declaration opens ports to any public host, so any name may be resolved: ${policy.summary}.`;
      return [{ status: 'not-applicable', subject, message }];
    }
    const queries = dns.attempts.filter(({ spec }) => spec.purpose === 'dns-exfiltration');
    if (queries.length === 0) return [{ status: 'inconclusive', subject, message: 'No canary name was asked for.' }];
    return [...groupBy(queries, (spec) => spec.subject)].flatMap(([name, group]): readonly Verdict[] => {
      const decisive = leakiest(group, carriedOut);
      if (decisive === undefined) return [];
      const { pair, reach } = decisive;
      const facts = {
        subject: name,
        expected: 'no query leaves',
        actual: pair.target.answer?.rcode ?? pair.target.outcome,
        evidence: group.flatMap(evidenceOf),
        reproduce: reproduceAttempt(target, pair),
      } as const;
      switch (reach.state) {
        case 'reached':
          return [{ ...facts, status: 'fail', message: `A query for an undeclared name left: ${reach.why}.` }];
        case 'undecided':
          return [
            { ...facts, status: 'inconclusive', message: `It is open whether queries for undeclared names leave: ${reach.why}.` },
          ];
        case 'elsewhere':
        case 'blocked':
          return [{ ...facts, status: 'pass', message: `The query for an undeclared name did not leave: ${reach.why}.` }];
      }
    });
  },
});
