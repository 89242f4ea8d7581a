import { describe, expect, it } from 'vitest';
import { capabilities } from '../../../../src/checks/hard/capabilities.ts';
import { capabilitiesIn, isDangerous, isFull } from '../../../../src/checks/support/capabilities.ts';
import type { Credentials } from '../../../../src/model/observation.ts';
import { aProcess, capabilityMask, someCredentials } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

type Sets = Credentials['capabilities'];
const DEFAULT = '00000000a80425fb';
const SYS_ADMIN = capabilityMask(21);
const facts = (sets: Partial<Sets>) => ({ process: aProcess({ capabilities: { ...someCredentials().capabilities, ...sets } }) });
const verdicts = (odd: Partial<Record<keyof Sets, string>>) =>
  (['effective', 'permitted', 'inheritable', 'bounding', 'ambient'] as const).map(
    (set) => `${odd[set]?.split(' ')[0] ?? 'pass'} ${set} set${odd[set]?.includes(' ') ? ' (low)' : ''}`,
  );

runCases(capabilities, {
  valid: [{ name: 'none in any set', input: { facts: facts({}) }, verdicts: verdicts({}), actual: 'empty' }],
  invalid: [
    {
      name: "Docker's default set is low",
      input: { facts: facts({ effective: DEFAULT, permitted: DEFAULT, bounding: DEFAULT }) },
      verdicts: verdicts({ effective: 'fail low', permitted: 'fail low', bounding: 'fail low' }),
      says: /CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP/,
      shows: [/effective 00000000a80425fb/],
    },
    {
      name: 'SYS_ADMIN among the default set is high',
      input: { facts: facts({ effective: '00000000a82425fb' }) },
      verdicts: verdicts({ effective: 'fail' }),
      says: /15 capabilities, among them SYS_ADMIN\.$/,
    },
    {
      name: 'in the bounding set of a plain user: a setuid program could give it back',
      input: { facts: facts({ bounding: SYS_ADMIN }) },
      verdicts: verdicts({ bounding: 'fail' }),
    },
    { name: 'ambient', input: { facts: facts({ ambient: capabilityMask(10) }) }, verdicts: verdicts({ ambient: 'fail low' }) },
    {
      name: 'inheritable',
      input: { facts: facts({ inheritable: capabilityMask(16) }) },
      verdicts: verdicts({ inheritable: 'fail' }),
    },
    {
      name: 'one that has no name yet',
      input: { facts: facts({ effective: capabilityMask(41) }) },
      verdicts: verdicts({ effective: 'fail' }),
      actual: 'CAP_41',
    },
    {
      name: 'all, to the last bit',
      input: { facts: facts({ effective: 'ffffffffffffffff' }) },
      verdicts: verdicts({ effective: 'fail' }),
      says: /64 capabilities/,
    },
  ],
  undecided: [],
});

describe('capability masks', () => {
  it.each([
    ['0000000000000001', ['CHOWN']],
    ['0000010000000000', ['CHECKPOINT_RESTORE']],
    ['0000020000000000', ['CAP_41']],
    ['8000000000000000', ['CAP_63']],
    ['0000000000000000', []],
  ])('%s holds %j', (mask, names) => {
    expect(capabilitiesIn(mask)).toEqual(names);
  });

  it.each(['SYS_ADMIN', 'SYS_PTRACE', 'SYS_MODULE', 'DAC_READ_SEARCH', 'NET_ADMIN', 'BPF', 'CAP_41'])(
    '%s is dangerous',
    (name) => {
      expect(isDangerous(name)).toBe(true);
    },
  );

  it.each(['CHOWN', 'NET_BIND_SERVICE', 'NET_RAW', 'SYS_CHROOT', 'MKNOD'])('%s is what engines grant', (name) => {
    expect(isDangerous(name)).toBe(false);
  });

  it('is full by the last capability of the kernel', () => {
    expect([isFull('000001ffffffffff', 40), isFull('000001ffffffffff', 41), isFull('000001fffffffffe', 40)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
