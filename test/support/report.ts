import { createHash } from 'node:crypto';
import { findCheck } from '../../src/checks/registry.ts';
import type { Area } from '../../src/model/check.ts';
import type {
  AreaResult,
  AreaVerdict,
  Counts,
  Finding,
  MatrixCell,
  Report,
  ReportCheck,
  ReportTarget,
} from '../../src/model/report.ts';

const NO_COUNTS: Counts = { pass: 0, fail: 0, inconclusive: 0, 'not-applicable': 0, error: 0, waived: 0 };

/** A failed finding; whatever matters to a test is overridden. */
export function aFinding(overrides: Partial<Finding> = {}): Finding {
  const finding: Finding = {
    check: 'NET-004',
    slug: 'undeclared-egress',
    area: 'NET',
    title: 'An undeclared destination is reached',
    status: 'fail',
    severity: 'high',
    target: 'weather',
    targetId: idOf(overrides.target ?? 'weather'),
    subject: '203.0.113.10:443',
    message: 'A connection was made and the same peer answered as answers the control.',
    evidence: [],
    remediation: 'Attach the server to internal networks only and let it out through a filtering gateway.',
    fingerprint: '',
    ...overrides,
  };
  return { ...finding, fingerprint: fingerprint(finding) };
}

export function aTarget(overrides: Partial<ReportTarget> = {}): ReportTarget {
  return {
    id: idOf(overrides.name ?? 'weather'),
    name: 'weather',
    image: 'registry.example/mcp/weather:2.1.0',
    platform: 'none',
    transport: 'streamable-http',
    state: 'running',
    discoveredBy: 'named on the command line',
    declaration: { source: 'flag', location: 'profiles/weather.json', egress: 'nothing', profile: {}, remarks: [] },
    networks: [{ name: 'bridge', internal: false }],
    story: [],
    ...overrides,
  };
}

/** A report whose areas and summary follow from its findings. */
export function aReport(overrides: Partial<Report> = {}): Report {
  const targets = overrides.targets ?? [aTarget()];
  const findings = overrides.findings ?? [];
  return {
    schemaVersion: 1,
    tool: { name: 'bulkhead', version: '0.1.0' },
    session: '01jd3v5q8m',
    startedAt: '2026-11-20T09:30:00.000Z',
    finishedAt: '2026-11-20T09:30:06.412Z',
    interrupted: false,
    engine: {
      product: 'Docker Engine',
      version: '28.5.2',
      apiVersion: '1.51',
      os: 'linux',
      architecture: 'amd64',
      kernel: '6.12.48',
      rootless: false,
      userNamespaces: false,
      endpoint: 'unix:///var/run/docker.sock',
    },
    options: {
      timeoutMs: 2000,
      internet: ['203.0.113.10:443'],
      management: [],
      private: [],
      checks: [...new Set(findings.map(({ check }) => check))].toSorted(),
    },
    targets,
    observations: [],
    checks: checksOf(findings),
    findings,
    areas: areasOf(targets, findings),
    matrix: { destinations: [], rows: [] },
    summary: { targets: targets.length, counts: countsOf(findings), coverage: coverageOf(findings) },
    notes: [],
    exit: { code: 0, reason: 'no violation, nothing undecided' },
    ...overrides,
  };
}

const PLACES = [
  { id: 'host', kind: 'host', name: 'host' },
  { id: 'declared', kind: 'declared', name: 'declared destinations' },
  { id: 'undeclared', kind: 'undeclared', name: 'undeclared destinations' },
  { id: 'dns', kind: 'dns', name: 'DNS for undeclared names' },
  { id: 'metadata', kind: 'metadata', name: 'cloud metadata service' },
  { id: 'management', kind: 'management', name: 'management APIs' },
] as const;

