import { CREDENTIALS, HOME_GROUPS, PERHAPS_CREDENTIALS } from './sensitive-home.ts';

const ROOT_HOME = 'the home of root';
/** Trees of the host of which nothing is mounted, nor anything that contains them. */
const TREES = [
  { path: '/etc', what: 'the configuration and accounts of this machine' },
  { path: '/boot', what: 'the kernel of this machine' },
  { path: '/dev', what: 'the devices of this machine' },
  { path: '/proc', what: 'the processes of this machine' },
  { path: '/sys', what: 'the kernel interfaces of this machine' },
  { path: '/root', what: ROOT_HOME },
  { path: '/var/root', what: ROOT_HOME },
  { path: '/run', what: 'the sockets of engines and services' },
  { path: '/var/lib/docker', what: 'the data of the engine' },
  { path: '/var/lib/containers', what: 'the data of the engine' },
  { path: '/var/lib/containerd', what: 'the data of the engine' },
  { path: '/var/lib/kubelet', what: 'the secrets of the cluster' },
  { path: '/var/lib/rancher', what: 'the data of the cluster' },
  { path: '/var/spool/cron', what: 'what this machine runs by itself' },
] as const;
/** Directories that are too much as a whole; what lies in them is judged by the other rules. */
const WHOLE = [
  { path: '/home', what: 'every home' },
  { path: '/var/home', what: 'every home' },
  { path: '/Users', what: 'every home' },
  { path: '/tmp', what: 'the temporary files and agent sockets of every program' },
  { path: '/usr', what: 'the programs of this machine' },
  { path: '/usr/lib', what: 'the programs of this machine' },
  { path: '/bin', what: 'the programs of this machine' },
  { path: '/sbin', what: 'the programs of this machine' },
  { path: '/lib', what: 'the programs of this machine' },
  { path: '/lib64', what: 'the programs of this machine' },
  { path: '/mnt', what: 'every disk' },
  { path: '/media', what: 'every disk' },
  { path: '/Volumes', what: 'every disk' },
  { path: '/private', what: 'the data of this machine' },
  { path: '/System', what: 'the programs of this machine' },
  { path: '/Library', what: 'the configuration of this machine' },
] as const;
/** Where programs of this machine are found: whoever writes there decides what is started. */
const PROGRAMS = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/opt/homebrew',
  '/Applications',
  '/System',
  '/Library',
  '/nix',
  '/snap',
];
/** Parts of the trees that hold no secret: for reading. Disks of desktops are below /run/media. */
const PUBLIC = [
  '/etc/localtime',
  '/etc/timezone',
  '/etc/ssl/certs',
  '/etc/ca-certificates',
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
];
const DISKS = /^\/run\/media\/[^/]+\/[^/]+/;

/** Disks of Windows and what it keeps on them; seen from WSL below /mnt. */
const WINDOWS = String.raw`/[a-z](?:/(?:windows|program files(?: \(x86\))?|programdata)(?:/.*)?|/users)?$`;
const OWN_WINDOWS = new RegExp(`^${WINDOWS}`, 'i');
const WINDOWS_BESIDE = new RegExp(`^/mnt${WINDOWS}`, 'i');

const SOCKETS: ReadonlySet<string> = new Set([
  'docker.sock',
  'docker.raw.sock',
  'docker.proxy.sock',
  'podman.sock',
  'podman-machine-default-api.sock',
  'containerd.sock',
  'crio.sock',
  'buildkitd.sock',
  'cri-dockerd.sock',
  'dockershim.sock',
  'nerdctl.sock',
]);

/** `/home/x`, `/Users/x`, those of drives of Windows (`/c/Users/x`, in WSL `/mnt/c/Users/x`) and of Fedora's images. */
const HOME_LIKE = /^(?:\/root|\/var\/root|(?:\/var)?\/home\/[^/]+|(?:(?:\/mnt)?\/[a-z])?\/users\/[^/]+)(?=\/|$)/i;

/** Whether a file of this name is what an engine listens on. */
export function isEngineSocket(name: string): boolean {
  return SOCKETS.has(name);
}

export interface SensitivityRules {
  /** Home directories of the person, as written and as real path. */
  readonly homes: readonly string[];
  readonly platform: NodeJS.Platform;
}

