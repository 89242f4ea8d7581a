import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { schemaFiles, staleSchemas } from '../../../scripts/generate-schemas.ts';
import type { Report } from '../../../src/model/report.ts';
import { renderJson } from '../../../src/reporters/json.ts';
import { fixtureReport } from '../../support/fixture-report.ts';

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
}

function published(file: string): ValidateFunction {
  return new Ajv2020({ strict: true, allErrors: true }).compile(read(`schemas/${file}`) as object);
}

type Loose = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- reports are broken on purpose

describe('published schemas', () => {
  it('are those of the model', async () => {
    expect(await staleSchemas()).toEqual([]);
  });

  it.each([...schemaFiles().keys()])('%s compiles in strict mode, with a name of its own', (file) => {
    expect(published(file).schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:bulkhead:${file.replace('.schema.json', '')}:1`,
    });
  });
});

describe('report.schema.json', () => {
  const validate = published('report.schema.json');

  it('accepts the golden report', () => {
    expect(validate(read('test/golden/report.json')) ? [] : validate.errors).toEqual([]);
  });

  const OTHERS = { targets: 3, expected: 'closed', observed: 'unknown', value: 'unknown', findings: [] };

  it('takes the targets that a row does not list together', () => {
    const report = JSON.parse(renderJson(fixtureReport())) as Loose;
    report['matrix'].rows[0].others = OTHERS;
    expect(validate(report)).toBe(true);
  });

  it.each<[string, (report: Loose) => void]>([
    [
      'targets that are not listed and said to be held',
      (report) => void (report['matrix'].rows[0].others = { ...OTHERS, observed: 'held', value: 'held' }),
    ],
    ['a field that is missing', (report) => delete report['exit']],
    ['a field that nobody knows', (report) => void (report['extra'] = 1)],
    ['another version', (report) => void (report['schemaVersion'] = 2)],
    ['a severity that does not exist', (report) => void (report['findings'][0].severity = 'severe')],
    ['a status that does not exist', (report) => void (report['findings'][0].status = 'blocked')],
    ['a finding without evidence', (report) => delete report['findings'][0].evidence],
    ['a fingerprint of another form', (report) => void (report['findings'][0].fingerprint = 'NET-004')],
    ['a waiver without a reason', (report) => void (report['findings'][0].waived = {})],
    ['a count that is no number', (report) => void (report['summary'].counts.fail = '8')],
    ['an area verdict that does not exist', (report) => void (report['areas'][0].verdict = 'good')],
  ])('refuses %s', (_, breakIt) => {
    const report = JSON.parse(renderJson(fixtureReport())) as Report;
    breakIt(report);
    expect(validate(report)).toBe(false);
  });
});

describe('bundle.schema.json', () => {
  const validate = published('bundle.schema.json');
  const { engine, tool, session, startedAt, finishedAt, options, notes, interrupted, observations } = fixtureReport();
  const target = {
    id: observations[0]?.target,
    name: 'weather',
    image: { reference: 'registry.example/mcp/weather:2.1.0', id: 'sha256:0' },
    platform: 'none',
    discoveredBy: 'named on the command line',
    transport: 'streamable-http',
    state: 'running',
    startedAt,
  };
  const declaration = { profile: {}, source: 'flag', location: 'profiles/weather.json', remarks: [] };
  const bundle = (outcomes: unknown): unknown => ({
    schemaVersion: 1,
    tool,
    session,
    startedAt,
    finishedAt,
    engine,
    options,
    notes,
    interrupted,
    targets: [{ target, declaration, observations: outcomes }],
  });

  it('accepts the observations of the fixture, which the report’s schema leaves open', () => {
    expect(validate(bundle(observations[0]?.outcomes)) ? [] : validate.errors).toEqual([]);
  });

  it('refuses observations of a kind that does not exist', () => {
    expect(validate(bundle({ weather: { state: 'unavailable', reason: 'none' } }))).toBe(false);
  });
});

describe('probe-message.schema.json', () => {
  const validate = published('probe-message.schema.json');

  it('accepts what a probe says and nothing else', () => {
    expect(validate({ type: 'done', stallMs: 1.5 })).toBe(true);
    expect(validate({ type: 'done', stallMs: 1.5, extra: true })).toBe(false);
    expect(validate({ type: 'verdict', status: 'pass' })).toBe(false);
  });
});
