import fc from 'fast-check';
import type { Log } from 'sarif';
import { describe, expect, it } from 'vitest';
import type { Finding, Report } from '../../../src/model/report.ts';
import type { DeclarationFiles } from '../../../src/reporters/anchor.ts';
import { sarifPieces } from '../../../src/reporters/sarif.ts';
import { isTooLargeForGitHub, sarifProblems } from '../../support/formats/sarif.ts';
import { aFile } from '../../support/fixture-files.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { BREAKOUTS, hostileTexts, poisonedReport } from '../../support/breakouts.ts';
import { aFinding, aReport, aTarget, idOf } from '../../support/report.ts';

const PLAIN = { color: false, verbose: false, quiet: false, width: 100 };
function renderSarif(...of: Parameters<typeof sarifPieces>): string {
  return [...sarifPieces(...of)].join('');
}

function render(report: Report, files?: DeclarationFiles): Log {
  return JSON.parse(renderSarif(report, { ...PLAIN, ...(files !== undefined && { files }) })) as Log;
}

function run(report: Report, files?: DeclarationFiles) {
  const [only] = render(report, files).runs;
  return { results: only?.results ?? [], invocation: only?.invocations?.[0], rules: only?.tool.driver.rules ?? [] };
}

describe('renderSarif', () => {
  it('is what the official schema and GitHub’s rules take', () => {
    expect(sarifProblems(render(fixtureReport()))).toEqual([]);
  });

  it('has a schema here that refuses', () => {
    const log = render(fixtureReport());
    expect(sarifProblems({ ...log, version: '2.0.0' as '2.1.0' })).not.toEqual([]);
    expect(sarifProblems(JSON.parse(JSON.stringify(log).replaceAll('"startLine":1', '"startLine":0')) as Log)).not.toEqual([]);
  });

  it('makes violations results, waived ones suppressed, and what was not decided notifications', () => {
    const { results, invocation } = run(fixtureReport());
    expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 9 }, () => 'fail'));
    expect(results.filter(({ suppressions }) => suppressions !== undefined).map(({ ruleId }) => ruleId)).toEqual(['HARD-004']);
    expect(invocation?.toolExecutionNotifications?.map(({ associatedRule, level }) => `${associatedRule?.id} ${level}`)).toEqual([
      'NET-012 warning',
      'PIVOT-001 warning',
      'NET-006 warning',
      'NET-010 error',
    ]);
    expect(invocation?.executionSuccessful).toBe(false);
  });

  it('says what is new, what is as it was, and names what no result says', () => {
    const { results, invocation } = run(fixtureReport());
    const states = results.map(({ ruleId, baselineState }) => `${ruleId} ${baselineState ?? '-'}`);
    expect(states.filter((state) => !state.endsWith(' -'))).toEqual(['NET-004 new', 'HOST-001 unchanged', 'HARD-006 new']);
    expect(invocation?.toolConfigurationNotifications?.map(({ descriptor, level }) => `${descriptor?.id} ${level}`)).toEqual([
      'waiver-expired warning',
      'waiver-unused warning',
    ]);
    const properties = render(fixtureReport()).runs[0]?.properties;
    expect(properties?.['coverage']).toEqual({ decided: 15, applicable: 19, percent: 78.9 });
    expect(properties?.['baseline']).toMatchObject({
      counts: { new: 2, resolved: 2, unchanged: 1, incomparable: 1 },
      gone: [{ state: 'incomparable' }, { state: 'resolved' }, { state: 'resolved' }],
    });
    expect(properties?.['waivers']).toHaveLength(3);
    expect(properties?.['attestations']).toHaveLength(2);
    expect(render(aReport()).runs[0]?.properties).not.toHaveProperty('baseline');
  });

  it.each<[string, Partial<Report>, boolean]>([
    ['all went well', { findings: [aFinding({ status: 'pass' })] }, true],
    ['something is not decided', { findings: [aFinding({ status: 'inconclusive' })] }, true],
    ['a check broke', { findings: [aFinding({ status: 'error' })] }, false],
    ['it was interrupted', { interrupted: true }, false],
    ['the engine failed', { exit: { code: 4, reason: 'It went away.' } }, false],
  ])('calls the run successful or not: %s', (_, overrides, successful) => {
    expect(run(aReport(overrides)).invocation?.executionSuccessful).toBe(successful);
  });

  it('bands severities as GitHub does', () => {
    const { rules } = run(fixtureReport());
    const bands = new Map(rules.map(({ id, properties }) => [id, properties?.['security-severity']]));
    const { checks } = fixtureReport();
    for (const { id, severity } of checks) {
      expect(bands.get(id)).toBe({ critical: '9.5', high: '8.0', medium: '5.5', low: '2.0', info: '0.0' }[severity]);
    }
  });

  it('gives each result a fingerprint of its own, the same in the next run', () => {
    const twice = { ...fixtureReport(), findings: [...fixtureReport().findings, ...fixtureReport().findings] };
    const prints = (report: Report): readonly (string | undefined)[] =>
      run(report).results.map(({ partialFingerprints }) => partialFingerprints?.['primaryLocationLineHash']);
    expect(new Set(prints(twice)).size).toBe(18);
    expect(prints({ ...fixtureReport(), session: 'another', startedAt: '2027-01-01T00:00:00.000Z' })).toEqual(
      prints(fixtureReport()),
    );
  });

  it.each<[string, Partial<Finding>, number]>([
    ['the host that is named', { check: 'NET-006', subject: 'api.weather.example:443' }, 5],
    ['the list of hosts', { subject: '203.0.113.10:443' }, 4],
    ['the path that is named', { area: 'FS', subject: '/data' }, 10],
    ['where it begins, where nothing is near', { area: 'AUTH', subject: 'origin' }, 7],
  ])('points at the line of the declaration: %s', (_, overrides, line) => {
    const file = aFile('mcp/weather profile.json', {
      start: 7,
      'key network.outbound.allow_host': 4,
      'value api.weather.example': 5,
      'key read': 9,
      'value /data': 10,
    });
    const { results } = run(aReport({ findings: [aFinding(overrides)] }), new Map([[idOf('weather'), file]]));
    expect(results[0]?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'mcp/weather%20profile.json', uriBaseId: '%SRCROOT%' },
      region: { startLine: line, startColumn: 1, endLine: line, endColumn: 11 },
    });
  });

  it('gives the file alone where no line is known, as much as GitHub takes', () => {
    const { results } = run(aReport({ findings: [aFinding()] }), new Map([[idOf('weather'), { path: 'weather.json' }]]));
    expect(results[0]?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'weather.json', uriBaseId: '%SRCROOT%' },
      region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
    });
  });

  it.each([
    ['/etc/profiles/weather.json', 'flag', [], '/etc/profiles/weather.json'],
    ['label dev.bulkhead.profile', 'label', [], 'label dev.bulkhead.profile'],
    ['none found', 'none', [], undefined],
    ['none found', 'none', [{ code: 'label-of-image', path: '', message: 'ignored' }], 'label of the image'],
    ['', 'flag', [], undefined],
  ])('names the container and what declares, where %j is no file of the repository', (location, source, remarks, declaredAt) => {
    const target = aTarget({ declaration: { source, location, egress: 'nothing', profile: {}, remarks } });
    const log = render(aReport({ targets: [target], findings: [aFinding()] }));
    expect(sarifProblems(log)).toEqual([]);
    const place = log.runs[0]?.results?.[0]?.locations?.[0];
    expect(place?.physicalLocation?.artifactLocation).toEqual({ uri: 'containers/weather' });
    expect(place?.logicalLocations?.map(({ name, kind }) => [kind, name])).toEqual([
      ['container', 'weather'],
      ...(declaredAt === undefined ? [] : [['declaration', declaredAt]]),
    ]);
  });

  it('keeps the worst of 30,000 violations, and GitHub’s 10 MB', () => {
    const evidence = Array.from({ length: 40 }, (_, line) => `${line} ${'x'.repeat(400)}`);
    const findings = Array.from({ length: 30_000 }, (_, index) =>
      aFinding({ subject: `198.51.100.1:${index}`, evidence, severity: index < 29_999 ? 'low' : 'critical' }),
    );
    const text = renderSarif(aReport({ findings }), PLAIN);
    const log = JSON.parse(text) as Log;
    expect(log.runs[0]?.results).toHaveLength(25_000);
    expect(log.runs[0]?.results?.[0]?.properties?.['severity']).toBe('critical');
    expect(JSON.stringify(log.runs[0]?.invocations)).toMatch(/5000 less severe violations are left out/);
    expect(isTooLargeForGitHub(text)).toBe(false);
  });
});

describe('hostile text in every string of a report', () => {
  it('is valid all the same, and makes no link, no placeholder and no control character', () => {
    const check = (texts: readonly string[]): void => {
      const text = renderSarif(poisonedReport(texts), PLAIN);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066\u200b\ufeff]/u);
      const log = JSON.parse(text) as Log;
      expect(sarifProblems(log)).toEqual([]);
      const [only] = log.runs;
      const invocation = only?.invocations?.[0];
      const notifications = [
        ...(invocation?.toolExecutionNotifications ?? []),
        ...(invocation?.toolConfigurationNotifications ?? []),
      ];
      const messages = [...(only?.results ?? []), ...notifications].map(({ message }) => message.text);
      expect(messages).toHaveLength(15);
      for (const message of messages) expect(message).not.toMatch(/\]\(|\{\d/);
    };
    for (const text of BREAKOUTS) check([text]);
    fc.assert(fc.property(hostileTexts, check), { numRuns: 100 });
  });
});
