import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatheredChecks } from '../../../src/checks/registry.ts';
import { lastKnown } from '../../../src/commands/watch-known.ts';
import type { Settings } from '../../../src/commands/settings.ts';
import { reportOf } from '../../../src/engine/report.ts';
import { openHistory, type History } from '../../../src/history/history.ts';
import type { ObservationBundle } from '../../../src/model/bundle.ts';
import { aBundle } from '../../support/bundle.ts';
import { at } from '../../support/history.ts';
import { aDeclaration, aTarget } from '../../support/observations.ts';

const OPTIONS = { failOn: 'never', allowEmpty: true } as const;
const SETTINGS: Settings = { formats: [], view: { quiet: true, verbose: false }, report: OPTIONS };

describe('what a watch knows when it starts', () => {
  let file: string;
  let history: History;
  let minute: number;
  beforeEach(async () => {
    file = path.join(await mkdtemp(path.join(tmpdir(), 'bulkhead-known-')), 'history.db');
    history = openHistory(file, { create: true });
    minute = 0;
  });
  afterEach(async () => rm(path.dirname(file), { recursive: true }));

  async function record(
    kind: 'manual' | 'schedule' | 'event',
    names: string,
    more: Partial<ObservationBundle> = {},
  ): Promise<void> {
    const targets = names.split(' ').map((name, index) => ({
      target: aTarget({ name, id: String(index).repeat(64) }),
      declaration: aDeclaration(),
      observations: {},
    }));
    const bundle = { ...aBundle(...targets), ...at(minute), ...more };
    minute += 1;
    const report = reportOf(bundle, gatheredChecks(bundle), OPTIONS);
    await history.record({ bundle, report, options: OPTIONS, trigger: { kind, text: '' } });
  }

  async function known(): Promise<string | undefined> {
    history.close();
    const report = await lastKnown({
      endpoint: aBundle().engine.endpoint,
      recording: { file, retention: {} },
      settings: SETTINGS,
      log: () => undefined,
    });
    return report?.targets.map(({ name }) => name).join(' ');
  }

  it('is the last scan of everything, and what events showed since', async () => {
    await record('schedule', 'gone');
    await record('schedule', 'files notes');
    await record('event', 'weather');
    expect(await known()).toBe('files notes weather');
  });

  it('is nothing of audits by hand, of scans that failed or broke off, and of other engines', async () => {
    await record('schedule', 'files notes');
    await record('manual', 'by-hand');
    await record('schedule', 'unseen', { engineFailure: 'the engine failed' });
    await record('schedule', 'broken-off', { interrupted: true });
    await record('schedule', 'elsewhere', { engine: { ...aBundle().engine, endpoint: 'tcp://192.0.2.1:2376' } });
    expect(await known()).toBe('files notes');
  });

  it('is nothing where everything was never looked at', async () => {
    await record('event', 'weather');
    expect(await known()).toBeUndefined();
  });
});
