import { describe, expect, it } from 'vitest';
import { somethingAnswered } from '../../../../src/checks/support/answer.ts';
import { reachOf } from '../../../../src/checks/support/decide.ts';
import { aPair, aSpec, connected, outcome } from '../../../support/observations.ts';

const spec = aSpec({ kind: 'mcp', host: '172.30.0.3', port: 8080 });

describe('an attempt whose time is up', () => {
  it.each([
    ['connect', 'blocked', 'no'],
    ['resolve', 'blocked', 'no'],
    ['tls', 'undecided', 'yes'],
    ['http', 'undecided', 'yes'],
    ['mcp', 'undecided', 'yes'],
  ] as const)('in phase %s is %s', (phase, state, answered) => {
    const target = outcome('timeout', { phase });
    const pair = aPair({ spec, target, controls: [connected({ phase: 'mcp' })] });
    expect(reachOf(pair).state).toBe(state);
    expect(somethingAnswered(pair.target)).toBe(answered);
  });
});
