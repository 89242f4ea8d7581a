import { describe, expect, it } from 'vitest';
import { destinationsOf } from '../../../src/commands/settings.ts';
import type { Config } from '../../../src/model/config.ts';
import { DEFAULT_INTERNET } from '../../../src/probes/defaults.ts';

const NONE = { internet: [], management: [], private: [], neighbor: [] };
const found = (config: Config) => ({ config, file: 'bulkhead.yaml', directory: '/', discovered: true });

describe('what is dialled', () => {
  it('by default', () => {
    expect(destinationsOf(NONE, undefined)).toEqual({
      internet: DEFAULT_INTERNET,
      useInternet: true,
      management: [],
      private: [],
      neighbors: [],
    });
  });

  const config: Config = {
    canaries: { internet: ['canary.example:7/udp'], neighbors: ['api2.example:443'], private: ['10.0.0.5:5432'] },
    management: ['127.0.0.1:8080'],
  };
  it('by the file', () => {
    expect(destinationsOf(NONE, found(config))).toEqual({
      internet: [{ host: 'canary.example', port: 7, protocol: 'udp' }],
      useInternet: true,
      management: [{ host: '127.0.0.1', port: 8080 }],
      private: [{ host: '10.0.0.5', port: 5432 }],
      neighbors: [{ host: 'api2.example', port: 443 }],
    });
  });

  it('by flags, which replace the lists of the file', () => {
    const flags = { internet: ['other.example:1'], management: ['127.0.0.2:1'], private: [], neighbor: [] };
    expect(destinationsOf(flags, found(config))).toMatchObject({
      internet: [{ host: 'other.example', port: 1, protocol: 'tcp' }],
      management: [{ host: '127.0.0.2', port: 1 }],
      private: [{ host: '10.0.0.5', port: 5432 }],
    });
  });

  it('never outside, when either says so', () => {
    const closed = { internet: [], useInternet: false };
    expect(destinationsOf({ ...NONE, internet: false }, found(config))).toMatchObject(closed);
    expect(destinationsOf(NONE, found({ canaries: { internet: [] } }))).toMatchObject(closed);
  });

  it('names the place in the file of what is no endpoint', () => {
    expect(() => destinationsOf(NONE, found({ management: ['x:99999'] }))).toThrow(/bulkhead\.yaml, management/);
  });
});
