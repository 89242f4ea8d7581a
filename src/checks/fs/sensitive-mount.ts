import { defineCheck, type Verdict } from '../../model/check.ts';
import type { ConfiguredMount, ObservedMount } from '../../model/observation.ts';
import { declaresMount, hostPath, isWithin, normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

/** Trees of the host that give away more than files: its engines, its kernel, its accounts. */
const TREES = [
  { path: '/etc', why: 'the configuration and accounts of the host' },
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
const WHOLE: ReadonlySet<string> = new Set([
  '/',
  '/home',
  '/Users',
  '/var',
  '/var/lib',
  '/run',
  '/var/run',
  '/usr',
  '/lib',
  '/lib64',
  '/bin',
  '/sbin',
]);
/** Devices without contents: mounted over a file to hide it. */
const EMPTY_DEVICES: ReadonlySet<string> = new Set(['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom']);
/** Parts of /etc that every user and most images may read. */
const PUBLIC = [
  '/etc/localtime',
  '/etc/timezone',
  '/etc/os-release',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/ssl/certs',
  '/etc/ca-certificates',
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
] as const;
/** `/home/ann`, `/Users/ann`, root's, and those of a drive of Windows. */
const HOME = String.raw`^(?:/root|/var/root|(?:/mnt)?(?:/[a-z])?/(?:home|[Uu]sers)/[^/]+)`;
const WHOLE_HOME = new RegExp(`${HOME}$`);
/** Directories of a home that hold credentials or client configuration somewhere below. */
const HOME_PARENT = new RegExp(
  `${HOME}/(?:\\.config|\\.local|\\.local/share|Library|Library/Application Support|AppData|AppData/Roaming)$`,
);
/** Client configuration: the same names are harmless in a project. */
const HOME_CLIENT = new RegExp(
  `${HOME}/(?:\\.docker|\\.cursor|\\.claude|\\.claude\\.json|\\.codeium|\\.continue|\\.vscode|\\.mcp|\\.mozilla)(?:/|$)`,
);
/** Credentials, wherever a home or a copy of one is. */
const CREDENTIALS =
  /\/(\.ssh|\.aws|\.azure|\.config\/gcloud|\.config\/gh|\.kube|\.gnupg|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.password-store|\.vault-token|\.docker\/config\.json|\.local\/share\/keyrings|Library\/Keychains|(?:\.config|Application Support|AppData\/Roaming)\/Claude)(\/|$)/;

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
  uses: ['filesystem'],
  evaluate({ facts: { configuration, filesystem }, declaration: { profile }, target }): readonly Verdict[] {
    const mounts = configuration.mounts
      .map((mount) => ({ mount, source: sourceOf(mount, filesystem?.mounts ?? []) }))
      .filter((entry) => entry.source !== undefined);
    if (mounts.length === 0) return [{ status: 'pass', subject: 'mounts', message: 'No path of the host is mounted.' }];
    return mounts.map(({ mount, source = '' }): Verdict => {
      const { target: inside, readOnly } = mount;
      const why = sensitivity(hostPath(source), readOnly);
      const facts = {
        subject: inside,
        expected: 'no sensitive path',
        actual: source,
        evidence: [`${source} at ${inside}, ${readOnly ? 'read-only' : 'writable'}`],
        reproduce: reproduceInspect(target, '{{json .Mounts}}'),
      };
      if (why === undefined) return { ...facts, status: 'pass', message: `${source} is none of the known sensitive paths.` };
      const message = `${source} is mounted at ${inside}: ${why}.`;
      return declaresMount(profile, { type: 'bind', source, target: inside })
        ? { ...facts, status: 'fail', severity: 'info', message: `${message} The profile declares it.` }
        : { ...facts, status: 'fail', message };
    });
  },
});

/** The path on the host that is mounted. A volume has one where its driver's options bind it to a directory of the host. */
function sourceOf({ type, source, target }: ConfiguredMount, observed: readonly ObservedMount[]): string | undefined {
  if (type === 'bind') return source;
  if (type !== 'volume') return undefined;
  const root = observed.findLast((mount) => normal(mount.target) === normal(target))?.root;
  // A volume that is a file system of its own begins at its root.
  return root === undefined || root === '/' || root.endsWith(`/${source}/_data`) ? undefined : root;
}

function sensitivity(source: string, readOnly: boolean): string | undefined {
  if (WHOLE.has(source)) return source === '/' ? 'the whole host' : 'a whole system directory';
  if (WHOLE_HOME.test(source)) return 'a home';
  if (HOME_PARENT.test(source)) return 'a directory of a home that holds credentials and client configuration';
  if (CREDENTIALS.test(source) || HOME_CLIENT.test(source)) return 'credentials or client configuration';
  if (EMPTY_DEVICES.has(source) || (readOnly && PUBLIC.some((path) => isWithin(source, path)))) return undefined;
  return TREES.find(({ path }) => isWithin(source, path) || isWithin(path, source))?.why;
}
