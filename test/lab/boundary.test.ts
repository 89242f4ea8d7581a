import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/report.ts';
import { audit, statuses, type AuditResult } from '../support/audit.ts';
import { Fixtures } from '../support/fixtures.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { proxyScript, sinkholeScript, WALL } from '../support/scripts.ts';

/** Proxies that each make one of the usual mistakes; the profile is that of `profile`. */
const PROXIES = {
  exact: { allow: "host === 'api.allowed.test' && port === 443", named: true, profile: 'api' },
  'blind-to-tls': { allow: "host === 'api.allowed.test' && port === 443", named: false, profile: 'api' },
  'by-domain': { allow: "host.endsWith('allowed.test') && port === 443", named: true, profile: 'api' },
  'by-suffix': { allow: "host.endsWith('allowed.test') && port === 443", named: true, profile: 'tree' },
  'by-prefix': { allow: "host.startsWith('allowed.test') && port === 443", named: true, profile: 'tree' },
  'any-port': { allow: "host === 'api.allowed.test'", named: true, profile: 'api' },
  addresses: { allow: "host === 'api.allowed.test' && port === 443 || /^[0-9.]+$/.test(host)", named: false, profile: 'api' },
} as const;
type ProxyName = keyof typeof PROXIES;

describe.skipIf(NO_LAB)(`${LAB_NAME}: what lies just beyond a declaration`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let result: AuditResult;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    const directory = path.join(session.lab.sharedDir, 'boundary');
    await mkdir(directory, { recursive: true });
    const profile = async (name: string, ...hosts: string[]): Promise<void> => {
      const outbound = { allow_host: hosts, allow_port: [443] };
      await writeFile(path.join(directory, `${name}.json`), JSON.stringify({ network: { outbound } }));
    };
    await Promise.all([profile('api', 'api.allowed.test'), profile('tree', '.allowed.test'), profile('lonely', 'blocked.test')]);

    const inner = await fixtures.network('boundary-inner', { Internal: true });
    const outer = await fixtures.network('boundary-outer');
    for (const [name, { allow, named }] of Object.entries(PROXIES)) {
      const proxy = await fixtures.run({
        name: `proxy-${name}`,
        script: proxyScript(allow, named),
        network: inner,
        networks: [outer],
      });
      const url = `http://${await fixtures.address(proxy, inner)}:3128`;
      await fixtures.run({ name, network: inner, env: [`HTTPS_PROXY=${url}`, `HTTP_PROXY=${url}`] });
    }
    const wall = await fixtures.run({ name: 'wall', script: WALL, network: outer });
    const sinkhole = await fixtures.run({
      name: 'sinkhole',
      script: sinkholeScript(await fixtures.address(wall, outer)),
      network: outer,
    });
    const Dns = [await fixtures.address(sinkhole, outer)];
    await fixtures.run({ name: 'sunk', network: outer, host: { Dns } });
    await fixtures.run({ name: 'lonely', network: outer });

    const file = (name: string): string => path.join(directory, `${name}.json`);
    result = await audit(session, {
      names: [...Object.keys(PROXIES), 'sunk', 'lonely'],
      profiles: [
        ...Object.entries(PROXIES).map(([name, proxy]) => `${name}=${file(proxy.profile)}`),
        'sunk=none',
        `lonely=${file('lonely')}`,
      ],
      neighbors: ['evilallowed.test:443', 'allowed.test.operator.test:443', 'tenant.test:443'],
    });
  });
  afterAll(async () => fixtures?.remove());

  const failed = (target: ProxyName, check: string): string =>
    result
      .of(target, check)
      .filter(({ status }) => status === 'fail')
      .map(({ subject, actual }) => `${subject} ${actual ?? ''}`)
      .join('; ');

  it('an exact proxy that reads the greeting of TLS holds all of it', () => {
    for (const check of ['NET-005', 'NET-007', 'NET-008', 'NET-009']) {
      const findings = result.of('exact', check);
      expect(statuses(findings), JSON.stringify(findings, undefined, 1)).toBe('pass');
    }
    // It is no wall around everything: what is declared is reached.
    expect(statuses(result.of('exact', 'NET-006'))).toBe('pass');
    const [names] = result.of('exact', 'NET-008').filter(({ subject }) => subject === 'api.allowed.test');
    const evidence = names?.evidence.join('\n') ?? '';
    for (const asked of [
      'allowed.test:443',
      'www.allowed.test:443',
      '203.0.113.10:443',
      '3405803786:443',
      '0xcb00710a:443',
      'ALLOWED.TEST.:443',
    ]) {
      expect(evidence).toContain(`${asked}/tcp`);
    }
  });

  it.each<[ProxyName, string, RegExp]>([
    ['blind-to-tls', 'NET-009', /tenant\.test on 443 by proxy/],
    ['by-domain', 'NET-008', /api\.allowed\.test reached: .*\ballowed\.test:443 by proxy/],
    ['by-domain', 'NET-008', /evilallowed\.test:443 reached/],
    ['by-suffix', 'NET-008', /evilallowed\.test:443 reached/],
    ['by-prefix', 'NET-008', /allowed\.test\.operator\.test:443 reached/],
    ['any-port', 'NET-007', /api\.allowed\.test reached: .*8080 by proxy/],
    ['addresses', 'NET-008', /203\.0\.113\.10:443 by proxy/],
  ])('a proxy %s fails %s', (target, check, reached) => {
    expect(failed(target, check)).toMatch(reached);
  });

  it('no mistake is told by another check than its own', () => {
    expect(failed('blind-to-tls', 'NET-008')).toBe('');
    expect(failed('by-suffix', 'NET-009')).toBe('');
    expect(failed('any-port', 'NET-008')).toBe('');
    expect(failed('by-suffix', 'NET-008')).not.toMatch(/operator/);
  });

  it('names that nobody has leave nothing undecided', () => {
    const findings = result.of('lonely', 'NET-008').filter(({ subject }) => subject === 'blocked.test');
    expect(findings.map(({ status }) => status)).toEqual(['not-applicable']);
    expect(findings[0]?.message).toMatch(/www\.blocked\.test:443/);
  });

  describe('behind a resolver that answers every name with a wall', () => {
    const of = (check: string, subject: string): Finding | undefined =>
      result.of('sunk', check).find((finding) => finding.subject === subject);
    it('a block page with status 200 is not the destination', () => {
      expect(of('NET-004', 'canary.test:80')).toMatchObject({ status: 'pass', message: expect.stringMatching(/another peer/) });
    });
    it('a listener that swallows is neither the destination nor a wall', () => {
      expect(of('NET-004', 'canary.test:443')).toMatchObject({ status: 'inconclusive' });
    });
    it('an address is reached all the same', () => {
      expect(of('NET-004', '203.0.113.10:80')?.status).toBe('fail');
    });
    it('an answer of its own does not show that the query left', () => {
      expect(statuses(result.of('sunk', 'NET-010'))).toBe('inconclusive');
    });
    it('the resolver outside is asked past it', () => {
      expect(of('NET-011', '203.0.113.53')).toMatchObject({ status: 'fail', actual: 'reached: UDP, TCP' });
    });
  });
});
