import { defineCheck, type Verdict } from '../../model/check.ts';
import type { FilesystemFacts } from '../../model/observation.ts';
import { declaredTargets, isWithin, normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

export const readOnlyMount = defineCheck({
  meta: {
    id: 'FS-002',
    slug: 'read-only-mount',
    area: 'FS',
    severity: 'high',
    title: 'What is declared for reading cannot be written',
    failureTitle: 'What is declared for reading can be written',
    description: 'A path under `read` that can be written lets a server change what it was only shown: sources, documents, configuration.',
    remediation: 'Mount it read-only: `--volume HOST:CONTAINER:ro`, or `readonly` in the long form.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.6'] }],
    framework: ['Policy enforcement verification'],
    since: '0.1.0',
  },
  requires: ['filesystem'],
  evaluate({ facts: { filesystem }, declaration: { profile }, target }): readonly Verdict[] {
    const writable = new Set(declaredTargets(profile.write));
    const paths = [...new Set(declaredTargets(profile.read))].filter((path) => !writable.has(path));
    if (paths.length === 0) return [{ status: 'not-applicable', subject: 'read paths', message: 'The profile declares no path for reading only.' }];
    return paths.map((path) => ({ ...judge(path, filesystem), reproduce: reproduceInspect(target, '{{json .Mounts}}') }));
  },
});

function judge(path: string, { paths, mounts, rootReadOnly }: FilesystemFacts): Verdict {
  const tried = paths.find((access) => normal(access.path) === path);
  // The mount that covers the path; further ones may lie below it, and be writable where it is not.
  const mount = mounts.filter(({ target }) => isWithin(path, normal(target))).reduce<(typeof mounts)[number] | undefined>((longest, next) => (longest === undefined || next.target.length >= longest.target.length ? next : longest), undefined);
  const below = mounts.find(({ target, readOnly }) => normal(target) !== path && isWithin(normal(target), path) && !readOnly);
  const evidence = [
    tried === undefined ? `${path} was not tried` : `access(2) as the target: ${tried.state}, ${tried.writable ? 'writable' : `not writable (${tried.detail ?? 'no reason given'})`}`,
    `mount at ${mount?.target ?? '/'}: ${(mount?.readOnly ?? rootReadOnly) ? 'read-only' : 'for writing'}`,
    ...(below === undefined ? [] : [`mount below it at ${below.target}: for writing`]),
  ];
  const facts = { subject: path, expected: 'not writable', evidence };
  if (tried === undefined || tried.state === 'hidden') {
    return { ...facts, status: 'inconclusive', message: `Whether ${path} can be written could not be tried.` };
  }
  if (tried.state === 'missing') return { ...facts, status: 'not-applicable', message: `${path} is declared and not there.` };
  if (tried.writable) return { ...facts, status: 'fail', actual: 'writable', message: `${path} is declared for reading, and its user may write it.` };
  if (below !== undefined) {
    return { ...facts, status: 'fail', actual: 'writable below', message: `${path} is declared for reading, and ${below.target} below it is mounted for writing.` };
  }
  if (mount?.readOnly === true || rootReadOnly) return { ...facts, status: 'pass', actual: 'read-only', message: `${path} is mounted read-only.` };
  // Only the owner of the files stands between; what lies deeper may belong to the user.
  return tried.detail === 'EROFS'
    ? { ...facts, status: 'pass', actual: 'read-only', message: `${path} refuses to be written (EROFS).` }
    : { ...facts, status: 'fail', severity: 'medium', actual: 'mounted for writing', message: `${path} is declared for reading and mounted for writing: only the permissions of its files hold its user back (${tried.detail ?? 'no reason given'}).` };
}
