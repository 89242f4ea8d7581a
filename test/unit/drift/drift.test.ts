import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/checks/registry.ts';
import { driftOf } from '../../../src/drift/drift.ts';
import { reportOf } from '../../../src/engine/report.ts';
import type { PairedAttempt } from '../../../src/model/attempt.ts';
import type { TargetObservations } from '../../../src/model/bundle.ts';
import { DriftSchema, type Drift, type DriftChange } from '../../../src/model/drift.ts';
import type { ObservationSet } from '../../../src/model/observation.ts';
import type { Profile } from '../../../src/model/profile.ts';
import type { Finding, Report } from '../../../src/model/report.ts';
import { aBundle } from '../../support/bundle.ts';
import {
  aConfiguration,
  aDeclaration,
  aNamespace,
  anId,
  aPair,
  aTarget,
  connected,
  notRun,
  outcome,
  refused,
  timeout,
  type Result,
} from '../../support/observations.ts';
import { aFinding, aReport, aTarget as aReportTarget } from '../../support/report.ts';

function drift(before: Report, after: Report): Drift {
  const found = driftOf({ report: before, source: 'before.json' }, { report: after, source: 'after.json' });
  const validate = new Ajv2020({ strict: true }).compile(DriftSchema);
  expect(validate(JSON.parse(JSON.stringify(found))) ? [] : validate.errors).toEqual([]);
  return found;
}

function texts(before: Report, after: Report, kind?: DriftChange['kind']): readonly string[] {
  const { changes } = drift(before, after);
  return changes.filter((change) => kind === undefined || change.kind === kind).map((change) => `${change.kind}: ${change.text}`);
}

const observed = <T>(facts: T) => ({ state: 'observed', facts }) as const;

/** `github` and what it tried, judged by these checks. */
function aRun(
  egress: readonly PairedAttempt[],
  options: { readonly profile?: Profile; readonly checks?: string; readonly observations?: ObservationSet } = {},
): Report {
  const { profile = {}, checks = 'NET-004 NET-005 NET-006', observations = {} } = options;
  return aRunOf(
    [
      {
        target: aTarget({ name: 'github' }),
        declaration: aDeclaration(profile),
        observations: {
          configuration: observed(aConfiguration({ proxyVariables: [{ name: 'HTTPS_PROXY', value: 'http://egress:3128' }] })),
          namespace: observed(aNamespace()),
          egress: observed({ attempts: [...egress] }),
          ...observations,
        },
      },
    ],
    checks,
  );
}

function aRunOf(targets: readonly TargetObservations[], checks: string): Report {
  const asked = new Set(checks.split(' '));
  return reportOf(
    aBundle(...targets),
    CHECKS.filter(({ meta }) => asked.has(meta.id)),
    { failOn: 'medium', allowEmpty: true },
  );
}

const held = aPair({ target: timeout() });
const reached = aPair({ target: connected() });
const undecided = aPair({ target: timeout(), controls: [timeout()] });
const elsewhere = aPair({ spec: { host: '203.0.113.11' }, target: timeout() });
const byProxy = aPair({ spec: { path: 'proxy' }, target: connected() });
const notByProxy = aPair({ spec: { path: 'proxy' }, target: timeout() });
const DECLARED: Profile = { network: { outbound: { allow_host: ['203.0.113.10'], allow_port: [443] } } };

