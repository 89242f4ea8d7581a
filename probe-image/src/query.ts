import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { Budget } from './attempt.ts';
import { AttemptFailure, type Made } from './failure.ts';
import type { Resolver } from './resolver.ts';

/** Asks the namespace's own name servers for a name, and reports what they say word for word. */
export async function query(spec: AttemptSpec, budget: Budget, resolver: Resolver): Promise<Made> {
  const answer = await resolver.answer(spec.host, spec.family, budget);
  if (answer.addresses.length > 0) return { outcome: 'connected', answer: { ...answer, addresses: [...answer.addresses] } };
  const outcome = answer.rcode === 'NXDOMAIN' || answer.rcode === 'NOERROR' ? 'nxdomain' : 'servfail';
  throw new AttemptFailure(outcome, 'resolve', answer.rcode, { answer: { ...answer, addresses: [...answer.addresses] } });
}
