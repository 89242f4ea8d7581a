import { defineCheck, type Verdict } from '../../model/check.ts';
import type { ConfiguredMount, ObservedMount } from '../../model/observation.ts';
import type { Profile } from '../../model/profile.ts';
import type { Target } from '../../model/target.ts';
import { declaresMount, isDeclared, isWithin, normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

/** What engines mount into every container, or into some of them by themselves (Podman: the accounts). */
const ENGINE_FILES: ReadonlySet<string> = new Set([
  '/',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/passwd',
  '/etc/group',
  '/run/.containerenv',
  '/run/podman-init',
  '/sbin/docker-init',
  '/dev/init',
]);
const SECRETS = '/run/secrets';
const KERNEL_TREES = ['/proc', '/sys', '/dev'] as const;
/** What the kernel itself provides; on any other file system something was brought in. */
const KERNEL_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  'proc',
  'sysfs',
  'tmpfs',
  'devtmpfs',
  'devpts',
  'mqueue',
  'cgroup',
  'cgroup2',
  'securityfs',
  'selinuxfs',
  'debugfs',
  'tracefs',
  'bpf',
  'pstore',
  'efivarfs',
  'configfs',
  'hugetlbfs',
  'fusectl',
  'binfmt_misc',
  'autofs',
  'nsfs',
]);

export const undeclaredMount = defineCheck({
  meta: {
    id: 'FS-001',
    slug: 'undeclared-mount',
    area: 'FS',
    severity: 'high',
    title: 'Every mount is declared',
    failureTitle: 'A mount is not declared',
    description:
      'A mount is a door into the host that no network rule sees. One that the profile does not name is one that nobody reviewed.',
    remediation: 'Remove the mount, or name its path in `read` or `write` of the profile.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.6'] }],
    framework: ['Policy enforcement verification'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  uses: ['filesystem'],
  evaluate({ facts: { configuration, filesystem }, declaration: { profile }, target }): readonly Verdict[] {
    // Memory that belongs to the container alone is no door.
    const mounts = configuration.mounts.filter(({ type }) => type !== 'tmpfs');
    const verdicts = [
      ...mounts.map((mount) => judge(mount, profile, target, filesystem !== undefined)),
      ...strangers(filesystem?.mounts ?? [], configuration.mounts, profile),
    ];
    const subject = 'mounts';
    if (filesystem === undefined) {
      const known = mounts.length === 0 ? 'None is configured' : 'The configured ones are judged';
      const message = `${known}; what else is mounted inside could not be seen.`;
      return [...verdicts, { status: 'inconclusive', subject, message }];
    }
    if (verdicts.length > 0) return verdicts;
    const message = 'Nothing is mounted but what the engine mounts into every container.';
    return [{ status: 'pass', subject, message, evidence: [`${filesystem.mounts.length} mounts seen inside`] }];
  },
});

function judge(mount: ConfiguredMount, profile: Profile, target: Target, seen: boolean): Verdict {
  const { type, source, readOnly, anonymous } = mount;
  const facts = {
    subject: mount.target,
    expected: 'declared',
    evidence: [`${type} ${source} at ${mount.target}, ${readOnly ? 'read-only' : 'writable'}`],
    reproduce: reproduceInspect(target, '{{json .Mounts}}'),
  };
  if (declaresMount(profile, mount)) {
    return seen
      ? { ...facts, status: 'pass', actual: 'declared', message: `${mount.target} is declared.` }
      : { ...facts, status: 'inconclusive', message: `${mount.target} is declared; what is mounted there could not be seen.` };
  }
  const failed = { ...facts, status: 'fail', actual: 'not declared' } as const;
  if (isDeclared(mount.target, profile)) {
    const message = `${mount.target} is declared, but what is mounted there is ${source}, which no entry of the profile names.`;
    return { ...failed, actual: 'declared from elsewhere', message };
  }
  if (anonymous) {
    const message = `${mount.target} is a volume that the image asks for and no entry of the profile names.`;
    return { ...failed, severity: 'low', message };
  }
  return { ...failed, message: `${mount.target} (${source}) is mounted and no entry of the profile names it.` };
}

/** Mounts that are there inside and that the engine does not list; of several on one place the last is seen. */
function strangers(
  observed: readonly ObservedMount[],
  configured: readonly ConfiguredMount[],
  profile: Profile,
): readonly Verdict[] {
  const found = observed.filter((mount) => {
    const path = normal(mount.target);
    if (isEngines(mount) || configured.some(({ target }) => isWithin(path, normal(target)))) return false;
    return !isDeclared(path, profile);
  });
  return [...new Map(found.map((mount) => [mount.target, mount])).values()].map(({ target, source, root, fsType, readOnly }) => ({
    status: 'fail',
    subject: target,
    message: `${target} is mounted inside, the engine does not list it, and no entry of the profile names it.`,
    expected: 'declared',
    actual: 'not declared',
    evidence: [
      `${fsType} ${source}, its ${root}, at ${target}, ${readOnly ? 'read-only' : 'writable'}; seen in the mount table of process 1`,
    ],
  }));
}

function isEngines({ target, fsType, root }: ObservedMount): boolean {
  const path = normal(target);
  if (ENGINE_FILES.has(path) || isWithin(path, SECRETS)) return true;
  if (KERNEL_TREES.some((tree) => isWithin(path, tree))) return KERNEL_FILE_SYSTEMS.has(fsType);
  // Memory of its own begins at its own root; a directory of somebody else's does not.
  return fsType === 'tmpfs' && root === '/';
}