describe('what can be reached', () => {
  it('opened: says which endpoint, in which way, and what was there', () => {
    expect(texts(aRun([held, notByProxy]), aRun([reached, notByProxy]))).toEqual([
      'opened: github now reaches 203.0.113.10:443/tcp directly (it was held).',
    ]);
  });

  it('is one change where several checks fail over it, and none of them is lost', () => {
    const { changes, worst } = drift(aRun([held, notByProxy]), aRun([reached, byProxy]));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      kind: 'opened',
      target: 'github',
      check: 'NET-004',
      severity: 'high',
      endpoints: ['203.0.113.10:443/tcp directly', '203.0.113.10:443/tcp by proxy'],
      findings: [
        { check: 'NET-004', before: 'pass', after: 'fail' },
        { check: 'NET-005', before: 'pass', after: 'fail' },
      ],
    });
    expect(worst).toBe('high');
  });

  it('closed: only what was reached and is held', () => {
    expect(texts(aRun([reached]), aRun([held]), 'closed')).toEqual([
      'closed: github no longer reaches 203.0.113.10:443/tcp directly (it is held now).',
    ]);
  });

  it.each<[string, Report, Report, RegExp]>([
    [
      'the control failed',
      aRun([reached]),
      aRun([undecided]),
      /NET-004 203\.0\.113\.10:443 \(failed before, undecided now\) cannot be compared: it could not be decided now\. .*control failed/,
    ],
    ['the control had failed', aRun([undecided]), aRun([reached]), /it could not be decided then/],
    ['it is not dialled any more', aRun([reached]), aRun([elsewhere]), /it is not dialled now/],
    ['it was never dialled', aRun([elsewhere]), aRun([reached]), /it was not dialled then/],
    ['what held is not dialled', aRun([held]), aRun([elsewhere]), /passed before\) cannot be compared: it is not dialled now/],
    ['nothing was made', aRun([reached]), aRun([aPair({ target: notRun() })]), /it could not be decided now/],
    [
      'no evidence',
      aRun([reached]),
      aRun([], { observations: { egress: { state: 'unavailable', reason: 'paused' } } }),
      /could not decide everything now/,
    ],
    ['it is declared now', aRun([reached]), aRun([reached], { profile: DECLARED }), /what is expected of it changed/],
    ['it is declared no more', aRun([reached], { profile: DECLARED }), aRun([reached]), /what is expected of it changed/],
    ['it held, and is declared and reached', aRun([held]), aRun([reached], { profile: DECLARED }), /reached now, and no failure/],
    [
      'the check is not asked',
      aRun([reached]),
      aRun([reached], { checks: 'NET-005' }),
      /: github’s NET-004 [^ ]+ \(failed before\).* cannot be compared: the check is not asked now/,
    ],
    ['the check was not asked', aRun([held], { checks: 'NET-005' }), aRun([reached]), /the check was not asked then/],
  ])('incomparable, and never closed: %s', (_, before, after, words) => {
    expect(texts(before, after, 'closed')).toEqual([]);
    expect(texts(before, after, 'opened')).toEqual([]);
    expect(texts(before, after, 'incomparable').join('\n')).toMatch(words);
  });

  it('a profile that changed hides nothing that opened', () => {
    const other: Profile = { network: { outbound: { allow_host: ['api.test'], allow_port: [443] } } };
    expect(texts(aRun([held]), aRun([reached], { profile: other }), 'opened')).toEqual([
      'opened: github now reaches 203.0.113.10:443/tcp directly (it was held).',
    ]);
  });

  it('calls only those ways closed that were seen to be held', () => {
    const profile: Profile = { network: { outbound: { allow_host: ['api.test'], allow_port: [443] } } };
    const port = (number: number, target: Result, control = connected()) =>
      aPair({
        spec: { purpose: 'port-boundary', host: 'api.test', port: number, subject: 'api.test' },
        target,
        controls: [control],
      });
    const of = (...attempts: readonly PairedAttempt[]) => aRun(attempts, { profile, checks: 'NET-007' });
    const found = texts(
      of(port(22, connected()), port(80, connected())),
      of(port(22, timeout()), port(80, timeout(), timeout())),
    );
    expect(found.filter((text) => text.startsWith('closed'))).toEqual([
      'closed: github no longer reaches api.test:22/tcp directly (it is held now).',
    ]);
    expect(found.filter((text) => text.startsWith('incomparable'))).toEqual([
      'incomparable: github: NET-007 api.test (failed before, passes now) cannot be compared: api.test:80/tcp directly could not be decided now.',
    ]);
  });

  it('names what neither run could decide, and calls it no change', () => {
    const found = drift(aRun([undecided], { checks: 'NET-004' }), aRun([undecided], { checks: 'NET-004' }));
    expect(found.changes).toEqual([]);
    expect(found.undecided).toMatchObject([{ check: 'NET-004', subject: '203.0.113.10:443' }]);
  });

  const service = (port: number, result = connected()) =>
    aPair({ spec: { purpose: 'host-service', host: '172.30.0.1', port, controls: ['host'] }, target: result });
  const onHost = (...attempts: readonly PairedAttempt[]) =>
    aRun([], { checks: 'HOST-005', observations: { host: observed({ attempts: [...attempts] }) } });

  it('a service that is new on the host opened: all that is there is dialled', () => {
    expect(texts(onHost(service(22)), onHost(service(22), service(9000)))).toEqual([
      'opened: github now reaches 172.30.0.1:9000/tcp directly (nothing was found there).',
    ]);
  });

  it('a route to the host is not closed by a service that is reached over it', () => {
    const before = onHost(service(22, timeout()), service(1, refused()));
    const after = onHost(service(22), service(1, refused()));
    expect(texts(before, after, 'opened')).toEqual(['opened: github now reaches 172.30.0.1:22/tcp directly (it was held).']);
    expect(texts(before, after, 'closed')).toEqual([]);
  });
});