/**
 * Why a path of the host must not be mounted, as the rest of a sentence; undefined when nothing is known
 * against it. Looks at the path alone, which has to be judged as written and as the real path.
 */
export function sensitivity(path: string, readOnly: boolean, { homes, platform }: SensitivityRules): string | undefined {
  // Seen from WSL, a disk of Windows does not tell case either.
  const fold = folding(/^\/mnt\/[a-z]\//i.test(path) ? 'win32' : platform);
  const own = fold(canonicalPath(path));
  if (own === '/') return 'is the whole file system of this machine';
  if ((platform === 'win32' ? OWN_WINDOWS : WINDOWS_BESIDE).test(own)) return 'is a disk or a system directory of Windows';
  if (isEngineSocket(own.slice(own.lastIndexOf('/') + 1))) return 'is the socket of a container engine';
  const mine = homes.map((home) => fold(canonicalPath(home)));
  const anybodys = HOME_LIKE.exec(own) ?? [];
  return inSystem(own, readOnly, mine, fold) ?? inHomes(own, [...mine, ...anybodys], fold) ?? inCredentials(own, fold);
}

function inSystem(own: string, readOnly: boolean, homes: readonly string[], fold: (path: string) => string): string | undefined {
  if (DISKS.test(own) || (readOnly && PUBLIC.some((path) => isWithin(own, fold(path))))) return undefined;
  const tree = TREES.find(({ path, what }) => {
    // To root itself it is a home like others.
    if (what === ROOT_HOME && homes.includes(path)) return false;
    return overlaps(own, fold(path));
  });
  if (tree !== undefined) return relation(own, fold(tree.path), tree.what);
  const programs = readOnly ? undefined : PROGRAMS.find((path) => isWithin(own, fold(path)));
  if (programs !== undefined) return relation(own, fold(programs), 'the programs of this machine');
  const whole = WHOLE.find(({ path }) => isWithin(fold(path), own));
  return whole === undefined ? undefined : relation(own, fold(whole.path), whole.what);
}

function inHomes(own: string, homes: readonly string[], fold: (path: string) => string): string | undefined {
  for (const home of homes.filter((path) => path !== '/')) {
    if (isWithin(home, own)) return relation(own, home, 'a home directory');
    for (const { what, paths } of HOME_GROUPS) {
      const found = paths.map((path) => `${home}/${fold(path)}`).find((path) => overlaps(own, path));
      if (found !== undefined) return relation(own, found, what);
    }
  }
  return undefined;
}

/** Names that say what they are wherever they lie. */
function inCredentials(own: string, fold: (path: string) => string): string | undefined {
  const found = [...CREDENTIALS, ...PERHAPS_CREDENTIALS, '.mcp.json', '.vscode/mcp.json', '.cursor/mcp.json'].find((name) =>
    `${own}/`.includes(`/${fold(name)}/`),
  );
  return found === undefined ? undefined : `is or lies in ${found}`;
}

function relation(own: string, sensitive: string, what: string): string {
  if (own === sensitive) return `is ${what}`;
  return isWithin(own, sensitive) ? `lies in ${sensitive} (${what})` : `contains ${sensitive} (${what})`;
}

/**
 * Backslashes and drives of Windows as desktop engines see them (`/c/…`), macOS without `/private` and without the volume
 * that its directories are really on, `/var/run` as `/run`.
 */
export function canonicalPath(path: string): string {
  const drive = /^([a-zA-Z]):(?=[/\\]|$)/.exec(path)?.[1];
  const unix = drive === undefined ? path : `/${drive.toLowerCase()}${path.slice(2).replaceAll('\\', '/')}`;
  const parts = unix.split('/').filter((part) => part !== '' && part !== '.');
  const plain = `/${parts.join('/')}`.replace(/^\/System\/Volumes\/Data(?=\/|$)/i, '');
  return (plain === '' ? '/' : plain)
    .replace(/^\/private(?=\/(?:etc|var|tmp)(?:\/|$))/, '')
    .replace(/^\/var\/run(?=\/|$)/, '/run');
}

/** File systems of macOS and Windows do not tell upper from lower case. */
export function folding(platform: NodeJS.Platform): (path: string) => string {
  return platform === 'darwin' || platform === 'win32' ? (path) => path.toLowerCase() : (path) => path;
}

function overlaps(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** Whether `path` is `ancestor` or below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`);
}
