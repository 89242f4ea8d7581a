import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReportOptions } from '../../../src/engine/report.ts';
import { defaultHistoryFile } from '../../../src/history/default-file.ts';
import { openHistory, type History } from '../../../src/history/history.ts';
import { HistoryRecord } from '../../../src/model/history.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { at, aRun } from '../../support/history.ts';
import { aFinding, aReport, aTarget } from '../../support/report.ts';

let directory: string;
let history: History;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-history-'));
  history = openHistory(path.join(directory, 'state', 'bulkhead', 'history.db'), { create: true });
});
afterEach(async () => {
  history.close();
  await rm(directory, { recursive: true });
});

describe('a history', () => {
  it('is for its owner alone', async () => {
    await history.record(aRun());
    const mode = async (name: string) => ((await stat(name)).mode & 0o777).toString(8);
    expect(await mode(history.file)).toBe('600');
    expect(await mode(path.dirname(history.file))).toBe('700');
    expect(await mode(path.join(directory, 'state'))).toBe('700');
  });

  it('keeps all that a trend asks for, and the bundle', async () => {
    const report = fixtureReport();
    const run = aRun(report, { trigger: { kind: 'schedule', text: 'every night' } });
    expect(await history.record(run)).toBe(1);
    const record = history.recordOf(1);
    expect(record).toMatchObject({
      historyVersion: 1,
      id: 1,
      session: report.session,
      startedAt: report.startedAt,
      finishedAt: report.finishedAt,
      interrupted: false,
      trigger: { kind: 'schedule', text: 'every night' },
      tool: report.tool.version,
      engine: report.engine,
      exit: report.exit,
      checks: report.checks.map(({ id }) => id),
      targets: report.targets.map(({ name }) => name),
      counts: report.summary.counts,
    });
    expect(record.findings).toEqual(
      report.findings.map(({ check, area, target, subject, status, severity, fingerprint, waived }) => ({
        check,
        area,
        target,
        subject,
        status,
        severity,
        fingerprint,
        waived: waived !== undefined,
      })),
    );
    expect(record.findings.some(({ waived }) => waived)).toBe(true);
    const byName = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect(record.areas.toSorted(byName)).toEqual(report.areas.toSorted(byName));
    expect(record.inventory[0]).toEqual({
      id: report.targets[0]?.id,
      name: 'weather',
      image: report.targets[0]?.image,
      platform: 'none',
      transport: 'streamable-http',
      state: 'running',
      declaration: { source: 'flag', location: 'profiles/weather.json', egress: report.targets[0]?.declaration.egress },
    });
    expect(await history.bundleOf(1)).toEqual(run.bundle);
    expect(new Ajv2020({ strict: true }).validate(HistoryRecord, record)).toBe(true);
  });

  it('knows how a run was judged', async () => {
    const options: ReportOptions = {
      failOn: 'high',
      allowEmpty: true,
      accepted: {
        waivers: [{ id: 'NET-004', target: '*', subject: '*', reason: 'r', owner: 'o', expires: '2027-01-31' }],
        attestations: [{ statement: 's', owner: 'o', expires: '2027-01-31', checks: ['HARD-001'] }],
        now: new Date('2026-11-20T09:30:00.000Z'),
      },
      baseline: {
        source: 'bulkhead.baseline.json',
        baseline: { baselineVersion: 1, tool: '0.1.0', checks: ['NET-004'], targets: ['weather'], entries: [] },
      },
    };
    await history.record(aRun(at(1), { options }));
    await history.record(aRun(at(2)));
    expect(await history.judgingOf(1)).toEqual(options);
    expect(await history.judgingOf(2)).toEqual({ failOn: 'medium', allowEmpty: false });
    expect(await history.check()).toEqual([]);
  });

  it('records an interrupted run as one', async () => {
    await history.record(aRun({ interrupted: true, exit: { code: 130, reason: 'Interrupted.' } }));
    expect(history.run(1)).toMatchObject({ interrupted: true, exit: { code: 130 } });
  });

  it('takes a session once, and nothing of the second time', async () => {
    await history.record(aRun());
    await expect(history.record(aRun({ findings: [aFinding()] }))).rejects.toThrow(/recorded already, as run 1/);
    expect(history.runs()).toHaveLength(1);
    expect(history.failures()).toEqual([]);
  });

  it.each(['', 'yesterday', '2026-13-45T00:00:00Z'])('has no place for a run that started at "%s"', async (startedAt) => {
    await expect(history.record(aRun({ startedAt }))).rejects.toThrow(/no place in a history/);
    expect(history.runs()).toEqual([]);
  });

  it('records nothing that it could not read again', async () => {
    await history.record(aRun(at(1)));
    const trigger = { kind: 'event' as const, text: 'x'.repeat(2000) };
    await expect(history.record(aRun(at(2), { trigger }))).rejects.toThrow(/could not be read again: .*trigger/);
    expect(history.runs().map(({ id }) => id)).toEqual([1]);
    expect(await history.check()).toEqual([]);
  });

  it('lists the newest first, by number, server and time', async () => {
    for (const minute of [0, 1, 2, 3]) {
      await history.record(aRun({ ...at(minute), targets: [aTarget({ name: minute % 2 === 0 ? 'even' : 'odd' })] }));
    }
    const ids = (query?: Parameters<History['runs']>[0]) => history.runs(query).map(({ id }) => id);
    expect(ids()).toEqual([4, 3, 2, 1]);
    expect(ids({ limit: 2 })).toEqual([4, 3]);
    expect(ids({ target: 'odd' })).toEqual([4, 2]);
    expect(ids({ target: 'od_' })).toEqual([]);
    expect(ids({ since: new Date(at(2).startedAt) })).toEqual([4, 3]);
    expect(history.runIds({ since: new Date(at(2).startedAt) })).toEqual([3, 4]);
    expect(history.runsOfSession('session-').map(({ id }) => id)).toEqual([4, 3]);
    expect(history.runsOfSession('session-2').map(({ id }) => id)).toEqual([3]);
    expect(history.runsOfSession('%')).toEqual([]);
    expect(() => history.run(9)).toThrow(/no run 9/);
  });

  it('keeps whatever a container calls itself', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (text) => {
        number += 1;
        const finding = aFinding({ subject: text, target: text });
        const id = await history.record(
          aRun({ ...at(number), targets: [aTarget({ name: text, image: text })], findings: [finding] }),
        );
        const kept = Buffer.from(text).toString('utf8').replaceAll('\u0000', '\ufffd');
        const record = history.recordOf(id);
        expect(record.targets).toEqual([kept]);
        expect(record.findings).toMatchObject([{ subject: kept, target: kept, fingerprint: finding.fingerprint }]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('retention', () => {
  beforeEach(async () => {
    for (const day of [0, 1, 2, 3, 4])
      await history.record(aRun({ ...at(day * 1440), findings: [aFinding({ subject: `s${day}` })] }));
  });
  const ids = () => history.runs().map(({ id }) => id);
  const now = new Date(Date.parse(at(4 * 1440).startedAt) + 1000);

  it('keeps so many runs', async () => {
    expect(history.prune({ keepRuns: 2 }, now)).toEqual({ runs: 3, contents: 3 });
    expect(ids()).toEqual([5, 4]);
    expect(history.failures().map(({ subject }) => subject)).toEqual(['s4', 's3']);
    expect(await history.bundleOf(4)).toBeDefined();
    expect(await history.check()).toEqual([]);
  });

  it('keeps so many days', () => {
    expect(history.prune({ keepDays: 2 }, now)).toEqual({ runs: 3, contents: 3 });
    expect(ids()).toEqual([5, 4]);
  });

  it('deletes what either limit does not keep', () => {
    expect(history.prune({ keepRuns: 4, keepDays: 1 }, now).runs).toBe(4);
    expect(ids()).toEqual([5]);
  });

  it('gives no number twice', async () => {
    history.prune({ keepDays: 1 }, new Date('2030-01-01'));
    expect(ids()).toEqual([]);
    expect(await history.record(aRun(at(9)))).toBe(6);
  });

  it('keeps what another run still refers to', async () => {
    const baseline = { source: 'b', baseline: { baselineVersion: 1 as const, tool: '0', checks: [], targets: [], entries: [] } };
    const options: ReportOptions = { failOn: 'medium', allowEmpty: false, baseline };
    await history.record(aRun(at(8000), { options }));
    await history.record(aRun(at(8001), { options }));
    expect(history.prune({ keepRuns: 1 })).toEqual({ runs: 6, contents: 6 });
    expect((await history.judgingOf(7)).baseline).toEqual(baseline);
    expect(history.prune({ keepDays: 1 }, new Date('2030-01-01'))).toEqual({ runs: 1, contents: 2 });
  });

  it('gives the room back', async () => {
    const findings = Array.from({ length: 1000 }, (_, index) => aFinding({ subject: `many-${index}` }));
    await history.record(aRun({ ...at(8000), findings }));
    await history.record(aRun(at(8001)));
    history.prune({ keepRuns: 1 });
    const { size } = await stat(history.file);
    history.shrink();
    expect((await stat(history.file)).size).toBeLessThan(size);
    expect(ids()).toEqual([7]);
  });
});

describe('days', () => {
  it('count each server once a day, as it was last seen', async () => {
    const leak = aFinding({ target: 'a' });
    const tight = aFinding({ target: 'a', status: 'pass' });
    const other = aFinding({ target: 'b', status: 'pass' });
    const both = { targets: [aTarget({ name: 'a' }), aTarget({ name: 'b' })] };
    await history.record(aRun({ ...at(0), ...both, findings: [leak, other] }));
    await history.record(aRun({ ...at(5), targets: [aTarget({ name: 'a' })], findings: [tight] }));
    await history.record(aRun({ ...at(6), targets: [aTarget({ name: 'a' })], findings: [leak], interrupted: true }));
    await history.record(aRun({ ...at(1440), ...both, findings: [leak, other] }));
    const counts = aReport().summary.counts;
    const none = { enforced: 0, partial: 0, cosmetic: 0, unknown: 0, 'not-applicable': 0 };
    const days = [
      { day: '2026-11-20', area: 'NET', verdicts: { ...none, enforced: 2 }, counts: { ...counts, pass: 2 } },
      {
        day: '2026-11-21',
        area: 'NET',
        verdicts: { ...none, enforced: 1, cosmetic: 1 },
        counts: { ...counts, pass: 1, fail: 1 },
      },
    ];
    expect(history.days()).toEqual(days);
    expect(history.days({ since: new Date(at(1440).startedAt) })).toEqual(days.slice(1));
    expect(history.days({ target: 'b' }).map(({ verdicts }) => verdicts.enforced)).toEqual([1, 1]);
    expect(history.days({ target: 'none' })).toEqual([]);
  });
});

it.each([
  [{ XDG_STATE_HOME: '/state' }, '/state/bulkhead/history.db'],
  [{}, '/home/me/.local/state/bulkhead/history.db'],
  [{ XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/bulkhead/history.db'],
])('by default it is where the state of programs is: %j', (env, file) => {
  expect(defaultHistoryFile(env, '/home/me')).toBe(file);
});
