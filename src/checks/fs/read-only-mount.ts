import { defineCheck, type Verdict } from '../../model/check.ts';
import type { FilesystemFacts, ObservedMount, PathAccess } from '../../model/observation.ts';
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
    description:
      'A path under `read` that can be written lets a server change what it was only shown: sources, documents, configuration.',
    remediation: 'Mount it read-only: `--volume HOST:CONTAINER:ro`, or `readonly` in the long form.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.6'] }],
    framework: ['Policy enforcement verification'],
    since: '0.1.0',
  },
  requires: ['filesystem'],
  evaluate({ facts: { filesystem }, declaration: { profile }, target }): readonly Verdict[] {
    const writable = [...new Set(declaredTargets(profile.write))];
    const paths = [...new Set(declaredTargets(profile.read))].filter((path) => !writable.includes(path));
    if (paths.length === 0) {
      return [{ status: 'not-applicable', subject: 'read paths', message: 'The profile declares no path for reading only.' }];
    }
    const reproduce = reproduceInspect(target, '{{json .Mounts}}');
    return paths.map((path) => ({ ...judge(path, filesystem, writable), reproduce }));
  },
});

function judge(path: string, { paths, mounts, rootReadOnly }: FilesystemFacts, declaredWritable: readonly string[]): Verdict {
  const tried = paths.find((access) => normal(access.path) === path);
  const mount = covering(path, mounts);
  const readOnly = mount?.readOnly ?? rootReadOnly;
  const below = mounts.find((inner) => isWritableBelow(inner, path, declaredWritable));
  const evidence = [
    tried === undefined ? `${path} was not tried` : `access(2) as the target: ${accessOf(tried)}`,
    `mount at ${mount?.target ?? '/'}: ${readOnly ? 'read-only' : 'for writing'}`,
    ...(below === undefined ? [] : [`mount below it at ${below.target}: for writing`]),
  ];
  const facts = { subject: path, expected: 'not writable', evidence };
  if (tried === undefined || tried.state === 'hidden') {
    return { ...facts, status: 'inconclusive', message: `Whether ${path} can be written could not be tried.` };
  }
  if (tried.state === 'missing') return { ...facts, status: 'not-applicable', message: `${path} is declared and not there.` };
  if (tried.writable) {
    return {
      ...facts,
      status: 'fail',
      actual: 'writable',
      message: `${path} is declared for reading, and its user may write it.`,
    };
  }
  if (below !== undefined) {
    const message = `${path} is declared for reading, and ${below.target} below it is mounted for writing.`;
    return { ...facts, status: 'fail', actual: 'writable below', message };
  }
  if (readOnly) return { ...facts, status: 'pass', actual: 'read-only', message: `${path} is mounted read-only.` };
  if (tried.detail === 'EROFS') {
    return { ...facts, status: 'pass', actual: 'read-only', message: `${path} refuses to be written (EROFS).` };
  }
  // Only the owner of the files stands between; what lies deeper may belong to the user.
  const why = tried.detail ?? 'no reason given';
  const message = `${path} is declared for reading and mounted for writing: only the permissions of its files hold its user back (${why}).`;
  return { ...facts, status: 'fail', severity: 'medium', actual: 'mounted for writing', message };
}

/** The mount on which a path lies: the innermost one, and of several on one place the last. */
function covering(path: string, mounts: readonly ObservedMount[]): ObservedMount | undefined {
  return mounts
    .filter(({ target }) => isWithin(path, normal(target)))
    .reduce<ObservedMount | undefined>(
      (inner, next) => (inner === undefined || normal(next.target).length >= normal(inner.target).length ? next : inner),
      undefined,
    );
}

/** What the profile itself lets it write, and memory of its own, change nothing of what it was shown. */
function isWritableBelow({ target, readOnly, fsType, root }: ObservedMount, path: string, declared: readonly string[]): boolean {
  const place = normal(target);
  if (readOnly || place === path || !isWithin(place, path)) return false;
  if (fsType === 'tmpfs' && root === '/') return false;
  return !declared.some((writable) => isWithin(writable, path) && isWithin(place, writable));
}

function accessOf({ state, writable, detail }: PathAccess): string {
  return `${state}, ${writable ? 'writable' : `not writable (${detail ?? 'no reason given'})`}`;
}
