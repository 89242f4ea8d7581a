import { writableRootfs } from '../../../../src/checks/hard/writable-rootfs.ts';
import type { FilesystemFacts } from '../../../../src/model/observation.ts';
import { aConfiguration, aFilesystem } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const facts = (overrides: Partial<FilesystemFacts>) => ({ filesystem: aFilesystem(overrides) });
const open = { rootReadOnly: false } as const;
const S = 'root file system';

runCases(writableRootfs, {
  valid: [
    { name: 'read-only', input: { facts: facts({ directoriesTried: 0 }) }, verdicts: [`pass ${S}`], actual: 'read-only' },
    {
      name: 'mounted for writing, and its user may write nowhere',
      input: { facts: facts({ ...open, directoriesTried: 812 }) },
      verdicts: [`pass ${S}`],
      shows: [/812 directories tried \(complete\)/],
    },
  ],
  invalid: [
    {
      name: 'a directory for everybody',
      input: { facts: facts({ ...open, writableDirectory: '/tmp' }) },
      verdicts: [`fail ${S}`],
      says: /can create files in \/tmp/,
    },
    {
      name: 'found before the search was cut short',
      input: { facts: facts({ ...open, writableDirectory: '/a\u001b[2J', walk: 'truncated' }) },
      verdicts: [`fail ${S}`],
    },
    {
      name: 'although it is configured read-only',
      input: {
        facts: { ...facts({ ...open, writableDirectory: '/' }), configuration: aConfiguration({ readOnlyRootfs: true }) },
      },
      verdicts: [`fail ${S}`],
    },
  ],
  undecided: [
    {
      name: 'the search was cut short',
      input: { facts: facts({ ...open, walk: 'truncated' }) },
      verdicts: [`inconclusive ${S}`],
    },
    {
      name: 'no directory was tried',
      input: { facts: facts({ ...open, directoriesTried: 0 }) },
      verdicts: [`inconclusive ${S}`],
    },
    {
      name: 'configured read-only, mounted for writing, cut short',
      input: { facts: { ...facts({ ...open, walk: 'truncated' }), configuration: aConfiguration({ readOnlyRootfs: true }) } },
      verdicts: [`inconclusive ${S}`],
    },
  ],
});
