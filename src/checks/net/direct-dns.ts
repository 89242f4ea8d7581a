import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { NamespaceFacts } from '../../model/observation.ts';
import type { Target } from '../../model/target.ts';
import { judgeAround, sortAround } from '../support/boundary.ts';
import { askedDirectly } from '../support/decide.ts';
import { groupBy, type JudgedPair } from '../support/egress.ts';
import { IPV6_ABSENT, lacksFamily } from '../support/namespace.ts';

export const directDns = defineCheck({
  meta: {
    id: 'NET-011',
    slug: 'direct-dns',
    area: 'NET',
    severity: 'high',
    title: 'No resolver outside is asked directly',
    failureTitle: 'A resolver outside can be asked directly',
    description:
      'A resolver that answers declared names only is worth nothing where programs may ask another one. Port 53 is often left open, by UDP or by TCP, and port 853 (DNS over TLS) is forgotten: each carries any name out, and with it data.',
    remediation:
      'Let nothing out to port 53, by UDP and by TCP, nor to port 853, except from the resolver that you run: attach the server to networks made with `docker network create --internal` only, or drop these ports in the chain DOCKER-USER. Where port 53 is redirected to a resolver of yours, have it refuse what is not declared.',
    references: [],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['dns'],
  uses: ['namespace'],
  evaluate({ facts: { dns, namespace }, policy, target }) {
    const subject = 'resolvers outside';
    if (!policy.restricts)
      return [{ status: 'not-applicable', subject, message: `The declaration restricts nothing: ${policy.summary}.` }];
    const tried = dns.attempts.filter(({ spec }) => spec.purpose === 'direct-dns');
    const undeclared = tried.filter(({ spec }) => !policy.permits(endpointOf(spec)));
    if (undeclared.length > 0)
      return [...groupBy(undeclared, (spec) => spec.subject)].map(([address, group]) =>
        judge(address, group, dns.attempts, target, namespace),
      );
    return tried.length > 0
      ? [{ status: 'not-applicable', subject, message: `Every resolver that was tried is declared: ${policy.summary}.` }]
      : [
          {
            status: 'inconclusive',
            subject,
            message: 'No resolver outside was asked; `--internet ADDRESS:53/udp` names one.',
          },
        ];
  },
});

function endpointOf({ host, port, kind, resolver }: PairedAttempt['spec']) {
  return resolver === undefined
    ? { host, port, protocol: kind === 'udp' ? ('udp' as const) : ('tcp' as const) }
    : { host: resolver.address, port: resolver.port, protocol: resolver.tcp ? ('tcp' as const) : ('udp' as const) };
}

function judge(
  address: string,
  group: readonly PairedAttempt[],
  all: readonly PairedAttempt[],
  target: Target,
  namespace: NamespaceFacts | undefined,
): Verdict {
  const verdict = judgeAround(
    sortAround(group, all, askedDirectly),
    {
      subject: address,
      expected: 'no answer',
      list: waysOf,
      failed: (ways) => `The resolver ${address} answered, past the one of the server: ${ways}`,
      held: (ways) => `The resolver ${address} could not be asked: ${ways}`,
      undecided: (ways) => `It is open whether the resolver ${address} can be asked (${ways})`,
      nothing: (ways) => `The resolver ${address} answers nobody, not even the control: ${ways}`,
    },
    target,
  );
  return verdict.status !== 'fail' && lacksFamily(group, namespace)
    ? { ...verdict, status: 'not-applicable', message: `${address}: ${IPV6_ABSENT}` }
    : verdict;
}

function waysOf(judged: readonly JudgedPair[]): string {
  return judged.map(({ pair: { spec } }) => (spec.resolver === undefined ? 'TLS' : spec.resolver.tcp ? 'TCP' : 'UDP')).join(', ');
}