describe('another server', () => {
  const peer = anId('b');
  const port = (number: number, target: Result) =>
    aPair({ spec: { purpose: 'peer-port', host: '172.30.0.2', port: number, peer, controls: ['peer'] }, target });
  const run = (attempts: readonly PairedAttempt[], others: readonly string[] = ['notes'], checks = 'PIVOT-001') =>
    aRunOf(
      [
        {
          target: aTarget({ name: 'github' }),
          declaration: aDeclaration(),
          observations: { peers: observed({ attempts: [...attempts] }), namespace: observed(aNamespace()) },
        },
        ...others.map((name) => ({
          target: aTarget({ id: peer, name }),
          declaration: aDeclaration(),
          observations: { peers: observed({ attempts: [] }), namespace: observed(aNamespace()) },
        })),
      ],
      checks,
    );

  it('opened with its name and its address', () => {
    expect(texts(run([port(3000, timeout())]), run([port(3000, connected())]), 'opened')).toEqual([
      'opened: github now reaches notes at 172.30.0.2:3000/tcp directly (it was held).',
    ]);
  });

  it('reached in one more way opened too', () => {
    const before = run([port(3000, connected()), port(3001, timeout())]);
    const after = run([port(3000, connected()), port(3001, connected())]);
    expect(texts(before, after, 'opened')).toEqual([
      'opened: github now reaches notes at 172.30.0.2:3001/tcp directly (it was held).',
    ]);
    expect(texts(after, before, 'closed')).toEqual([
      'closed: github no longer reaches notes at 172.30.0.2:3001/tcp directly (it is held now).',
    ]);
  });

  it('that asks for credentials now has closed', () => {
    const session = (target: Result) =>
      aPair({
        spec: { purpose: 'peer-session', kind: 'mcp', host: '172.30.0.2', port: 3000, peer, controls: ['peer'] },
        target,
        controls: [outcome('unauthorized', { phase: 'mcp' })],
      });
    const before = run([session(connected({ phase: 'mcp' }))], ['notes'], 'PIVOT-002');
    const after = run([session(outcome('unauthorized', { phase: 'mcp' }))], ['notes'], 'PIVOT-002');
    expect(texts(before, after, 'closed')).toEqual([
      'closed: github no longer reaches notes at 172.30.0.2:3000/tcp directly in an MCP session (it is held now).',
    ]);
  });

  it('that is gone closes nothing', () => {
    const found = texts(run([port(3000, connected())]), run([], []));
    expect(found.filter((text) => text.startsWith('closed'))).toEqual([]);
    expect(found).toContainEqual(
      expect.stringMatching(
        /^incomparable: notes: github’s PIVOT-001 notes \(failed before\) cannot be compared: notes is not looked at now\.$/,
      ),
    );
    expect(found).toContainEqual(expect.stringMatching(/^target-vanished: notes \(.*\) is not in the later run/));
  });

  it('that was renamed is the same one', () => {
    const held3000 = [port(3000, timeout())];
    const found = texts(run(held3000), run([port(3000, connected())], ['papers']));
    expect(found).toEqual([
      'opened: github now reaches papers at 172.30.0.2:3000/tcp directly (it was held).',
      'target-appeared: notes is called papers now: it is the same container.',
    ]);
  });
});

