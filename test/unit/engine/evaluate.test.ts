import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../src/engine/evaluate.ts';
import type { ObservationBundle } from '../../../src/model/bundle.ts';
import { defineCheck, type Check, type CheckMeta } from '../../../src/model/check.ts';
import type { ObservationSet } from '../../../src/model/observation.ts';
import { aBundle } from '../../support/bundle.ts';
import { aNamespace, aTarget } from '../../support/observations.ts';

const meta: CheckMeta = {
  id: 'NET-999',
  slug: 'example',
  area: 'NET',
  severity: 'high',
  title: 'It holds',
  failureTitle: 'It does not hold',
  description: 'why',
  remediation: 'what',
  references: [],
  framework: [],
  since: '0.1.0',
};

function bundle(observations: ObservationSet): ObservationBundle {
  return aBundle({
    target: aTarget({ name: 'one' }),
    declaration: { profile: {}, source: 'none', location: 'none', remarks: [] },
    observations,
  });
}

function check(evaluateIt: Check['evaluate'] = () => [{ status: 'pass', subject: 's', message: 'm' }]): Check {
  return defineCheck({ meta, requires: ['namespace'], evaluate: evaluateIt });
}

const seen: ObservationSet = { namespace: { state: 'observed', facts: aNamespace() } };

describe('evaluate', () => {
  it.each<readonly [string, ObservationSet, string]>([
    ['was not gathered', {}, 'inconclusive'],
    ['was not available', { namespace: { state: 'unavailable', reason: 'paused' } }, 'inconclusive'],
    ['could not be read', { namespace: { state: 'errored', error: { code: 'x', message: 'broken' } } }, 'error'],
  ])('does not ask a check whose evidence %s', (_, observations, status) => {
    const never = check(() => {
      throw new Error('asked');
    });
    const [finding] = evaluate(bundle(observations), [never]);
    expect(finding?.status).toBe(status);
    expect(finding?.message).toMatch(/^Could not look/);
  });

  it('turns a check that throws or says nothing into an error, never a pass', () => {
    const throwing = check(() => {
      throw new Error('boom');
    });
    expect(evaluate(bundle(seen), [throwing]).map(({ status }) => status)).toEqual(['error']);
    expect(evaluate(bundle(seen), [check(() => [])]).map(({ status }) => status)).toEqual(['error']);
  });

  it('hands over only the kinds that a check names', () => {
    let kinds: readonly string[] = [];
    evaluate(bundle({ ...seen, udp: { state: 'observed', facts: { attempts: [] } } }), [
      check(({ facts }) => {
        kinds = Object.keys(facts);
        return [{ status: 'pass', subject: 's', message: 'm' }];
      }),
    ]);
    expect(kinds).toEqual(['namespace']);
  });

  it('gives a fingerprint that depends on check, target and subject alone', () => {
    const one = evaluate(bundle(seen), [check()])[0]?.fingerprint;
    const other = evaluate(bundle(seen), [check(() => [{ status: 'fail', subject: 's', message: 'else' }])])[0]?.fingerprint;
    const third = evaluate(bundle(seen), [check(() => [{ status: 'pass', subject: 't', message: 'm' }])])[0]?.fingerprint;
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(other).toBe(one);
    expect(third).not.toBe(one);
  });
});
