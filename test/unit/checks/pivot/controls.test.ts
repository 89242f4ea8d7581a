import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../../src/checks/registry.ts';
import { MANAGEMENT_APIS } from '../../../../src/model/management-apis.ts';
import { AttemptOutcome, type AttemptSpec, type PairedAttempt } from '../../../../src/model/attempt.ts';
import { aNamespace, aPeer, aPolicy, aSpec, judge, type Result } from '../../../support/observations.ts';

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Leaves out what is undefined: the model has optional members, not undefined ones. */
function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

const ADDRESSES = ['172.30.0.1', '172.30.0.3', '198.51.100.1', '127.0.0.1', 'fd00::1', 'notes'] as const;
const PEER = { ...aPeer(), addresses: ['172.30.0.3'] };

const result = fc
  .record({
    outcome: some(AttemptOutcome.enum),
    phase: maybe(some(['resolve', 'connect', 'tls', 'http', 'mcp'] as const)),
    elapsedMs: fc.nat(5000),
    tries: fc.nat(3),
    nonce: maybe(some(['matched', 'mismatch'] as const)),
    peer: maybe(
      fc
        .record({
          status: maybe(some([200, 401, 404])),
          service: maybe(some(['application/json "version"', 'OK', '\u001b[2J'])),
          tools: maybe(fc.nat(5)),
          called: maybe(
            some(['answered', 'tool-error', 'refused', 'not-offered', 'no-answer'] as const).map((result) => ({ result })),
          ),
        })
        .map(present),
    ),
  })
  .map((value) => present(value) as Result);
const api = some(MANAGEMENT_APIS);
const spec = fc
  .record({
    purpose: some([
      'host-canary',
      'host-loopback',
      'host-service',
      'management',
      'peer-canary',
      'peer-port',
      'peer-session',
      'peer-published',
      'platform-proxy',
    ] as const),
    host: some(ADDRESSES),
    port: some([1, 22, 8080]),
    prefix: some(['host-service:closed:', 'host-service:', 'management:given:', 'management:']),
    nonce: maybe(fc.constant('n')),
    call: maybe(fc.constant({ readOnly: true } as const)),
    api: maybe(api),
  })
  .map(({ prefix, api: known, ...value }) =>
    aSpec(
      present({
        ...value,
        id: `${prefix}${value.host}:${value.port}`,
        peer: PEER.target.id,
        ...(known !== undefined && { port: known.ports[0], request: known.signs[0]?.path }),
      }) as Partial<AttemptSpec>,
    ),
  );
const pair = (controls: fc.Arbitrary<readonly Result[]>): fc.Arbitrary<PairedAttempt> =>
  fc.record({ spec, target: result, controls }).map((value) => ({
    spec: value.spec,
    target: { id: value.spec.id, ...value.target },
    controls: value.controls.map((attempt) => ({ vantage: 'host', attempt: { id: value.spec.id, ...attempt } })),
  }));
/** As a planner makes them: of one purpose each endpoint once. */
const pairs = (controls: fc.Arbitrary<readonly Result[]>) =>
  fc.uniqueArray(pair(controls), {
    maxLength: 8,
    selector: ({ spec: { purpose, subject } }) => `${purpose} ${subject}`,
  });

const policies = [aPolicy(), aPolicy({ permits: ['notes:8080', '172.30.0.1:22'] }), aPolicy({ permits: 'all' })];
const cases = CHECKS.filter(({ requires }) =>
  requires.some((kind) => kind === 'host' || kind === 'management' || kind === 'peers'),
).map((check) => [check.meta.id, check] as const);

function statuses(check: (typeof cases)[number][1], attempts: readonly PairedAttempt[], policy = aPolicy()): readonly string[] {
  const kind = { attempts: [...attempts] };
  const namespace = aNamespace({ aliases: [{ name: 'host.docker.internal', addresses: ['172.30.0.1'] }] });
  const facts = { host: kind, management: kind, peers: kind, namespace };
  return judge(check, { facts, policy, peers: [PEER] }).map(({ status }) => status);
}

/** Tries a property when it is called; the error holds the smallest counterexample. */
function trying<Ts extends [unknown, ...unknown[]]>(property: fc.IPropertyWithHooks<Ts>, numRuns = 400): () => void {
  return () => fc.assert(property, { numRuns });
}

describe('no control, no pass', () => {
  it('covers every check of attempts at the host and at peers', () => {
    expect(cases.map(([id]) => id)).toEqual([
      'HOST-001',
      'HOST-002',
      'HOST-003',
      'HOST-004',
      'HOST-005',
      'PIVOT-001',
      'PIVOT-002',
      'PIVOT-003',
      'PIVOT-004',
      'PIVOT-005',
      'AUTH-001',
    ]);
  });

  it.each(cases)('%s passes nothing without a control', (_id, check) => {
    const property = fc.property(
      pairs(fc.constant([])),
      some(policies),
      (attempts, policy) => !statuses(check, attempts, policy).includes('pass'),
    );
    expect(trying(property)).not.toThrow();
  });

  it.each(cases)('%s passes nothing beside controls that were not made', (_id, check) => {
    const unmade = fc.array(
      some(['not-run', 'probe-error'] as const).map((outcome): Result => ({ outcome, elapsedMs: 0, tries: 0 })),
      { maxLength: 2 },
    );
    const property = fc.property(
      pairs(unmade),
      some(policies),
      (attempts, policy) => !statuses(check, attempts, policy).includes('pass'),
    );
    expect(trying(property)).not.toThrow();
  });

  // What AUTH-001 says of an API, the host was told.
  it.each(cases.filter(([id]) => id !== 'AUTH-001'))('%s decides nothing by attempts that were not made', (_id, check) => {
    const property = fc.property(
      pairs(fc.array(result, { maxLength: 2 })),
      some(['not-run', 'probe-error'] as const),
      (attempts, outcome) => {
        const unmade = attempts.map((one) => ({ ...one, target: { id: one.spec.id, outcome, elapsedMs: 0, tries: 0 } }));
        return statuses(check, unmade).every((status) => status !== 'pass' && status !== 'fail');
      },
    );
    expect(trying(property)).not.toThrow();
  });
});