describe('what is not dialled', () => {
  const finding = (overrides: Partial<Finding> = {}): Finding =>
    aFinding({ check: 'HARD-002', severity: 'medium', subject: 'effective', message: 'CAP_SYS_ADMIN is held.', ...overrides });
  const passing = finding({ status: 'pass', message: 'None is held.' });

  it.each<[string, readonly Finding[], readonly Finding[], readonly string[]]>([
    ['opened', [passing], [finding()], ['opened: weather, effective: CAP_SYS_ADMIN is held. HARD-002 passed before.']],
    [
      'closed',
      [finding()],
      [passing],
      ['closed: weather: HARD-002 no longer fails at effective. Before: CAP_SYS_ADMIN is held. Now: None is held.'],
    ],
    ['fails as before', [finding()], [finding()], []],
    [
      'more severe',
      [finding()],
      [finding({ severity: 'high' })],
      ['opened: weather, effective: CAP_SYS_ADMIN is held. HARD-002 failed before as medium, and fails now as high.'],
    ],
    [
      'less severe',
      [finding({ severity: 'high' })],
      [finding()],
      ['closed: weather, effective: CAP_SYS_ADMIN is held. HARD-002 fails less severely: high before, medium now.'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(texts(aReport({ findings: [...before] }), aReport({ findings: [...after] }))).toEqual(expected);
  });

  it('a waiver hides nothing, and is named', () => {
    const waived = finding({ waived: { reason: 'accepted' } });
    const { changes } = drift(aReport({ findings: [passing] }), aReport({ findings: [waived] }));
    expect(changes).toMatchObject([{ kind: 'opened', waived: true, findings: [{ waived: true }] }]);
    expect(drift(aReport({ findings: [finding()] }), aReport({ findings: [waived] })).changes).toEqual([]);
  });

  it('is not compared across major versions, nor where the profile says something else', () => {
    const tool = { name: 'bulkhead', version: '2.0.0' };
    expect(texts(aReport({ findings: [finding()] }), aReport({ findings: [passing], tool }), 'incomparable')).toEqual([
      'incomparable: weather’s HARD-002 effective (failed before, passes now) cannot be compared: it was made by another major version of bulkhead.',
    ]);
    const mount = (status: Finding['status']) => aFinding({ check: 'FS-001', subject: '/data', status });
    const declares = (profile: Profile) => [aReportTarget({ declaration: { ...aReportTarget().declaration, profile } })];
    const before = aReport({ findings: [mount('fail')] });
    const after = aReport({ findings: [mount('pass')], targets: declares({ read: ['/data'] }) });
    expect(texts(before, after)).toEqual([
      'incomparable: weather: FS-001 /data (failed before, passes now) cannot be compared: the profile changed (read), and with it what is expected.',
      'profile: weather has another profile, at read: nothing before, ["/data"] now.',
    ]);
  });

  it('says so when one of the runs was interrupted', () => {
    expect(texts(aReport(), aReport({ interrupted: true }))).toEqual([
      'incomparable: Not everything can be compared: the later run was interrupted, and what it did not finish was not looked at now.',
    ]);
  });
});

describe('circumstances', () => {
  it('images, declarations, networks, engine, options and checks', () => {
    const [weather] = [aReportTarget({ imageId: 'sha256:1' })];
    const configuration = observed(aConfiguration());
    const observations = [{ target: weather.id, outcomes: { configuration } }];
    const before = aReport({ targets: [weather], observations, findings: [aFinding({ status: 'pass' })] });
    const after = aReport({
      targets: [
        {
          ...weather,
          id: anId('f'),
          imageId: 'sha256:2',
          declaration: { ...weather.declaration, location: 'profiles/other.json', profile: { network: { mode: 'host' } } },
          networks: [
            { name: 'bridge', internal: true },
            { name: 'shared', internal: false },
          ],
        },
      ],
      observations: [{ target: anId('f'), outcomes: { configuration } }],
      engine: { ...before.engine, version: '29.0.0', rootless: true },
      options: { ...before.options, internet: ['203.0.113.10:443', '203.0.113.11:443'] },
      tool: { name: 'bulkhead', version: '0.2.0' },
      findings: [aFinding({ status: 'pass' }), aFinding({ check: 'HOST-001', status: 'pass', subject: 'x' })],
    });
    expect(texts(before, after)).toEqual([
      'image: weather is made from another image of the same name (registry.example/mcp/weather:2.1.0): sha256:1 before, sha256:2 now.',
      'profile: weather is declared elsewhere: flag, profiles/weather.json before, flag, profiles/other.json now.',
      'profile: weather has another profile, at network: nothing before, {"mode":"host"} now.',
      'networks: weather is on a network that changed, bridge: not internal before, internal now.',
      'networks: weather joined the network shared, not internal.',
      'engine: Version of the engine: 28.5.2 before, 29.0.0 now.',
      'engine: Rootless: false before, true now.',
      'engine: bulkhead: 0.1.0 before, 0.2.0 now.',
      'engine: Destinations of --internet: 203.0.113.10:443 before, 203.0.113.10:443, 203.0.113.11:443 now.',
      'engine: Checks that were not asked before: HOST-001.',
    ]);
    expect(texts(after, before, 'networks')).toContain('networks: weather left the network shared, not internal.');
  });

  it('another image of the same name, as a bundle knows it', () => {
    const from = (digits: string) =>
      aRunOf(
        [
          {
            target: aTarget({ image: { reference: 'registry.example/weather:1.0', id: `sha256:${digits}` } }),
            declaration: aDeclaration(),
            observations: {},
          },
        ],
        'NET-001',
      );
    expect(texts(from('1'), from('2'))).toEqual([
      'image: weather is made from another image of the same name (registry.example/weather:1.0): sha256:1 before, sha256:2 now.',
    ]);
  });

  it('a configuration that nobody saw left no network', () => {
    const before = aReport();
    const after = aReport({ targets: [aReportTarget({ networks: [] })] });
    expect(texts(before, after)).toEqual([]);
  });

  it('a server that is new was not looked at then', () => {
    const notes = aReportTarget({ name: 'notes' });
    const failing = aFinding({ target: 'notes' });
    const other = aFinding({ status: 'pass' });
    const found = texts(
      aReport({ findings: [other] }),
      aReport({ targets: [aReportTarget(), notes], findings: [other, failing] }),
    );
    expect(found).toEqual([
      'incomparable: notes: NET-004 203.0.113.10:443 (fails now) cannot be compared: notes was not looked at then.',
      'target-appeared: notes (registry.example/mcp/weather:2.1.0) is new in the later run.',
    ]);
  });
});

describe('the order', () => {
  it('is what opened by severity, what cannot be compared, what closed, and circumstances', () => {
    const of = (subject: string, status: Finding['status'], severity: Finding['severity'] = 'high') =>
      aFinding({ check: 'HARD-002', subject, status, severity });
    const before = aReport({ findings: [of('a', 'pass'), of('b', 'pass'), of('c', 'fail'), of('d', 'fail')] });
    const after = aReport({
      engine: { ...before.engine, version: '29' },
      findings: [of('a', 'fail', 'low'), of('b', 'fail', 'critical'), of('c', 'pass'), of('d', 'inconclusive')],
    });
    const { changes, worst } = drift(before, after);
    expect(changes.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['opened', 'b'],
      ['opened', 'a'],
      ['incomparable', 'd'],
      ['closed', 'c'],
      ['engine', undefined],
    ]);
    expect(worst).toBe('critical');
  });
});
