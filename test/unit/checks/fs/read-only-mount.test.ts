import { readOnlyMount } from '../../../../src/checks/fs/read-only-mount.ts';
import type { FilesystemFacts, ObservedMount, PathAccess } from '../../../../src/model/observation.ts';
import { aDeclaration, aFilesystem, anObservedMount, aPath } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const ROOT = anObservedMount({ target: '/', source: 'overlay', root: '/', fsType: 'overlay' });
const facts = (mounts: readonly ObservedMount[], paths: readonly PathAccess[], overrides: Partial<FilesystemFacts> = {}) => ({
  filesystem: aFilesystem({ mounts: [ROOT, ...mounts], paths: [...paths], ...overrides }),
});
const declaration = aDeclaration({ read: ['/srv/data:/data'] });
const ro = anObservedMount();
const rw = anObservedMount({ readOnly: false });
const writable = aPath({ writable: true });
const denied = aPath({ detail: 'EACCES' });

runCases(readOnlyMount, {
  valid: [
    {
      name: 'mounted read-only',
      input: { declaration, facts: facts([ro], [aPath()]) },
      verdicts: ['pass /data'],
      actual: 'read-only',
    },
    {
      name: 'mounted read-only, and its files belong to another',
      input: { declaration, facts: facts([ro], [denied]) },
      verdicts: ['pass /data'],
    },
    {
      name: 'no mount: it lies on a read-only root',
      input: { declaration, facts: facts([], [denied]) },
      verdicts: ['pass /data'],
    },
    {
      name: 'the kernel says EROFS where the mount table does not',
      input: { declaration, facts: facts([rw], [aPath()]) },
      verdicts: ['pass /data'],
      says: /EROFS/,
    },
    { name: 'nothing is declared', input: { facts: facts([rw], [writable]) }, verdicts: ['not-applicable read paths'] },
    {
      name: 'declared for both: write wins',
      input: { declaration: aDeclaration({ read: ['/data'], write: ['/srv/x:/data/'] }), facts: facts([rw], [writable]) },
      verdicts: ['not-applicable read paths'],
    },
    {
      name: 'not there',
      input: { declaration, facts: facts([], [aPath({ state: 'missing', detail: 'ENOENT' })]) },
      verdicts: ['not-applicable /data'],
    },
    {
      name: 'a place below it that is declared for writing',
      input: {
        declaration: aDeclaration({ read: ['/srv/data:/data'], write: ['/srv/out:/data/out'] }),
        facts: facts([ro, anObservedMount({ target: '/data/out', readOnly: false })], [aPath()]),
      },
      verdicts: ['pass /data'],
    },
    {
      name: 'memory of its own below it',
      input: {
        declaration,
        facts: facts([ro, anObservedMount({ target: '/data/tmp', fsType: 'tmpfs', root: '/', readOnly: false })], [aPath()]),
      },
      verdicts: ['pass /data'],
    },
    {
      name: 'a look-alike is mounted for writing',
      input: { declaration, facts: facts([ro, anObservedMount({ target: '/database', readOnly: false })], [aPath()]) },
      verdicts: ['pass /data'],
    },
    {
      name: 'of two mounts on one place the last counts',
      input: { declaration, facts: facts([rw, ro], [denied]) },
      verdicts: ['pass /data'],
    },
  ],
  invalid: [
    {
      name: 'it can be written',
      input: { declaration, facts: facts([rw], [writable]) },
      verdicts: ['fail /data'],
      actual: 'writable',
    },
    {
      name: 'it can be written, whatever the mount table says',
      input: { declaration, facts: facts([ro], [writable]) },
      verdicts: ['fail /data'],
    },
    {
      name: 'mounted for writing on a read-only root: permissions are all that holds',
      input: { declaration, facts: facts([rw], [denied], { rootReadOnly: true }) },
      verdicts: ['fail /data (medium)'],
      says: /only the permissions of its files/,
    },
    {
      name: 'a mount for writing below it',
      input: { declaration, facts: facts([ro, anObservedMount({ target: '/data/sub', readOnly: false })], [aPath()]) },
      verdicts: ['fail /data'],
      says: /\/data\/sub below it is mounted for writing/,
    },
    {
      name: 'a mount below it, above what is declared for writing',
      input: {
        declaration: aDeclaration({ read: ['/srv/data:/data'], write: ['/srv/out:/data/out/deep'] }),
        facts: facts([ro, anObservedMount({ target: '/data/out', readOnly: false })], [aPath()]),
      },
      verdicts: ['fail /data'],
    },
    {
      name: 'one of two',
      input: {
        declaration: aDeclaration({ read: ['/data', '/docs'] }),
        facts: facts([ro], [aPath(), aPath({ path: '/docs', writable: true })]),
      },
      verdicts: ['pass /data', 'fail /docs'],
    },
  ],
  undecided: [
    { name: 'not tried', input: { declaration, facts: facts([ro], []) }, verdicts: ['inconclusive /data'] },
    {
      name: 'hidden',
      input: { declaration, facts: facts([ro], [aPath({ state: 'hidden', detail: 'EACCES' })]) },
      verdicts: ['inconclusive /data'],
    },
  ],
});
