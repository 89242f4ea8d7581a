import { decideComparison } from '../../src/comparison/exit.ts';
import { comparisonRows } from '../../src/comparison/rows.ts';
import { platformVerdict } from '../../src/comparison/verdict.ts';
import type { Comparison, ComparisonRun, ComparisonSetting, PlatformComparison } from '../../src/model/comparison.ts';
import type { Finding } from '../../src/model/report.ts';
import { aFinding, aReport } from './report.ts';

type Statuses = Readonly<Record<string, Finding['status']>>;

const DECLARED = 'canary.test:443';

/** Findings by `check subject`. */
function findings(said: Statuses): readonly Finding[] {
  return Object.entries(said).map(([what, status]) => {
    const [check = '', ...subject] = what.split(' ');
    return aFinding({
      check,
      subject: subject.join(' '),
      status,
      area: check.split('-')[0] as Finding['area'],
      message: `${subject.join(' ')}: ${status}.`,
    });
  });
}

const OPEN: Statuses = {
  [`NET-006 ${DECLARED}`]: 'pass',
  'NET-004 blocked.test:443': 'fail',
  'NET-010 a name below canary.test': 'fail',
  'NET-014 169.254.169.254:80': 'not-applicable',
  'HOST-001 172.17.0.1': 'fail',
  'HOST-002 127.0.0.1': 'pass',
  'PIVOT-001 other': 'fail',
};
const HELD: Statuses = {
  [`NET-006 ${DECLARED}`]: 'pass',
  'NET-004 blocked.test:443': 'pass',
  'NET-010 a name below canary.test': 'pass',
  'HOST-001 172.17.0.1': 'pass',
  'HOST-002 127.0.0.1': 'pass',
  'PIVOT-001 other': 'not-applicable',
};
const NONE: Statuses = { ...HELD, [`NET-006 ${DECLARED}`]: 'not-applicable', [`NET-004 ${DECLARED}`]: 'pass' };

function platform(
  name: string,
  version: string,
  said: readonly [Statuses, Statuses, Statuses],
  flags: readonly string[],
): PlatformComparison {
  const ways = ['defaults', 'profile', 'isolated'] as const;
  const runs = ways.map((way, index): ComparisonRun => ({
    id: way,
    way,
    ...(way === 'defaults'
      ? {}
      : {
          profile: way === 'profile' ? 'canary.json' : 'built-in profile none',
          egress: way === 'profile' ? 'canary.test on 443' : 'nothing',
        }),
    command: `${name} run -i ${flags[index] ?? ''} registry.example/mcp/weather:2.1.0`.replace('  ', ' '),
    container: `compare-${name}-${way}`,
    notes:
      name === 'docker' && way === 'profile'
        ? ['docker has no words for hosts and ports: the network is all that is chosen.']
        : [],
  }));
  const rows = comparisonRows(
    runs.map(({ id }, index) => ({
      id,
      declared: id !== 'defaults',
      references: id === 'defaults' ? [] : ['defaults'],
      findings: findings(said[index] ?? {}),
    })),
  );
  const settings: ComparisonSetting[] = [
    {
      name: 'networks',
      values: runs.map(({ id }) => ({ run: id, value: id === 'isolated' ? 'none' : `${name}-net (Internal false)` })),
    },
    {
      name: 'effective capabilities',
      values: runs.map(({ id }) => ({
        run: id,
        value: name === 'docker' ? 'CHOWN, DAC_OVERRIDE, FOWNER, NET_RAW, SETUID' : 'none',
      })),
    },
  ];
  const { verdict, reasons } = platformVerdict(runs, rows);
  return { platform: name, version, runs, rows: [...rows], settings, verdict, reasons: [...reasons] };
}

/** One platform that enforces nothing, one that does, and one that is not installed. */
export function fixtureComparison(): Comparison {
  const { tool, session, startedAt, finishedAt, engine, options } = aReport();
  const platforms: PlatformComparison[] = [
    platform('docker', '28.5.2', [OPEN, OPEN, NONE], ['', '--network compare', '--network none']),
    platform('bulkhead', '0.1.0', [NONE, HELD, NONE], ['', '--profile canary.json', '--profile none']),
    {
      platform: 'toolhive',
      missing: { why: 'There is no thv on PATH.', hint: 'Install ToolHive, or leave toolhive out of --launchers.' },
      runs: [],
      rows: [],
      settings: [],
      verdict: 'unknown',
      reasons: ['the platform could not be used'],
    },
  ];
  return {
    schemaVersion: 1,
    tool,
    session,
    startedAt,
    finishedAt,
    interrupted: false,
    engine,
    options,
    image: 'registry.example/mcp/weather:2.1.0',
    platforms,
    notes: [],
    exit: decideComparison(platforms, { interrupted: false }),
  };
}
