import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { LABEL } from '../../../src/model/labels.ts';
import { compartmentLabels, isAbandoned, newSession, ownerState } from '../../../src/runtime/labels.ts';

describe('abandoned objects', () => {
  const now = Date.now();
  it('are not those of a living run', () => {
    expect(isAbandoned(newSession().labels('probe'), now)).toBe(false);
  });
  it('are those that nobody can still need', () => {
    expect(isAbandoned(newSession().labels('probe'), now + 31 * 60_000)).toBe(true);
  });
  it('are those of a run of this machine that is gone, also when its number was given to another process', () => {
    const { pid } = spawnSync('true');
    const labels = newSession().labels('control');
    const owner = (labels[LABEL.owner] ?? '').split('/');
    const of = (number: number, start: string): Record<string, string> => ({
      ...labels,
      [LABEL.owner]: [owner[0], owner[1], number, start].join('/'),
    });
    expect(isAbandoned(of(pid, '12345'), now)).toBe(true);
    expect(isAbandoned(of(process.pid, '12345'), now)).toBe(true);
    // Where /proc hides the processes of other users, nobody knows when they started.
    expect(isAbandoned(of(process.pid, 'unknown'), now)).toBe(false);
    expect(isAbandoned(of(pid, 'unknown'), now)).toBe(true);
  });
  it('are not those of a run on another machine, before they expire', () => {
    const labels = { ...newSession().labels('probe'), [LABEL.owner]: 'elsewhere/boot/1/2' };
    expect(isAbandoned(labels, now)).toBe(false);
  });
});

describe('who launched a compartment', () => {
  it.each([
    ['attached', false, LABEL.owner],
    ['detached', true, LABEL.launcher],
  ] as const)('is in its labels, by which %s ones belong to somebody or not', (_, detached, label) => {
    const labels = compartmentLabels('0123456789ab', detached);
    expect(Object.keys(labels)).toEqual([LABEL.session, label]);
    expect(ownerState(labels[label])).toBe('alive');
    const [host, boot] = labels[label]?.split('/') ?? [];
    const ended = [host, boot, spawnSync('true').pid, '12345'].join('/');
    expect(ownerState(ended)).toBe('gone');
    expect(isAbandoned({ ...labels, [label]: ended }, Date.now())).toBe(!detached);
    // Of before a restart, of another machine, of nobody.
    for (const owner of [`${host}/another-boot/1/2`, `elsewhere/${boot}/1/2`, 'nonsense', undefined]) {
      expect(ownerState(owner)).toBe('unknown');
    }
  });
});
