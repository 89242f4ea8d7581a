import { describe, expect, it } from 'vitest';
import { comparedCanaries, plannedRuns } from '../../../src/comparison/plan.ts';
import type { InternetCanary } from '../../../src/probes/context.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';

const INTERNET: readonly InternetCanary[] = [
  { host: '203.0.113.10', port: 80, protocol: 'tcp' },
  { host: 'canary.test', port: 443, protocol: 'tcp' },
  { host: 'canary.test', port: 53, protocol: 'udp' },
];
const given = (host: string) => ({ profile: { network: { outbound: { allow_host: [host] } } }, location: `${host}.json` });

describe('the runs of a comparison', () => {
  it('are the defaults, a profile and full isolation; the first named canary makes the profile', () => {
    const runs = plannedRuns([], INTERNET);
    expect(runs.map(({ id, way }) => `${id} ${way}`)).toEqual(['defaults defaults', 'profile profile', 'isolated isolated']);
    expect(runs[0]?.profile).toBeUndefined();
    expect(runs[0]?.measure).toBe(runs[1]?.profile);
    expect(runs[1]?.profile).toEqual({ network: { outbound: { allow_host: ['canary.test'], allow_port: [443] } } });
    expect(runs[2]?.profile).toBe(BUILT_IN_PROFILES.none);
  });
  it('are two where two profiles are given', () => {
    const runs = plannedRuns([given('a.test'), given('b.test')], INTERNET);
    expect(runs.map(({ id, location }) => `${id}: ${location}`)).toEqual([
      'first profile: a.test.json',
      'second profile: b.test.json',
    ]);
  });
  it('are all tried at what any of them declares, once', () => {
    const runs = plannedRuns([given('a.test'), given('canary.test')], INTERNET);
    const extra = comparedCanaries(runs, INTERNET).slice(INTERNET.length);
    expect(extra.map(({ host, port }) => `${host}:${port}`)).toEqual(['a.test:80', 'a.test:443', 'canary.test:80']);
  });
});
