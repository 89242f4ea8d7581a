import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/registry.ts';
import { reportOf } from '../../src/engine/report.ts';
import { SERVERS, type ServerName } from '../../samples/servers/images.ts';
import { audit, statuses, type AuditResult } from '../support/audit.ts';
import { Fixtures } from '../support/fixtures.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const PROFILES = new URL('../../samples/three-servers/profiles/', import.meta.url).pathname;

describe.skipIf(NO_LAB)(`${LAB_NAME}: three published servers`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let result: AuditResult;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    const internal = await fixtures.network('real-internal', { Internal: true });
    const networks: Record<ServerName, string> = { everything: 'bridge', filesystem: internal, memory: 'none' };
    for (const server of Object.keys(SERVERS) as readonly ServerName[]) {
      await fixtures.run({
        name: `real-${server}`,
        server,
        network: networks[server],
        ...(server === 'filesystem' ? { host: { Tmpfs: { '/data': '' } } } : {}),
      });
    }
    result = await audit(session, {
      names: ['real-everything', 'real-filesystem', 'real-memory'],
      profiles: ['everything', 'filesystem', 'memory'].map((name) => `real-${name}=${PROFILES}${name}.json`),
    });
  });
  afterAll(async () => fixtures?.remove());

  it('are found by the names of their images, without being named', async () => {
    const found = await audit(session, { names: [], profiles: ['none'] });
    expect(found.report.targets.map(({ name }) => name)).toEqual(['real-everything', 'real-filesystem', 'real-memory']);
  });

  it('on the default bridge: reaches everything that it does not declare', () => {
    expect(statuses(result.of('real-everything', 'NET-004'))).toBe('fail');
    expect(statuses(result.of('real-everything', 'NET-010'))).toBe('fail');
    expect(statuses(result.of('real-everything', 'NET-012'))).toContain('fail');
    expect(statuses(result.of('real-everything', 'NET-002'))).toBe('fail');
    expect(statuses(result.of('real-everything', 'HOST-001'))).toContain('fail');
  });

  it('on an internal network: the internet is closed, the host is not, which the bridge test alone would call isolated', () => {
    expect(statuses(result.of('real-filesystem', 'NET-002'))).toBe('pass');
    expect(statuses(result.of('real-filesystem', 'NET-004'))).toBe('pass');
    const host = result.of('real-filesystem', 'HOST-001');
    expect(statuses(host)).toContain('fail');
    const reached = host.filter(({ status }) => status === 'fail').map(({ subject }) => subject);
    // Docker before 25 leaves a default route to the host: every one of its addresses answers.
    if (session.lab.engineVersion.startsWith('20.10')) {
      expect(reached).toContain('198.51.100.1');
      expect(reached.length).toBeGreaterThan(1);
    } else {
      expect(reached).not.toContain('198.51.100.1');
      expect(reached.length).toBeGreaterThan(0);
    }
  });

  it('without a network: nothing is reached, and what it declares neither', () => {
    expect(statuses(result.of('real-memory', 'HOST-001'))).toBe('not-applicable pass');
    for (const check of ['NET-012', 'HOST-002', 'PIVOT-001']) {
      expect(statuses(result.of('real-memory', check)), check).toBe('pass');
    }
    expect(statuses(result.of('real-memory', 'NET-004'))).toBe('pass');
    const over = result.of('real-memory', 'NET-006').filter(({ status }) => status === 'fail');
    expect(over.map(({ subject }) => subject).join()).toContain('canary.test:443');
  });

  it('has a control beside every "blocked"', () => {
    const blocked = result.report.findings.filter(
      ({ status, check }) => status === 'pass' && /^(NET-004|NET-010|NET-012|HOST-001|HOST-002|PIVOT-001)$/.test(check),
    );
    expect(blocked.length).toBeGreaterThan(10);
    for (const finding of blocked) {
      expect(
        finding.evidence.some((line) => /^control .*: (connected|nxdomain|refused)/.test(line)),
        `${finding.check} ${finding.subject}`,
      ).toBe(true);
    }
  });

  it('without the controls, nothing of it is a pass any more', () => {
    const bundle = structuredClone(result.bundle) as unknown as {
      targets: { observations: Record<string, { facts?: { attempts?: { controls: unknown[] }[] } }> }[];
    };
    for (const { observations } of bundle.targets) {
      for (const outcome of Object.values(observations)) {
        for (const attempt of outcome.facts?.attempts ?? []) attempt.controls = [];
      }
    }
    const judged = reportOf(bundle as unknown as AuditResult['bundle'], CHECKS, { failOn: 'medium', allowEmpty: false });
    const attempted = new Set(['NET-004', 'NET-010', 'NET-012', 'HOST-001', 'HOST-002', 'PIVOT-001', 'PIVOT-002']);
    const passes = judged.findings.filter(({ status, check }) => status === 'pass' && attempted.has(check));
    expect(passes.map(({ check, target, subject }) => `${check} ${target} ${subject}`)).toEqual([]);
    const before = result.of('real-memory', 'NET-004').map(({ status }) => status);
    const after = judged.findings
      .filter(({ target, check }) => target === 'real-memory' && check === 'NET-004')
      .map(({ status }) => status);
    expect(before.every((status) => status === 'pass')).toBe(true);
    expect(after.every((status) => status === 'inconclusive')).toBe(true);
  });

  it('leaves a query under a nonce in the log of the auditor, from the bridge and from nowhere else', async () => {
    const names = (await session.lab.dnsLog()).map(({ name }) => name);
    const everything = result.report.targets.find(({ name }) => name === 'real-everything');
    const memory = result.report.targets.find(({ name }) => name === 'real-memory');
    expect(names.some((name) => name.startsWith(`t${everything?.id.slice(0, 12)}-`))).toBe(true);
    expect(names.some((name) => name.startsWith(`t${memory?.id.slice(0, 12)}-`))).toBe(false);
  });

  it('leaves nothing behind', async () => {
    const left = await session.docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
    const networks = await session.docker.listNetworks({ filters: { label: ['dev.bulkhead.session'] } });
    expect([left.length, networks.length]).toEqual([0, 0]);
  });

  it('says in the sample profiles what the registry says', async () => {
    for (const name of ['everything', 'filesystem']) {
      expect(JSON.parse(await readFile(`${PROFILES}${name}.json`, 'utf8'))).toMatchObject({ network: { outbound: {} } });
    }
    expect(JSON.parse(await readFile(`${PROFILES}memory.json`, 'utf8'))).toMatchObject({
      network: { outbound: { allow_port: [443] } },
    });
  });
});