/** One letter for each value of a cell; `s` is a violation by an MCP session. */
const CELLS: Readonly<Record<string, Pick<MatrixCell, 'expected' | 'observed' | 'value' | 'session'>>> = {
  o: { expected: 'open', observed: 'reached', value: 'as-declared-open' },
  h: { expected: 'closed', observed: 'held', value: 'held' },
  v: { expected: 'closed', observed: 'reached', value: 'violation' },
  s: { expected: 'closed', observed: 'reached', value: 'violation', session: true },
  b: { expected: 'open', observed: 'held', value: 'over-blocked' },
  n: { expected: 'nothing', observed: 'absent', value: 'not-there' },
  u: { expected: 'closed', observed: 'unknown', value: 'unknown' },
};

/**
 * A matrix of targets, a text for each: a letter for every other target in their order, then for host, declared,
 * undeclared, DNS, metadata and management.
 */
export function aMatrix(targets: readonly ReportTarget[], letters: readonly string[]): Report['matrix'] {
  const destinations = [...targets.map(({ id, name }) => ({ id, kind: 'target' as const, name })), ...PLACES];
  return {
    destinations,
    rows: targets.map(({ id, name }, index) => ({
      target: name,
      targetId: id,
      cells: destinations
        .filter((destination) => destination.id !== id)
        .map((destination, column): MatrixCell => ({
          destinationId: destination.id,
          expected: 'closed',
          observed: 'unknown',
          value: 'unknown',
          ...CELLS[letters[index]?.[column] ?? 'u'],
          attempts: 1,
          endpoints: ['203.0.113.10:443/tcp'],
          findings: [],
        })),
    })),
  };
}

export function countsOf(findings: readonly Finding[]): Counts {
  const counts = { ...NO_COUNTS };
  for (const { status, waived } of findings) counts[waived === undefined ? status : 'waived'] += 1;
  return counts;
}

export function coverageOf(findings: readonly Finding[]): Report['summary']['coverage'] {
  const applicable = findings.filter(({ status }) => status !== 'not-applicable').length;
  const decided = findings.filter(({ status }) => ['pass', 'fail'].includes(status)).length;
  return applicable === 0
    ? { decided, applicable }
    : { decided, applicable, percent: Math.floor((1000 * decided) / applicable) / 10 };
}

/** The metadata of each check that a finding names; made up where there is no such check. */
function checksOf(findings: readonly Finding[]): ReportCheck[] {
  const named = new Map(findings.map((finding) => [finding.check, finding]));
  return [...named.values()].map(({ check, slug, area, severity, title, remediation }) => {
    const meta = findCheck(check)?.meta;
    return {
      id: check,
      slug,
      area,
      severity: meta?.severity ?? severity,
      title: meta?.title ?? title,
      failureTitle: meta?.failureTitle ?? title,
      description: meta?.description ?? 'Why it matters.',
      remediation: meta?.remediation ?? remediation,
      references: (meta?.references ?? []).map(({ source, ids }) => ({ source, ids: [...ids] })),
      framework: [...(meta?.framework ?? [])],
    };
  });
}

function areasOf(targets: readonly ReportTarget[], findings: readonly Finding[]): AreaResult[] {
  return targets.flatMap(({ id, name }) => {
    const own = findings.filter(({ targetId }) => targetId === id);
    const areas = [...new Set(own.map(({ area }): Area => area))];
    return areas.map((area) => {
      const counts = countsOf(own.filter((finding) => finding.area === area));
      return { target: name, targetId: id, area, verdict: verdictOf(counts), counts };
    });
  });
}

function verdictOf({ pass, fail, inconclusive, error }: Counts): AreaVerdict {
  if (fail > 0) return pass > 0 ? 'partial' : 'cosmetic';
  if (inconclusive + error > 0) return 'unknown';
  return pass > 0 ? 'enforced' : 'not-applicable';
}

/** 64 hex digits, like an engine's. */
export function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

function fingerprint({ check, target, subject }: Finding): string {
  return createHash('sha256')
    .update(JSON.stringify([check, target, subject]))
    .digest('hex')
    .slice(0, 32);
}
