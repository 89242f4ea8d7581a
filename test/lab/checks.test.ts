import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabProcess } from '../../lab/types.ts';
import { CHECKS } from '../../src/checks/registry.ts';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import { audit, statuses, type AuditResult } from '../support/audit.ts';
import { expectAgreement, valuesOf } from '../support/matrix.ts';
import { Fixtures } from '../support/fixtures.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { guardedEndpoint, proxyScript, socketOnTcp } from '../support/scripts.ts';
import { toolhiveApi, toolhiveLabels, toolhiveProxy } from '../support/toolhive.ts';

/**
 * Every check on a real engine: a server that leaks, one that is tight, and a client that cannot look. Where a
 * case needs what an engine lacks, it is left out by name with the reason.
 */
const EXACT = { network: { outbound: { allow_host: ['canary.test'], allow_port: [443] } } };

describe.skipIf(NO_LAB)(`${LAB_NAME}: every check`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let result: AuditResult;
  let broken: AuditResult;
  let engineOnTcp: LabProcess | undefined;
  let privilegedRuns = false;
  const names = [
    'leaky',
    'tight',
    'privileged',
    'hostnet',
    'by-open-proxy',
    'by-exact-proxy',
    'api-by-open-proxy',
    'exact-on-bridge',
    'exact-without',
    'six',
    'peer-a',
    'peer-b',
    'guarded',
  ];

  beforeAll(async () => {
    session = await openLab();
    const { lab, docker } = session;
    fixtures = new Fixtures(docker);
    const data = path.join(lab.sharedDir, 'data');
    await mkdir(data, { recursive: true });
    const profiles = path.join(lab.sharedDir, 'profiles');
    await mkdir(profiles, { recursive: true });
    const profile = async (name: string, value: object): Promise<string> => {
      const file = path.join(profiles, `${name}.json`);
      await writeFile(file, JSON.stringify(value));
      return file;
    };
    const exact = await profile('exact', EXACT);
    const api = await profile('api', { network: { outbound: { allow_host: ['api.allowed.test'], allow_port: [443] } } });
    const reads = await profile('reads', { read: [`${data}:/data`] });

    const inner = await fixtures.network('check-inner', { Internal: true });
    const outer = await fixtures.network('check-outer');
    const shared = await fixtures.network('check-shared');
    const six = await fixtures.network('check-six', { EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:bad:cafe::/64' }] } });
    const openProxy = await fixtures.run({ name: 'open-proxy', script: proxyScript('true'), network: inner, networks: [outer] });
    const exactProxy = await fixtures.run({
      name: 'exact-proxy',
      script: proxyScript("host === 'canary.test' && port === 443", true),
      network: inner,
      networks: [outer],
    });
    await fixtures.run({ name: 'management', script: toolhiveApi('0.0.0.0', 8080), network: 'host' });
    await fixtures.run({ name: 'management-oidc', script: toolhiveApi('127.0.0.1', 50_001, true), network: 'host' });
    engineOnTcp = await lab.spawn('host', [process.execPath, '-e', socketOnTcp('127.0.0.1', 2375, lab.socketPath)]);
    const by = async (id: string): Promise<readonly string[]> => [
      `HTTPS_PROXY=http://${await fixtures.address(id, inner)}:3128`,
      `http_proxy=http://${await fixtures.address(id, inner)}:3128`,
    ];

    await fixtures.run({
      name: 'leaky',
      server: 'everything',
      host: {
        CapAdd: ['SYS_ADMIN'],
        SecurityOpt: ['seccomp=unconfined'],
        Binds: [`${data}:/data`, '/etc:/host-etc:ro', `${lab.socketPath}:/var/run/docker.sock`],
        ExtraHosts: ['host.docker.internal:172.17.0.1'],
      },
    });
    await fixtures.run({
      name: 'tight',
      network: 'none',
      user: '65532:65532',
      host: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true, Binds: [`${data}:/data:ro`] },
    });
    // Where the machine itself lacks a capability, as in many sandboxes, no engine can start a privileged container.
    privilegedRuns = await fixtures.run({ name: 'privileged', network: 'none', host: { Privileged: true } }).then(
      () => true,
      () => false,
    );
    await fixtures.run({ name: 'hostnet', network: 'host' });
    await fixtures.run({ name: 'by-open-proxy', network: inner, env: await by(openProxy) });
    await fixtures.run({ name: 'by-exact-proxy', network: inner, env: await by(exactProxy) });
    await fixtures.run({ name: 'api-by-open-proxy', network: inner, env: await by(openProxy) });
    await fixtures.run({ name: 'exact-on-bridge', network: 'bridge' });
    await fixtures.run({ name: 'exact-without', network: 'none' });
    await fixtures.run({ name: 'six', network: six });
    const peer = await fixtures.run({
      name: 'peer-a',
      server: 'everything',
      network: shared,
      labels: toolhiveLabels('peer-a', 13_001, 'streamable-http'),
      host: { PortBindings: { '3001/tcp': [{ HostPort: '3001' }] } },
    });
    const upstream = `http://${await fixtures.address(peer, shared)}:3001`;
    await fixtures.run({ name: 'peer-a-proxy', script: toolhiveProxy('0.0.0.0', 13_001, upstream), network: 'host' });
    await fixtures.run({
      name: 'guarded',
      script: guardedEndpoint(3001),
      exposed: 3001,
      host: { PortBindings: { '3001/tcp': [{ HostIp: '127.0.0.1', HostPort: '3002' }] } },
    });
    await fixtures.run({ name: 'peer-b', network: shared });

    const request = {
      names,
      profiles: [
        `leaky=${reads}`,
        `tight=${reads}`,
        'privileged=none',
        'hostnet=none',
        'by-open-proxy=none',
        `by-exact-proxy=${exact}`,
        `api-by-open-proxy=${api}`,
        `exact-on-bridge=${exact}`,
        `exact-without=${exact}`,
        'six=none',
        'peer-a=network',
        'guarded=none',
      ],
      // It wants an argument and gets none: it runs, and says so.
      call: { tool: 'echo' },
      neighbors: ['tenant.test:443'],
      private: ['10.203.113.10:80'],
    };
    result = await audit(session, request);
    broken = await audit(session, { ...request, image: await ensureNodeImage(docker) });
  });
  afterAll(async () => {
    await engineOnTcp?.stop();
    await fixtures?.remove();
  });

  const LEAKS: readonly (readonly [string, string])[] = [
    ['NET-001', 'peer-b'],
    ['NET-002', 'leaky'],
    ['NET-003', 'peer-b'],
    ['NET-004', 'leaky'],
    ['NET-005', 'by-open-proxy'],
    ['NET-006', 'exact-without'],
    ['NET-007', 'exact-on-bridge'],
    ['NET-008', 'api-by-open-proxy'],
    ['NET-009', 'api-by-open-proxy'],
    ['NET-010', 'leaky'],
    ['NET-011', 'leaky'],
    ['NET-012', 'leaky'],
    ['NET-013', 'six'],
    ['NET-014', 'leaky'],
    ['NET-015', 'leaky'],
    ['NET-016', 'hostnet'],
    ['NET-018', 'exact-on-bridge'],
    ['HOST-001', 'leaky'],
    ['HOST-002', 'hostnet'],
    ['HOST-003', 'leaky'],
    ['HOST-004', 'leaky'],
    ['HOST-005', 'leaky'],
    ['HOST-006', 'leaky'],
    ['PIVOT-001', 'peer-b'],
    ['PIVOT-002', 'peer-b'],
    ['PIVOT-003', 'peer-b'],
    ['PIVOT-004', 'peer-b'],
    ['PIVOT-005', 'peer-b'],
    ['PIVOT-006', 'leaky'],
    ['AUTH-001', 'leaky'],
    ['AUTH-002', 'peer-a'],
    ['AUTH-003', 'peer-a'],
    ['AUTH-004', 'peer-a'],
    ['HARD-001', 'privileged'],
    ['HARD-002', 'leaky'],
    ['HARD-003', 'leaky'],
    ['HARD-004', 'leaky'],
    ['HARD-005', 'leaky'],
    ['HARD-006', 'leaky'],
    ['FS-001', 'leaky'],
    ['FS-002', 'leaky'],
    ['FS-004', 'leaky'],
    ['FS-005', 'leaky'],
  ];
  it.each(LEAKS)('%s fails on %s', (check, target) => {
    const findings = result.of(target, check);
    expect(statuses(findings), JSON.stringify(findings, undefined, 1)).toContain('fail');
  });

  const TIGHT: readonly (readonly [string, string, string])[] = [
    ['NET-001', 'tight', 'pass'],
    ['NET-002', 'tight', 'pass'],
    ['NET-003', 'tight', 'not-applicable'],
    ['NET-004', 'tight', 'pass'],
    ['NET-005', 'by-exact-proxy', 'pass'],
    ['NET-006', 'by-exact-proxy', 'pass'],
    ['NET-007', 'by-exact-proxy', 'pass'],
    ['NET-008', 'by-exact-proxy', 'pass'],
    ['NET-009', 'by-exact-proxy', 'pass'],
    ['NET-010', 'tight', 'pass'],
    ['NET-011', 'tight', 'pass'],
    ['NET-012', 'tight', 'pass'],
    // Without IPv6 inside there is nothing to judge; that is an observation, no failed attempt.
    ['NET-013', 'tight', 'not-applicable'],
    ['NET-014', 'tight', 'not-applicable pass'],
    ['NET-015', 'tight', 'pass'],
    ['NET-016', 'tight', 'pass'],
    ['NET-018', 'by-exact-proxy', 'pass'],
    ['HOST-001', 'tight', 'not-applicable pass'],
    ['HOST-002', 'tight', 'pass'],
    ['HOST-003', 'tight', 'pass'],
    ['HOST-004', 'tight', 'pass'],
    ['HOST-005', 'tight', 'not-applicable pass'],
    // Podman writes names of its host into every container, also where nothing leads to it.
    ['HOST-006', 'tight', ENGINE === 'podman' ? 'not-applicable' : 'pass'],
    ['PIVOT-001', 'tight', 'not-applicable pass'],
    ['PIVOT-002', 'tight', 'not-applicable pass'],
    ['PIVOT-003', 'tight', 'not-applicable pass'],
    ['PIVOT-004', 'tight', 'not-applicable pass'],
    ['PIVOT-005', 'tight', 'not-applicable pass'],
    ['PIVOT-006', 'six', 'pass'],
    // Of the host's two APIs one asks for a token.
    ['AUTH-001', 'tight', 'fail pass'],
    ['AUTH-002', 'guarded', 'pass'],
    ['AUTH-003', 'guarded', 'pass'],
    ['AUTH-004', 'guarded', 'pass'],
    ['HARD-001', 'tight', 'pass'],
    ['HARD-002', 'tight', 'pass'],
    ['HARD-003', 'tight', 'pass'],
    ['HARD-004', 'tight', 'pass'],
    ['HARD-005', 'tight', 'pass'],
    ['HARD-006', 'tight', 'pass'],
    ['FS-001', 'tight', 'pass'],
    ['FS-002', 'tight', 'pass'],
    ['FS-004', 'tight', 'pass'],
    ['FS-005', 'tight', 'pass'],
  ];
  it.each(TIGHT)('%s holds on %s', (check, target, expected) => {
    const findings = result.of(target, check);
    expect(statuses(findings), JSON.stringify(findings, undefined, 1)).toBe(expected);
  });

  it('names every check in both tables', () => {
    const all = CHECKS.map(({ meta }) => meta.id);
    expect(LEAKS.map(([check]) => check)).toEqual(all);
    expect(TIGHT.map(([check]) => check)).toEqual(all);
  });

  /** What is read from the engine's API is known without a client. */
  const CONFIGURED = new Set(['NET-001', 'NET-003', 'PIVOT-006', 'FS-004']);
  it.each(CHECKS.map(({ meta }) => meta.id).filter((id) => !CONFIGURED.has(id)))(
    '%s is open where the client cannot look',
    (check) => {
      const passes = broken.report.findings.filter((finding) => finding.check === check && finding.status === 'pass');
      expect(passes.map(({ target, subject }) => `${target} ${subject}`)).toEqual([]);
      expect(statuses(broken.of('tight', check))).toMatch(/inconclusive|error|^not-applicable$/);
    },
  );

  it('never says that a declared host that answers by proxy is over-blocked, nor that it is reached directly', () => {
    const [finding] = result.of('by-exact-proxy', 'NET-006').filter(({ subject }) => subject.includes('canary.test:443'));
    expect(finding?.status).toBe('pass');
    expect(finding?.message).toMatch(/proxy/);
  });

  it('never mirrors a privileged target', ({ skip }) => {
    skip(!privilegedRuns, 'this machine lacks a capability, so its engine cannot start a privileged container');
    expect(statuses(result.of('privileged', 'HARD-002'))).toBe('inconclusive');
    expect(result.of('privileged', 'HARD-002')[0]?.message).toMatch(/never mirrored/);
  });

  it('has a matrix that agrees with the findings, and knows what was started', () => {
    expectAgreement(result.report);
    const cells = valuesOf(result.report);
    expect(cells).toMatchObject({
      'peer-b to peer-a': 'violation (session)',
      'peer-a to peer-b': 'violation',
      'leaky to host': 'violation',
      'leaky to undeclared': 'violation',
      'leaky to management': 'violation',
      'exact-without to declared': 'over-blocked',
      'by-exact-proxy to declared': 'as-declared-open',
      'by-exact-proxy to undeclared': 'held',
      'tight to declared': 'not-there',
      'tight to undeclared': 'held',
      'tight to dns': 'held',
      'tight to host': 'held',
      'tight to peer-a': 'held',
      'peer-a to tight': 'not-there',
    });
    // Where the client could not look, there is nothing but the question mark.
    expectAgreement(broken.report);
    expect(new Set(Object.values(valuesOf(broken.report)))).toEqual(new Set(['unknown']));
  });

  it('leaves nothing behind, also after a client that broke', async () => {
    const left = await session.docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
    const networks = await session.docker.listNetworks({ filters: { label: ['dev.bulkhead.session'] } });
    expect([left.length, networks.length]).toEqual([0, 0]);
  });
});
