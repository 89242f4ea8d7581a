import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/checks/registry.ts';
import { manifestText, parseManifest } from '../../../src/evidence/manifest.ts';
import { isComplete } from '../../../src/engine/exit-code.ts';
import { addReport, emptyState } from '../../../src/evidence/state.ts';
import { renderSummary } from '../../../src/evidence/summary-markdown.ts';
import { summaryOf, type SummaryInput } from '../../../src/evidence/summary.ts';
import { EvidenceSummary, type EvidenceManifest, type EvidenceRunEntry } from '../../../src/model/evidence.ts';
import type { Report } from '../../../src/model/report.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { golden } from '../../support/golden.ts';

const HASH = 'ab'.repeat(32);

function entryOf(report: Report, overrides: Partial<EvidenceRunEntry> = {}): EvidenceRunEntry {
  const { session, startedAt, finishedAt, tool, engine, targets, checks, summary, exit } = report;
  return {
    path: `runs/${startedAt.replaceAll(':', '')}-${HASH.slice(0, 16)}`,
    source: 'audits/one.json',
    session,
    startedAt,
    finishedAt,
    tool: `${tool.name} ${tool.version}`,
    engine: `${engine.product} ${engine.version}`,
    complete: isComplete(report),
    targets: targets.length,
    checks: checks.length,
    counts: summary.counts,
    exit,
    bundle: { bytes: 1000, sha256: HASH },
    ...overrides,
  };
}

/** A leaky day, then one that broke off after its first server, which was mended. */
function input(change: (report: Report) => Report = (report) => report): SummaryInput {
  const first = change(fixtureReport());
  const second = change({
    ...fixtureReport(),
    startedAt: '2026-11-27T09:30:00.000Z',
    findings: fixtureReport().findings.map((finding) =>
      finding.check === 'HARD-006' ? { ...finding, status: 'pass' as const } : finding,
    ),
  });
  const third = change({
    ...fixtureReport(),
    startedAt: '2026-11-28T09:30:00.000Z',
    interrupted: true,
    findings: [],
    exit: { code: 130, reason: 'The run was interrupted; what was finished is in the report.' },
  });
  const state = emptyState();
  for (const report of [first, second, third]) addReport(state, report);
  return {
    tool: { name: 'bulkhead', version: '0.1.0' },
    createdAt: '2026-12-01T08:00:00.000Z',
    period: { since: '2026-11-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z' },
    runs: [entryOf(first), entryOf(second, { trigger: 'schedule', recordedAt: second.startedAt }), entryOf(third)],
    leftOut: [
      { source: 'audits/broken.json', why: 'unreadable', detail: 'audits/broken.json is not JSON', sha256: HASH },
      { source: 'audits/old.json', why: 'outside', detail: 'it started at 2026-10-31T23:59:59.000Z', sha256: HASH },
    ],
    checks: CHECKS.map(({ meta }) => meta),
    waivers: [
      {
        id: 'HARD-004',
        target: 'tickets',
        subject: '*',
        reason: 'The vendor needs sudo.',
        owner: 'platform-team',
        expires: '2027-01-31',
        ticket: 'OPS-311',
      },
      { id: 'NET-012', target: 'weather', subject: '*', reason: 'No UDP there.', owner: 'network-team', expires: '2026-11-29' },
    ],
    attestations: [
      { statement: 'Images are pulled by digest.', owner: 'registry-team', expires: '2026-11-30', checks: ['HARD-001'] },
    ],
    state,
  };
}

