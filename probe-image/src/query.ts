import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { askServer } from './dns-client.ts';
import { AttemptFailure, type Made } from './failure.ts';
import type { Resolver } from './resolver.ts';

/** Asks the namespace's own name servers for a name, or the one that is named, and reports what is said word for word. */
export async function query(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Made> {
  const { host, family } = spec;
  const answer = await (spec.resolver === undefined
    ? resolver.answer(host, family, budget)
    : askServer(spec.resolver, host, family, budget));
  if (answer.addresses.length > 0) return { outcome: 'connected', answer: { ...answer, addresses: [...answer.addresses] } };
  const outcome = answer.rcode === 'NXDOMAIN' || answer.rcode === 'NOERROR' ? 'nxdomain' : 'servfail';
  throw new AttemptFailure(outcome, 'resolve', answer.rcode, { answer: { ...answer, addresses: [...answer.addresses] } });
}
