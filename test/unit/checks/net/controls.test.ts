import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carriedOut, controlSucceeded, reachOf } from '../../../../src/checks/support/decide.ts';
import { AttemptOutcome, AttemptPurpose, type AttemptSpec, type PairedAttempt } from '../../../../src/model/attempt.ts';
import type { ObservationMap } from '../../../../src/model/observation.ts';
import {
  aConfiguration,
  aNamespace,
  aNetwork,
  anInterface,
  aPolicy,
  aSpec,
  judge,
  type Result,
} from '../../../support/observations.ts';
import { CHECKS } from './checks.ts';

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Leaves out what is undefined: the model has optional members, not undefined ones. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

const answer = fc
  .record({
    rcode: some(['NOERROR', 'NXDOMAIN', 'SERVFAIL', 'REFUSED']),
    addresses: fc.array(some(['203.0.113.7', '127.0.0.1']), { maxLength: 2 }),
    soa: maybe(some(['canary.example', '.'])),
    server: fc.constant('127.0.0.11'),
  })
  .map(present);
const peer = fc
  .record({
    certificate: maybe(some(['a'.repeat(64), 'b'.repeat(64)])),
    authorized: maybe(fc.boolean()),
    status: maybe(some([200, 403, 407, 503])),
    server: maybe(some(['nginx', 'squid'])),
    banner: maybe(some(['SSH-2.0-a', '220 mail'])),
  })
  .map(present);
const result = fc
  .record({
    outcome: some(AttemptOutcome.enum),
    phase: maybe(some(['resolve', 'connect', 'proxy', 'tls', 'http', 'mcp'] as const)),
    elapsedMs: fc.nat(5000),
    tries: fc.nat(3),
    nonce: maybe(some(['matched', 'mismatch'] as const)),
    detail: maybe(some(['403', '407', 'HTTP 503', 'ECONNREFUSED', ''])),
    peer: maybe(peer),
    answer: maybe(answer),
  })
  .map((value) => present(value) as Result);
const spec = fc
  .record({
    purpose: some(AttemptPurpose.enum),
    kind: some(['tcp', 'udp', 'dns', 'http'] as const),
    host: some(['203.0.113.10', '2001:db8::10', 'api.example.com', '169.254.169.254']),
    port: some([53, 80, 443]),
    family: some([4, 6] as const),
    path: some(['direct', 'proxy'] as const),
    nonce: maybe(fc.constant('n')),
  })
  .map((value) => aSpec(present(value) as Partial<AttemptSpec>));
const control = fc.record({ vantage: some(['bridge', 'host', 'peer'] as const), result });
const pair: fc.Arbitrary<PairedAttempt> = fc
  .record({ spec, target: result, controls: fc.array(control, { maxLength: 3 }) })
  .map((value) => ({
    spec: value.spec,
    target: { id: value.spec.id, ...value.target },
    controls: value.controls.map((one) => ({ vantage: one.vantage, attempt: { id: value.spec.id, ...one.result } })),
  }));

const CONNECTED: readonly AttemptOutcome[] = ['connected', 'unauthorized', 'other-protocol'];

/** What a proxy said by itself: the one refusal that needs no control. */
function isRefusal({ spec: { path }, target }: PairedAttempt): boolean {
  return path === 'proxy' && target.outcome === 'proxy-denied' && (target.peer?.status ?? Number(target.detail)) === 403;
}

/** All attempts go to every kind that holds attempts, as from a planner that has gone wrong. */
function factsOf(attempts: readonly PairedAttempt[]): Partial<ObservationMap> {
  const kind = { attempts: [...attempts] };
  return {
    configuration: aConfiguration({
      networks: [aNetwork({ internal: false })],
      proxyVariables: [{ name: 'HTTP_PROXY', value: 'http://egress:3128' }],
    }),
    namespace: aNamespace({
      interfaces: [anInterface(), anInterface({ address: '2001:db8:1::2', family: 6 })],
      defaultRoute6: true,
    }),
    egress: kind,
    udp: kind,
    dns: kind,
    metadata: kind,
  };
}

const policies = [aPolicy(), aPolicy({ permits: ['203.0.113.10:443', 'api.example.com:80'] }), aPolicy({ permits: 'all' })];
/** Those that judge attempts; the others read what the engine says. */
const judging = CHECKS.filter(({ requires }) => requires.some((kind) => ['egress', 'udp', 'dns', 'metadata'].includes(kind)));

const cases = judging.map((check) => [check.meta.id, check] as const);

/** Tries a property when it is called; the error holds the smallest counterexample. */
function trying<Ts extends [unknown, ...unknown[]]>(property: fc.IPropertyWithHooks<Ts>, numRuns: number): () => void {
  return () => fc.assert(property, { numRuns });
}

describe('no control, no block', () => {
  it('says blocked beside a control that succeeded, and never else', () => {
    expect(
      trying(
        fc.property(
          pair,
          (one) => reachOf(one).state !== 'blocked' || (controlSucceeded(one) && !CONNECTED.includes(one.target.outcome)),
        ),
        2000,
      ),
    ).not.toThrow();
  });

  it('says elsewhere beside a control that connected, or on the word of the proxy', () => {
    const supported = (one: PairedAttempt) =>
      isRefusal(one) || one.controls.some(({ attempt }) => attempt.outcome === 'connected');
    expect(
      trying(
        fc.property(pair, (one) => reachOf(one).state !== 'elsewhere' || supported(one)),
        2000,
      ),
    ).not.toThrow();
  });

  it('says of a query that it stayed inside only when a control heard an answer', () => {
    const heard = ({ controls }: PairedAttempt) =>
      controls.some(({ attempt }) => (attempt.answer?.addresses.length ?? 0) > 0 || attempt.answer?.soa !== undefined);
    expect(
      trying(
        fc.property(pair, (one) => ['reached', 'undecided'].includes(carriedOut(one).state) || heard(one)),
        2000,
      ),
    ).not.toThrow();
  });

  it.each(cases)('%s passes nothing when all controls are taken away', (id, check) => {
    expect(
      trying(
        fc.property(fc.array(pair, { maxLength: 6 }), some(policies), (pairs, policy) => {
          const bare = pairs.map((one) => ({ ...one, controls: [] }));
          return judge(check, { facts: factsOf(bare), policy }).every(({ status, subject }) => {
            // A declared destination that answered is proof in itself, and so is a proxy's own refusal.
            const about = bare.filter(({ spec: { subject: endpoint, host } }) => endpoint === subject || host === subject);
            const proof =
              id === 'NET-006' ? about.some(({ target }) => CONNECTED.includes(target.outcome)) : about.some(isRefusal);
            return status !== 'pass' || proof;
          });
        }),
        1000,
      ),
    ).not.toThrow();
  });

  it.each(cases)('%s decides nothing by attempts that were not made', (_id, check) => {
    expect(
      trying(
        fc.property(
          fc.array(pair, { maxLength: 6 }),
          some(policies),
          some(['not-run', 'probe-error'] as const),
          (pairs, policy, outcome) => {
            const unmade = pairs.map((one) => ({ ...one, target: { id: one.spec.id, outcome, elapsedMs: 0, tries: 0 } }));
            return judge(check, { facts: factsOf(unmade), policy }).every(({ status }) => status !== 'pass' && status !== 'fail');
          },
        ),
        500,
      ),
    ).not.toThrow();
  });
});
