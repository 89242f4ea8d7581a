import { defineCheck } from '../../model/check.ts';
import { reproduceInspect } from '../support/evidence.ts';

export const writableRootfs = defineCheck({
  meta: {
    id: 'HARD-006',
    slug: 'writable-rootfs',
    area: 'HARD',
    severity: 'medium',
    title: 'Its root file system cannot be written',
    failureTitle: 'Its root file system can be written',
    description:
      'Where files can be made, tools can be brought along and programs replaced, and both survive until the container is made anew.',
    remediation: 'Run it with `--read-only`, and give it `--tmpfs /tmp:noexec,nosuid` where it needs room.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.13'] }],
    framework: ['Filesystem'],
    since: '0.1.0',
  },
  requires: ['filesystem'],
  evaluate({ facts: { filesystem }, target }) {
    const { rootReadOnly, writableDirectory, walk, directoriesTried } = filesystem;
    const facts = {
      subject: 'root file system',
      expected: 'read-only',
      evidence: [`mounted ${rootReadOnly ? 'read-only' : 'for writing'}`, `${directoriesTried} directories tried (${walk})`],
      reproduce: reproduceInspect(target, '{{.HostConfig.ReadonlyRootfs}}'),
    };
    if (rootReadOnly)
      return [{ ...facts, status: 'pass', actual: 'read-only', message: 'The root file system is mounted read-only.' }];
    if (writableDirectory !== undefined) {
      return [{ ...facts, status: 'fail', actual: 'writable', message: `Its user can create files in ${writableDirectory}.` }];
    }
    if (walk === 'truncated' || directoriesTried === 0) {
      return [
        {
          ...facts,
          status: 'inconclusive',
          actual: 'mounted for writing',
          message: 'It is mounted for writing; no directory that its user may write was found before the search was cut short.',
        },
      ];
    }
    return [
      {
        ...facts,
        status: 'pass',
        actual: 'not writable for its user',
        message: 'It is mounted for writing, but its user may create a file in none of its directories.',
      },
    ];
  },
});
