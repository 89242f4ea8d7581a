import { sharedWritableMount } from '../../../../src/checks/pivot/shared-writable-mount.ts';
import type { Peer } from '../../../../src/model/check.ts';
import type { ConfiguredMount } from '../../../../src/model/observation.ts';
import { aConfiguration, aDeclaration, aMount, aPeer } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const rw = (source: string, target = source): ConfiguredMount => aMount({ source, target, readOnly: false });
const ro = (source: string, target = source): ConfiguredMount => aMount({ source, target });
const volume = (name: string, readOnly = false): ConfiguredMount =>
  aMount({ type: 'volume', source: name, target: '/data', readOnly });
const between = (own: readonly ConfiguredMount[], theirs: readonly ConfiguredMount[], more: Partial<Peer> = {}) => ({
  facts: { configuration: aConfiguration({ mounts: [...own] }) },
  peers: [{ ...aPeer(), configuration: aConfiguration({ mounts: [...theirs] }), ...more }],
});
const declared = (...write: readonly string[]) => aDeclaration({ write: [...write] });

runCases(sharedWritableMount, {
  valid: [
    { name: 'one server alone', input: {}, verdicts: ['not-applicable other servers'] },
    { name: 'nothing is mounted', input: between([], []), verdicts: ['pass notes'] },
    { name: 'neighbours', input: between([rw('/srv/a')], [rw('/srv/ab')]), verdicts: ['pass notes'] },
    { name: 'both read', input: between([ro('/srv/a')], [ro('/srv/a')]), verdicts: ['pass notes'], says: /by neither/ },
    { name: 'other volumes', input: between([volume('a')], [volume('b')]), verdicts: ['pass notes'] },
    {
      name: 'memory of their own',
      input: between(
        [aMount({ type: 'tmpfs', source: '', readOnly: false })],
        [aMount({ type: 'tmpfs', source: '', readOnly: false })],
      ),
      verdicts: ['pass notes'],
    },
    { name: 'masked by /dev/null', input: between([rw('/dev/null', '/a')], [rw('/dev/null', '/b')]), verdicts: ['pass notes'] },
    { name: 'a volume named as a path', input: between([volume('/srv')], [rw('/srv')]), verdicts: ['pass notes'] },
  ],
  invalid: [
    {
      name: 'both write',
      input: between([rw('/srv/a', '/in')], [rw('/srv/a', '/out')]),
      verdicts: ['fail notes'],
      says: /^\/srv\/a is shared with notes, and both can write it\.$/,
      shows: [/\/in \(writable\) here, \/out \(writable\) in notes/],
    },
    {
      name: 'one reads what the other writes',
      input: between([ro('/srv/a')], [rw('/srv/a')]),
      verdicts: ['fail notes'],
      says: /writes what this server reads/,
    },
    {
      name: 'the other way round',
      input: between([rw('/srv/a')], [ro('/srv/a')]),
      verdicts: ['fail notes'],
      says: /reads what this server writes/,
    },
    { name: 'a directory above', input: between([ro('/srv/a/b')], [rw('/srv')]), verdicts: ['fail notes'] },
    {
      name: 'as a desktop engine names it',
      input: between([rw('/host_mnt/Users/a')], [rw('/Users/a')]),
      verdicts: ['fail notes'],
    },
    { name: 'a volume', input: between([volume('cache')], [volume('cache', true)]), verdicts: ['fail notes'] },
    {
      name: 'declared by both',
      input: {
        ...between([rw('/srv/a')], [rw('/srv/a')], { declaration: declared('/srv/a') }),
        declaration: declared('/srv/a'),
      },
      verdicts: ['fail notes (info)'],
    },
    {
      name: 'declared by one',
      input: { ...between([rw('/srv/a')], [rw('/srv/a')]), declaration: declared('/srv/a') },
      verdicts: ['fail notes'],
    },
  ],
  undecided: [{ name: 'the other one was not inspected', input: { peers: [aPeer()] }, verdicts: ['inconclusive notes'] }],
});
