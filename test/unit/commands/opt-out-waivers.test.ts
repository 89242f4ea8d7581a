import { describe, expect, it } from 'vitest';
import { optOutWaivers } from '../../../src/commands/opt-out-waivers.ts';
import { optOuts } from '../../../src/launcher/hardening.ts';
import { Waiver } from '../../../src/model/waiver.ts';
import { Ajv } from 'ajv';
import { CHECKS } from '../../../src/checks/registry.ts';
import { STDIO } from '../launcher/plan-fixtures.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

function ids(label: string | undefined): readonly string[] {
  return optOutWaivers(label, 'github', NOW).map(({ id }) => id);
}

describe('what was asked for at the start', () => {
  it('is accepted, for this server and these checks alone', () => {
    expect(ids(undefined)).toEqual([]);
    expect(ids('')).toEqual([]);
    expect(ids('exec-tmp,allow-ech')).toEqual([]);
    expect(ids('constructor')).toEqual([]);
    expect(ids('root-user,writable-root')).toEqual(['HARD-005', 'HARD-006']);
    expect(ids('cap-add=NET_RAW,cap-add=CHOWN,mount-sensitive')).toEqual(['HARD-002', 'FS-004', 'FS-005']);
  });

  it('is a valid waiver of a check that exists, under the names of the launcher', () => {
    const all = optOuts(
      { ...STDIO, writableRoot: true, execTmp: true, mountSensitive: true, capAdd: ['CHOWN'], allowEch: true },
      true,
    );
    const waivers = optOutWaivers(all.names.join(','), 'github', NOW);
    expect(waivers).toHaveLength(5);
    const valid = new Ajv().compile(Waiver);
    for (const waiver of waivers) {
      expect(valid(waiver), JSON.stringify(valid.errors)).toBe(true);
      expect(CHECKS.map(({ meta }) => meta.id)).toContain(waiver.id);
      expect(waiver).toMatchObject({ target: 'github', expires: '2027-11-21' });
    }
  });
});
