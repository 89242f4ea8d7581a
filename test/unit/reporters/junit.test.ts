import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { Report } from '../../../src/model/report.ts';
import { junitPieces } from '../../../src/reporters/junit.ts';
import { JUNIT_SCHEMA, junitProblems } from '../../support/formats/junit.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { BREAKOUTS, hostileTexts, poisonedReport } from '../../support/breakouts.ts';
import { aFinding, aReport, aTarget } from '../../support/report.ts';

/** What each suite counts, by its name. */
function suites(xml: string): ReadonlyMap<string, string> {
  const found = xml.matchAll(/<testsuite name="([^"]*)".* (tests="\d+" failures="\d+" errors="\d+" skipped="\d+")>/g);
  return new Map([...found].map(([, name = '', numbers = '']) => [name, numbers.replaceAll('"', '')]));
}

const renderJunit = (report: Report): string => [...junitPieces(report)].join('');

describe('renderJunit', () => {
  it('is what Jenkins’ schema takes, with unique cases', async () => {
    expect(await junitProblems(renderJunit(fixtureReport()))).toEqual([]);
  });

  it('has a schema here that refuses', async () => {
    const text = renderJunit(fixtureReport());
    expect(await junitProblems(text.replace('time="0"', 'time=""'))).not.toEqual([]);
    expect(await junitProblems(text.replace('<testsuites', '<testsuites skipped="1"'))).not.toEqual([]);
    expect(await junitProblems(text.replace('name="NET-004 203.0.113.10:80"', 'name="NET-004 203.0.113.10:443"'))).not.toEqual(
      [],
    );
  });

  it('counts a violation as failure, what was not decided as error, what is waived or does not apply as skipped', () => {
    const found = suites(renderJunit(fixtureReport()));
    expect(Object.fromEntries(found)).toMatchObject({
      'weather NET': 'tests=6 failures=3 errors=2 skipped=0',
      'tickets NET': 'tests=2 failures=0 errors=1 skipped=0',
      'tickets HARD': 'tests=1 failures=0 errors=0 skipped=1',
      'fetcher FS': 'tests=1 failures=0 errors=0 skipped=1',
    });
  });

  it('says which failures are new, and in the suite of the run what no case says', () => {
    const text = renderJunit(fixtureReport());
    expect(text.match(/^baseline: new since the baseline$/gm)).toHaveLength(2);
    expect(text.match(/^baseline: as in the baseline$/gm)).toHaveLength(1);
    expect(text).toContain('<property name="coverage" value="15 of 19 findings decided (78.9 %)"/>');
    expect(text).toMatch(/<property name="waiver 1" value="expired, 1 finding: NET-004 weather/);
    expect(text).toMatch(/<property name="attested, not tested 2" value="Logs are kept for a year\./);
  });

  it('begins no line with what was seen', () => {
    const forged = aReport({ findings: [aFinding({ message: '::error::forged', expected: '##[error]forged' })] });
    expect(renderJunit(forged)).not.toMatch(/^\s*::|##\[/m);
  });

  it('keeps cases apart that are called the same', async () => {
    const twins = ['a', 'b'].map((id) => aTarget({ id: id.repeat(64), name: 'twin' }));
    const findings = twins.flatMap(({ id }) => [
      aFinding({ target: 'twin', targetId: id }),
      aFinding({ target: 'twin', targetId: id }),
    ]);
    const text = renderJunit(aReport({ targets: twins, findings }));
    expect(await junitProblems(text)).toEqual([]);
    expect([...suites(text).keys()]).toEqual(['bulkhead run', 'twin NET', 'twin NET #2']);
  });

  it.each<[string, Partial<Report>, number]>([
    ['nothing was found', { targets: [], exit: { code: 3, reason: 'No MCP server was found: nothing was proven.' } }, 1],
    ['nothing was found, which was allowed', { targets: [], exit: { code: 0, reason: 'allowed' } }, 0],
    ['it was interrupted', { interrupted: true, exit: { code: 130, reason: 'The run was interrupted.' } }, 1],
    ['the engine failed', { exit: { code: 4, reason: 'The engine went away.' } }, 1],
    ['all went well', {}, 0],
  ])('a run is an error of its own where %s: %o', async (_, overrides, errors) => {
    const text = renderJunit(aReport(overrides));
    expect(suites(text).get('bulkhead run')).toBe(`tests=1 failures=0 errors=${errors} skipped=0`);
    expect(await junitProblems(text)).toEqual([]);
  });

  it('stays below GitLab’s 30 MB with 25,000 failures of much evidence', () => {
    const evidence = Array.from({ length: 40 }, () => 'x'.repeat(400));
    const findings = Array.from({ length: 25_000 }, (_, index) => aFinding({ subject: `198.51.100.1:${index}`, evidence }));
    const text = renderJunit(aReport({ findings }));
    expect(text.match(/<testcase /g)).toHaveLength(25_001);
    expect(Buffer.byteLength(text)).toBeLessThan(30_000_000);
  });
});

describe('hostile text in every string of a report', () => {
  it('is text for the parser, and adds no element', async () => {
    const samples = [...BREAKOUTS.map((text) => [text]), ...fc.sample(hostileTexts, 30)];
    const results = await Promise.all(
      samples.map(async (texts) => {
        const xml = renderJunit(poisonedReport(texts));
        // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff\u202e]/);
        expect(xml).not.toMatch(/\p{Cs}/u);
        // In the canonical form every `<` begins an element: CDATA sections are gone, text is escaped.
        return validateXML({ xml: { fileName: 'junit.xml', contents: xml }, schema: JUNIT_SCHEMA, normalization: 'c14n' });
      }),
    );
    expect(results.flatMap(({ errors }) => errors.map(({ message }) => message))).toEqual([]);
    const counts = results.map(({ normalized }) =>
      ['testcase', 'failure', 'error', 'skipped'].map((name) => normalized.match(new RegExp(`<${name}[ >]`, 'g'))?.length),
    );
    for (const count of counts) expect(count).toEqual([22, 8, 4, 3]);
  });
});