describe('the summary', () => {
  it('is golden for people, and valid for programs', () => {
    const summary = summaryOf(input());
    expect(renderSummary(summary)).toBe(golden('evidence-summary.md', renderSummary(summary)));
    const validate = new Ajv2020({ strict: true }).compile(EvidenceSummary);
    expect(validate(JSON.parse(JSON.stringify(summary))) ? [] : validate.errors).toEqual([]);
  });

  it('a waiver and an attestation are over after their last day, not on it', () => {
    const { waivers, attestations } = summaryOf(input());
    expect(waivers.map(({ expired }) => expired)).toEqual([false, true]);
    expect(attestations.map(({ expired }) => expired)).toEqual([false]);
  });

  it('counts what was asked and decided', () => {
    const { coverage, targets } = summaryOf(input());
    expect(coverage.catalogue).toBe(CHECKS.length);
    expect(coverage.asked + coverage.notAsked.length).toBe(coverage.catalogue);
    expect(coverage.decided).toBeGreaterThan(0);
    expect(coverage.undecided).toBe(4);
    // The run that broke off says nothing of them.
    expect(targets.map(({ name, seen }) => [name, seen])).toEqual(
      ['fetcher', 'tickets', 'weather'].map((name) => [name, '2026-11-27T09:30:00.000Z']),
    );
    expect(targets.find(({ name }) => name === 'weather')?.areas.find(({ area }) => area === 'HOST')?.verdict).toBe('cosmetic');
  });

  it('nothing that a container says is markup, steers a terminal or ends a cell', () => {
    const hostile = 'x\u001b[2J|`<script>alert(1)</script>\n# heading\u202e [a](http://evil.example)';
    const text = renderSummary(
      summaryOf(
        input((report) => ({
          ...report,
          targets: report.targets.map((target) => ({ ...target, name: hostile, image: hostile })),
          findings: report.findings.map((finding) => ({ ...finding, target: hostile, subject: hostile })),
          exit: { code: 4, reason: hostile },
          engine: { ...report.engine, product: hostile },
        })),
      ),
    );
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).not.toMatch(/^# heading/m);
    for (const line of text.split('\n').filter((each) => each.includes('script'))) {
      const outsideCode = line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '');
      expect(outsideCode).not.toMatch(/<script|\]\(http/);
      expect(line.startsWith('| ')).toBe(true);
    }
  });
});

describe('the manifest', () => {
  const manifest: EvidenceManifest = {
    manifestVersion: 1,
    tool: { name: 'bulkhead', version: '0.1.0' },
    createdAt: '2026-12-01T08:00:00.000Z',
    period: { since: '2026-11-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z' },
    signature: { algorithm: 'Ed25519', keyId: HASH },
    previous: HASH,
    files: [
      { bytes: 1625, path: 'runs/2026-11-20T093000.000Z-abababababababab/bundle.json', sha256: HASH },
      { bytes: 0, path: 'summary.md', sha256: HASH },
    ],
  };

  it('is golden, and comes back as it went', () => {
    const text = manifestText(manifest);
    expect(text).toBe(golden('evidence-manifest.json', text));
    expect(parseManifest(text)).toEqual({ manifest });
    const bare = { ...manifest, period: { until: manifest.period.until }, files: [] };
    delete bare.previous;
    expect(parseManifest(manifestText(bare))).toEqual({ manifest: bare });
  });

  const [file] = manifest.files;
  const withPaths = (...paths: readonly string[]) =>
    manifestText({ ...manifest, files: paths.map((each) => ({ bytes: 1, path: each, sha256: file?.sha256 ?? '' })) });

  it.each<readonly [string, string, RegExp]>([
    ['no JSON', '{', /not JSON/],
    ['null', 'null', /version none/],
    ['a newer version', manifestText(manifest).replace('"manifestVersion": 1', '"manifestVersion": 2'), /version 2; .* reads 1/],
    ['a field too many', manifestText(manifest).replace('"files"', '"extra": 1, "files"'), /not valid/],
    ['a path that leads out', withPaths('../x'), /not valid: \/files\/0\/path/],
    ['a path that leads out on the way', withPaths('runs/../../x'), /not valid/],
    ['an absolute path', withPaths('/etc/passwd'), /not valid/],
    ['a path of Windows', withPaths('runs\\x'), /not valid/],
    ['a hidden file', withPaths('runs/.x'), /not valid/],
    ['an empty part', withPaths('runs//x'), /not valid/],
    ['a file twice', withPaths('a', 'a'), /order, once/],
    ['another order', withPaths('b', 'a'), /order, once/],
    ['itself', withPaths('manifest.json'), /cannot be/],
    ['its signature', withPaths('manifest.sig'), /cannot be/],
    ['more than a disk holds', manifestText({ ...manifest, files: [{ bytes: 2 ** 50, path: 'x', sha256: HASH }] }), /more than/],
    ['a negative size', manifestText({ ...manifest, files: [{ bytes: -1, path: 'x', sha256: HASH }] }), /not valid/],
  ])('is refused: %s', (_, text, words) => {
    expect(parseManifest(text)).toEqual({ problem: expect.stringMatching(words) });
  });
});
