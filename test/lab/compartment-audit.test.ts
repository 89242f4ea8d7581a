import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage, ensureServerImage } from '../../samples/servers/images.ts';
import type { Finding } from '../../src/model/report.ts';
import { audit, LAB_INTERNET, statuses, type AuditResult } from '../support/audit.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const AREAS = ['NET', 'HOST', 'PIVOT', 'HARD', 'FS'];
const IDLE = 'setInterval(() => {}, 1e6)';
/** What nobody declares, over TCP and UDP. */
const INTERNET = [...LAB_INTERNET, '203.0.113.10:7/udp'];

/** Almost the allowed name, and another owner behind its address. */
const NEIGHBORS = ['evilallowed.test:443', 'allowed.test.operator.test:443', 'tenant.test:443'];

describe.skipIf(NO_LAB)(`${LAB_NAME}: compartments, measured by the audit`, () => {
  let session: LabSession;
  let bench: CompartmentBench;
  let plain: Fixtures;
  let sealed: AuditResult;
  let open: AuditResult;
  let loose: AuditResult;
  const attached: Client[] = [];
  const names = ['hosts-http', 'none-http', 'files-http', 'ports-http', 'none-stdio', 'hosts-stdio'];

  beforeAll(async () => {
    session = await openLab();
    bench = await CompartmentBench.open(session);
    plain = new Fixtures(session.docker);
    const everything = await ensureServerImage(session.docker, 'everything');
    const node = await ensureNodeImage(session.docker);
    const data = path.join(bench.directory, 'data');
    await mkdir(data, { mode: 0o777 });
    const files = { ...ALLOWED, read: [`${data}:/data`] };
    const launch = async (name: string, profile: object, ...rest: readonly string[]): Promise<void> => {
      const args = [
        'run',
        '--name',
        name,
        '--profile',
        await bench.profile(profile),
        '--transport',
        'streamable-http',
        '--detach',
      ];
      const { exitCode, stderr } = await bench.run([...args, ...rest]);
      expect(exitCode, stderr).toBe(0);
    };
    await launch('hosts-http', ALLOWED, everything, 'streamableHttp');
    await launch('none-http', {}, everything, 'streamableHttp');
    await launch('files-http', files, '--target-port', '8000', node, '-e', IDLE);
    await launch('ports-http', { network: { outbound: { allow_port: [443] } } }, '--target-port', '8000', node, '-e', IDLE);
    for (const [name, profile] of [
      ['none-stdio', 'none'],
      ['hosts-stdio', await bench.profile(ALLOWED)],
    ] as const) {
      attached.push(await bench.connectStdio(['run', '--name', name, '--profile', profile, everything, 'stdio']));
    }
    sealed = await audit(session, { names, internet: INTERNET, neighbors: NEIGHBORS, private: ['10.203.113.10:80'] });
    await launch('open-http', { network: { outbound: { insecure_allow_all: true } } }, everything, 'streamableHttp');
    await launch('open-too', { network: { outbound: { insecure_allow_all: true } } }, everything, 'streamableHttp');
    open = await audit(session, { names: ['open-http', 'open-too'], internet: INTERNET });

    const label = JSON.stringify(ALLOWED);
    await plain.run({ name: 'plain-everything', server: 'everything', labels: { 'dev.bulkhead.profile': label } });
    await plain.run({
      name: 'plain-node',
      labels: { 'dev.bulkhead.profile': label },
      host: { Binds: [`${data}:/data`] },
    });
    loose = await audit(session, { names: ['plain-everything', 'plain-node'], internet: INTERNET });
  });
  afterAll(async () => {
    await Promise.all(attached.map((client) => client.close()));
    await plain?.remove();
    await bench?.close();
  });

  it.each(names)('%s can do what its profile declares, and nothing else', (name) => {
    const findings = sealed.report.findings.filter(({ target }) => target === name);
    expect(findings.filter(({ status }) => status !== 'pass' && status !== 'not-applicable').map(shown)).toEqual([]);
    // A table of nothing but "not applicable" would be clean as well.
    for (const area of AREAS) {
      expect(
        findings.filter((finding) => finding.check.startsWith(area) && finding.status === 'pass').length,
        area,
      ).toBeGreaterThan(0);
    }
    expect(sealed.report.exit.code).toBe(0);
  });

  it('the declared host is reached by the same look, so that "not reached" means something', () => {
    const reached = sealed.of('hosts-http', 'NET-006').filter(({ status }) => status === 'pass');
    expect(reached.map(({ subject }) => subject).join()).toContain('allowed.test');
    expect(sealed.of('hosts-http', 'NET-004').map(({ status }) => status)).toContain('pass');
  });

  it.each(['NET-007', 'NET-008', 'NET-009', 'NET-011', 'NET-015'])('just beyond the declared host, %s is decided', (check) => {
    expect(statuses(sealed.of('hosts-http', check))).toBe('pass');
  });

  it('insecure_allow_all is a bridge of its own: the host is exposed, which the audit shows; a sibling is not', () => {
    expect(statuses(open.of('open-http', 'HOST-001'))).toMatch(/^fail/);
    expect(statuses(open.of('open-http', 'NET-003'))).toBe('pass');
    expect(statuses(open.of('open-http', 'PIVOT-001'))).toBe('pass');
    const hard = open.report.findings.filter(({ check }) => check.startsWith('HARD'));
    expect(statuses(hard)).toBe('pass');
  });

  it.each(AREAS)('the same images under a plain start fail in %s', (area) => {
    const failed = loose.report.findings.filter(({ check, status }) => check.startsWith(area) && status === 'fail');
    expect(failed.length).toBeGreaterThan(0);
  });
});

function shown({ check, status, subject, message }: Finding): string {
  return `${status} ${check} ${subject}: ${message}`;
}
