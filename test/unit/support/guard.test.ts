import { describe, expect, it } from 'vitest';
import { assertLabCanary, LAB_INTERNET } from '../../support/audit.ts';
import { DEFAULT_INTERNET } from '../../../src/probes/defaults.ts';
import { endpointText } from '../../../src/probes/address.ts';

describe('the guard of the lab tests', () => {
  it('lets the stand-in internet through', () => {
    for (const canary of LAB_INTERNET) expect(() => assertLabCanary(canary)).not.toThrow();
  });
  it.each([
    ...DEFAULT_INTERNET.map(({ host, port, protocol }) => `${endpointText(host, port)}/${protocol}`),
    '169.254.169.254:80',
    '10.0.0.1:80',
    '[fd00::1]:80',
    'canary.test.example.com:443',
  ])('refuses %s', (canary) => expect(() => assertLabCanary(canary)).toThrow(/not in the lab/));
});
