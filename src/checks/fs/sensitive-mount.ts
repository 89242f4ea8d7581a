import { defineCheck, type Verdict } from '../../model/check.ts';
import { isDeclared, isWithin, normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

/** Trees of the host that give away more than files: whole systems, their engines, their kernel, their users. */
const TREES = [
  { path: '/etc', why: 'the configuration and accounts of the host' },
  { path: '/root', why: 'the home of root' },
  { path: '/boot', why: 'the kernel of the host' },
  { path: '/dev', why: 'the devices of the host' },
  { path: '/proc', why: 'the processes of the host' },
  { path: '/sys', why: 'the kernel interfaces of the host' },
  { path: '/var/lib/docker', why: 'the data of the engine' },
  { path: '/var/lib/containers', why: 'the data of the engine' },
  { path: '/var/lib/containerd', why: 'the data of the engine' },
  { path: '/var/lib/kubelet', why: 'the secrets of the cluster' },
] as const;
/** Directories that are sensitive as a whole; what lies below them is judged by the other rules. */
const WHOLE = ['/', '/home', '/Users', '/var', '/var/lib', '/run', '/var/run', '/usr', '/lib', '/bin', '/sbin'] as const;
/** Credentials and client configuration, wherever a home is. */
const CREDENTIALS =
  /\/(\.ssh|\.aws|\.azure|\.config\/gcloud|\.kube|\.docker|\.gnupg|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.config\/gh|\.password-store|\.cursor|\.claude|\.claude\.json|\.codeium|\.continue|\.vscode|\.mcp|Claude|\.config\/Claude)(\/|$)/;
const HOME = /^\/(home|Users)\/[^/]+$/;

export const sensitiveMount = defineCheck({
  meta: {
    id: 'FS-004',
    slug: 'sensitive-mount',
    area: 'FS',
    severity: 'critical',
    title: 'No sensitive path of the host is mounted',
    failureTitle: 'A sensitive path of the host is mounted',
    description:
      'The root of the host, its configuration, the data of the engine, a home or a directory of credentials makes every other limit of the container pointless.',
    remediation: 'Mount the one directory that the server needs, read-only where it only reads.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.6'] }],
    framework: ['Filesystem'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  evaluate({ facts: { configuration }, declaration: { profile }, target }): readonly Verdict[] {
    const binds = configuration.mounts.filter(({ type }) => type === 'bind');
    if (binds.length === 0) return [{ status: 'pass', subject: 'mounts', message: 'No path of the host is mounted.' }];
    return binds.map(({ source, target: inside, readOnly }): Verdict => {
      const why = sensitivity(normal(source));
      const facts = {
        subject: inside,
        expected: 'no sensitive path',
        actual: source,
        evidence: [`${source} at ${inside}, ${readOnly ? 'read-only' : 'writable'}`],
        reproduce: reproduceInspect(target, '{{json .Mounts}}'),
      };
      if (why === undefined) return { ...facts, status: 'pass', message: `${source} is none of the known sensitive paths.` };
      return isDeclared(inside, profile)
        ? { ...facts, status: 'fail', severity: 'info', message: `${source} is mounted at ${inside}: ${why}. The profile declares it.` }
        : { ...facts, status: 'fail', message: `${source} is mounted at ${inside}: ${why}.` };
    });
  },
});

function sensitivity(source: string): string | undefined {
  if (WHOLE.some((path) => path === source)) return source === '/' ? 'the whole host' : 'a whole system directory';
  if (HOME.test(source)) return 'a home';
  if (CREDENTIALS.test(source)) return 'credentials or client configuration';
  return TREES.find(({ path }) => isWithin(source, path) || isWithin(path, source))?.why;
}
