import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabProcess } from '../../lab/types.ts';
import { ensureServerImage } from '../../samples/servers/images.ts';
import type { Finding } from '../../src/model/report.ts';
import { audit, statuses, type AuditResult } from '../support/audit.ts';
import { CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { socketOnTcp } from '../support/scripts.ts';
import { toolhiveApi, toolhiveLabels, toolhiveProxy } from '../support/toolhive.ts';

const NAMES = ['four-open', 'four-token', 'four-published', 'four-local', 'four-sealed', 'four-files', 'four-alone'];
const OPEN_PROXY = 13_101;
const TOKEN_PROXY = 13_102;
const PUBLISHED = 13_103;
const LOCAL = 13_104;
const API = 8080;

/** Ends as soon as somebody listens. */
const KNOCK = `
  const [address, port] = process.argv.slice(1);
  const knock = () => require('net').connect(Number(port), address)
    .on('connect', () => process.exit(0)).on('error', () => setTimeout(knock, 100));
  knock();
`;

/**
 * The host test and the pivot test with published servers: behind proxies as ToolHive runs them, one that trusts
 * everybody and one that asks for a token; behind published ports; in a compartment; over stdio.
 */
describe.skipIf(NO_LAB)(`${LAB_NAME}: host test and pivot test in full`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let bench: CompartmentBench;
  let onLoopback: AuditResult;
  let onAll: AuditResult;
  let closed: AuditResult;
  const processes: LabProcess[] = [];

  /** A program on the host, which listens when this returns. */
  const onHost = async (script: string, address: string, port: number): Promise<LabProcess> => {
    const started = await session.lab.spawn('host', [process.execPath, '-e', script], { name: `port-${port}` });
    processes.push(started);
    const { exitCode, stderr } = await session.lab.exec('host', [process.execPath, '-e', KNOCK, address, String(port)]);
    expect(exitCode, stderr).toBe(0);
    return started;
  };

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    bench = await CompartmentBench.open(session);
    const everything = await ensureServerImage(session.docker, 'everything');
    const own = await fixtures.network('four-own');
    const other = await fixtures.network('four-other');
    const data = await fixtures.volume('four-data');

    const open = await fixtures.run({
      name: 'four-open',
      server: 'everything',
      network: own,
      labels: toolhiveLabels('four-open', OPEN_PROXY, 'streamable-http'),
      host: { Binds: [`${data}:/data`] },
    });
    await onHost(
      toolhiveProxy('0.0.0.0', OPEN_PROXY, `http://${await fixtures.address(open, own)}:3001`),
      '127.0.0.1',
      OPEN_PROXY,
    );
    const token = await fixtures.run({
      name: 'four-token',
      server: 'everything',
      network: own,
      labels: toolhiveLabels('four-token', TOKEN_PROXY, 'streamable-http'),
    });
    const upstream = `http://${await fixtures.address(token, own)}:3001`;
    await onHost(toolhiveProxy('127.0.0.1', TOKEN_PROXY, upstream, 's3cret'), '127.0.0.1', TOKEN_PROXY);
    const publish = (HostIp: string, port: number) => ({ PortBindings: { '3001/tcp': [{ HostIp, HostPort: String(port) }] } });
    await fixtures.run({ name: 'four-published', server: 'everything', network: other, host: publish('', PUBLISHED) });
    await fixtures.run({ name: 'four-local', server: 'everything', network: other, host: publish('127.0.0.1', LOCAL) });
    await fixtures.run({ name: 'four-files', server: 'filesystem', host: { Binds: [`${data}:/data`] } });
    await fixtures.run({ name: 'four-alone', server: 'memory', network: 'none' });
    const profile = await bench.profile({});
    const http = ['--transport', 'streamable-http', '--detach'];
    const sealed = await bench.run(['run', '--name', 'four-sealed', '--profile', profile, ...http, everything, 'streamableHttp']);
    expect(sealed.exitCode, sealed.stderr).toBe(0);

    const request = { names: NAMES, profiles: NAMES.filter((name) => name !== 'four-sealed').map((name) => `${name}=none`) };
    const loopback = await onHost(toolhiveApi('127.0.0.1', API), '127.0.0.1', API);
    onLoopback = await audit(session, request);
    await loopback.stop();
    const everywhere = await onHost(toolhiveApi('0.0.0.0', API), '127.0.0.1', API);
    const engine = await onHost(socketOnTcp('0.0.0.0', 2375, session.lab.socketPath), '127.0.0.1', 2375);
    onAll = await audit(session, { ...request, call: { tool: 'get-sum' } });
    await everywhere.stop();
    await engine.stop();
    await onHost(toolhiveApi('0.0.0.0', API, true), '127.0.0.1', API);
    closed = await audit(session, { ...request, names: ['four-files', 'four-alone'], profiles: ['none'] });
  });
  afterAll(async () => {
    for (const one of processes) await one.stop();
    await fixtures?.remove();
    await bench?.close();
  });

  const about = (target: string, check: string, subject: string, from = onLoopback): Finding | undefined =>
    from.of(target, check).find((finding) => finding.subject.includes(subject));

  describe('the management API', () => {
    it('bound to the loopback is open to the host, and not reached from inside', () => {
      for (const target of ['four-files', 'four-alone', 'four-sealed']) {
        expect(about(target, 'HOST-003', `127.0.0.1:${API}`), target).toMatchObject({ status: 'pass' });
        expect(about(target, 'AUTH-001', `127.0.0.1:${API}`)).toMatchObject({ status: 'fail', severity: 'high' });
        expect(about(target, 'AUTH-001', `127.0.0.1:${API}`)?.message).toMatch(/from inside it does not answer/);
      }
    });
    it('bound to all addresses is reached from a bridge, and not without a network', () => {
      const inside = onAll.of('four-files', 'HOST-003').filter(({ status }) => status === 'fail');
      expect(inside.map(({ subject }) => subject).join()).toContain(`ToolHive API at `);
      expect(inside[0]?.evidence.join('\n')).toContain('"version":"v0.44.0"');
      expect(about('four-files', 'AUTH-001', 'ToolHive API', onAll)?.message).toMatch(/from inside it answers too/);
      expect(statuses(onAll.of('four-alone', 'HOST-003'))).toBe('pass');
      expect(statuses(onAll.of('four-sealed', 'HOST-003'))).toBe('pass');
    });
    it('that asks for a token is known by its header, and is no less reached', () => {
      expect(about('four-files', 'AUTH-001', 'ToolHive API', closed)).toMatchObject({ status: 'pass' });
      expect(statuses(closed.of('four-files', 'HOST-003'))).toContain('fail');
    });
    it('of the engine is found by TCP: the very engine of this lab', () => {
      const found = onAll.of('four-files', 'HOST-004').filter(({ status }) => status === 'fail');
      expect(found.map(({ subject }) => subject).join()).toMatch(/Engine API at .*:2375/);
      expect(found[0]?.evidence.join('\n')).toContain('api-version=');
      expect(statuses(onAll.of('four-alone', 'HOST-004'))).toBe('pass');
      expect(statuses(onLoopback.of('four-files', 'HOST-004'))).toBe('not-applicable');
    });
  });

  describe("a platform's proxy", () => {
    it('on all addresses and without a token serves the neighbours', () => {
      for (const target of ['four-files', 'four-published']) {
        expect(about(target, 'PIVOT-005', 'four-open'), target).toMatchObject({ status: 'fail', severity: 'critical' });
      }
    });
    it('on the loopback serves the host alone, and neither does a compartment', () => {
      for (const peer of ['four-token', 'four-sealed']) {
        const finding = about('four-files', 'PIVOT-005', peer);
        expect(finding?.status, JSON.stringify(finding, undefined, 1)).toBe('pass');
        expect(finding?.evidence.join('\n')).toMatch(/control on the host itself: unauthorized \(HTTP 401/);
      }
    });
    it('does not exist for a server that nobody proxies', () => {
      expect(about('four-files', 'PIVOT-005', 'four-published')?.status).toBe('not-applicable');
      expect(about('four-sealed', 'PIVOT-005', 'four-open')?.status).toBe('pass');
    });
  });

  describe('a published port', () => {
    it('on all addresses leads from one network into another', () => {
      const finding = about('four-files', 'PIVOT-004', 'four-published');
      expect(finding, JSON.stringify(finding)).toMatchObject({ status: 'fail', severity: 'high' });
      expect(finding?.message).toMatch(/a session opened \(mcp-servers\/everything/);
    });
    it('on the loopback does not', () => {
      expect(about('four-files', 'PIVOT-004', 'four-local')?.status).toBe('pass');
    });
    it('is out of reach without a network', () => {
      expect(statuses(onLoopback.of('four-alone', 'PIVOT-004'))).toBe('not-applicable pass');
      expect(statuses(onLoopback.of('four-sealed', 'PIVOT-004'))).toBe('not-applicable pass');
    });
  });

  describe('a shared volume', () => {
    it('is named on both sides', () => {
      expect(about('four-files', 'PIVOT-006', 'four-open')).toMatchObject({ status: 'fail', severity: 'medium' });
      expect(about('four-open', 'PIVOT-006', 'four-files')?.message).toMatch(/four-data is shared .*both can write it/);
      expect(about('four-files', 'PIVOT-006', 'four-token')?.status).toBe('pass');
    });
  });

  describe('the tool of a peer', () => {
    it('is called only when that was asked for', () => {
      expect(statuses(onLoopback.report.findings.filter(({ check }) => check === 'PIVOT-003'))).toBe('not-applicable');
    });
    it('runs wherever a session opens, also through the proxy', () => {
      const called = about('four-files', 'PIVOT-003', 'four-open', onAll);
      expect(called, JSON.stringify(called, undefined, 1)).toMatchObject({ status: 'fail', severity: 'critical' });
      expect(called?.message).toContain('get-sum');
      expect(about('four-alone', 'PIVOT-003', 'four-open', onAll)?.status).toBe('pass');
      expect(about('four-files', 'PIVOT-003', 'four-sealed', onAll)?.status).toBe('pass');
    });
  });

  describe("a server's own endpoint", () => {
    it('over stdio does not exist', () => {
      for (const check of ['AUTH-002', 'AUTH-003', 'AUTH-004']) {
        expect(statuses(onLoopback.of('four-files', check)), check).toBe('not-applicable');
      }
    });
    it.each(['four-open', 'four-published', 'four-local'])('of %s serves strangers', (name) => {
      expect(statuses(onLoopback.of(name, 'AUTH-002'))).toBe('fail');
    });
    it.each(['four-token', 'four-sealed'])('of %s asks for a token', (name) => {
      const findings = onLoopback.of(name, 'AUTH-002');
      expect(statuses(findings), JSON.stringify(findings, undefined, 1)).toBe('pass');
    });
    it('that looks at no Origin lets foreign pages in', () => {
      expect(about('four-open', 'AUTH-003', 'Origin')).toMatchObject({ status: 'fail' });
      expect(about('four-published', 'AUTH-003', 'Origin')).toMatchObject({ status: 'fail', severity: 'high' });
      expect(about('four-published', 'AUTH-003', 'Host')).toMatchObject({ status: 'fail' });
    });
    it('that looks at both keeps them out; a token before the look leaves that open', () => {
      expect(statuses(onLoopback.of('four-sealed', 'AUTH-003'))).toBe('pass');
      expect(about('four-token', 'AUTH-003', 'Origin')?.status).toBe('pass');
      const host = about('four-token', 'AUTH-003', 'Host');
      expect(host).toMatchObject({ status: 'inconclusive' });
      expect(host?.message).toMatch(/credentials are asked for before/);
    });
    it('on all interfaces is told from one on the loopback, by the engine and by a platform', () => {
      for (const name of ['four-open', 'four-published']) {
        const findings = onLoopback.of(name, 'AUTH-004');
        expect(statuses(findings), JSON.stringify(findings, undefined, 1)).toBe('fail');
        expect(findings[0]?.message).toContain('198.51.100.1');
      }
      for (const name of ['four-token', 'four-local', 'four-sealed']) {
        const findings = onLoopback.of(name, 'AUTH-004');
        expect(statuses(findings), JSON.stringify(findings, undefined, 1)).toBe('pass');
      }
    });
  });

  it('stands in areas and stories', () => {
    const area = (name: string) =>
      onLoopback.report.areas.find(({ target, area: one }) => target === name && one === 'AUTH')?.verdict;
    expect(area('four-published')).toBe('cosmetic');
    const story = onLoopback.report.targets.find(({ name }) => name === 'four-published')?.story.join('\n');
    expect(story).toMatch(/Opens sessions for strangers at/);
    expect(story).toMatch(/Is offered on every interface of the host: port 13103/);
  });

  it('leaves nothing behind', async () => {
    const left = await session.docker.listContainers({ all: true, filters: { label: ['dev.bulkhead.session'] } });
    // The compartment is the test's own.
    expect(left.filter(({ Labels }) => ['probe', 'control', 'canary'].includes(Labels['dev.bulkhead.role'] ?? ''))).toEqual([]);
  });
});
