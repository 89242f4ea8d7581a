import { describe, expect, it } from 'vitest';
import { renderConsole } from '../../../src/reporters/console.ts';
import { renderJson } from '../../../src/reporters/json.ts';
import { expectGolden } from '../../support/golden.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { countsOf } from '../../support/report.ts';

const PLAIN = { color: false, verbose: false, quiet: false, width: 100 };

describe('one report in every format', () => {
  const report = fixtureReport();

  it('has a fixture whose summary follows from its findings', () => {
    expect(report.summary.counts).toEqual(countsOf(report.findings));
  });

  it('console', () => {
    expectGolden('console.txt', renderConsole(report, PLAIN));
  });

  it('console in colours', () => {
    expectGolden('console-color.txt', renderConsole(report, { ...PLAIN, color: true }));
  });

  it('console, verbose', () => {
    expectGolden('console-verbose.txt', renderConsole(report, { ...PLAIN, verbose: true }));
  });

  it('console, quiet', () => {
    expectGolden('console-quiet.txt', renderConsole(report, { ...PLAIN, quiet: true }));
  });

  it('console, high and above, 60 columns', () => {
    expectGolden('console-narrow.txt', renderConsole(report, { ...PLAIN, width: 60, minSeverity: 'high' }));
  });

  it('json', () => {
    expectGolden('report.json', renderJson(report));
  });
});
