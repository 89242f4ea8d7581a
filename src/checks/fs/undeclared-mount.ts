import { defineCheck, type Verdict } from '../../model/check.ts';
import type { ConfiguredMount, ObservedMount } from '../../model/observation.ts';
import type { Profile } from '../../model/profile.ts';
import type { Target } from '../../model/target.ts';
import { isDeclared, isWithin, normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

/** What engines mount into every container. */
const ENGINE_FILES: ReadonlySet<string> = new Set([
  '/',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/run/.containerenv',
  '/run/secrets',
  '/sbin/docker-init',
  '/dev/init',
]);
const ENGINE_TREES = ['/proc', '/sys', '/dev'] as const;

export const undeclaredMount = defineCheck({
  meta: {
    id: 'FS-001',
    slug: 'undeclared-mount',
    area: 'FS',
    severity: 'high',
    title: 'Every mount is declared',
    failureTitle: 'A mount is not declared',
    description: 'A mount is a door into the host that no network rule sees. One that the profile does not name is one that nobody reviewed.',
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
    const verdicts = [...mounts.map((mount) => judge(mount, profile, target)), ...strangers(filesystem?.mounts ?? [], configuration.mounts, profile)];
    if (verdicts.length > 0) return verdicts;
    const subject = 'mounts';
    return filesystem === undefined
      ? [{ status: 'inconclusive', subject, message: 'None is configured; what is mounted inside could not be seen.' }]
      : [{ status: 'pass', subject, message: 'Nothing is mounted but what the engine mounts into every container.', evidence: [`${filesystem.mounts.length} mounts seen inside`] }];
  },
});

function judge(mount: ConfiguredMount, profile: Profile, target: Target): Verdict {
  const { type, source, readOnly, anonymous } = mount;
  const facts = {
    subject: mount.target,
    expected: 'declared',
    evidence: [`${type} ${source} at ${mount.target}, ${readOnly ? 'read-only' : 'writable'}`],
    reproduce: reproduceInspect(target, '{{json .Mounts}}'),
  };
  if (isDeclared(mount.target, profile)) return { ...facts, status: 'pass', actual: 'declared', message: `${mount.target} is declared.` };
  return {
    ...facts,
    status: 'fail',
    actual: 'not declared',
    message: anonymous ? `${mount.target} is a volume that the image asks for and no entry of the profile names.` : `${mount.target} (${source}) is mounted and no entry of the profile names it.`,
    ...(anonymous ? { severity: 'low' } : {}),
  };
}

/** Mounts that are there inside and that the engine does not list. */
function strangers(observed: readonly ObservedMount[], configured: readonly ConfiguredMount[], profile: Profile): readonly Verdict[] {
  return observed
    .filter(({ target, fsType }) => {
      const path = normal(target);
      if (ENGINE_FILES.has(path) || ENGINE_TREES.some((tree) => isWithin(path, tree))) return false;
      if (fsType === 'tmpfs' || fsType.startsWith('cgroup')) return false;
      return !configured.some((mount) => isWithin(path, normal(mount.target))) && !isDeclared(path, profile);
    })
    .map(({ target, source, fsType, readOnly }) => ({
      status: 'fail',
      subject: target,
      message: `${target} is mounted inside, the engine does not list it, and no entry of the profile names it.`,
      expected: 'declared',
      actual: 'not declared',
      evidence: [`${fsType} ${source} at ${target}, ${readOnly ? 'read-only' : 'writable'}, seen in the mount table of process 1`],
    }));
}
