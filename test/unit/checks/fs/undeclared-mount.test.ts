import { undeclaredMount } from '../../../../src/checks/fs/undeclared-mount.ts';
import type { ConfiguredMount, ObservedMount } from '../../../../src/model/observation.ts';
import type { Profile } from '../../../../src/model/profile.ts';
import { aConfiguration, aDeclaration, aFilesystem, aMount, anObservedMount } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const ROOT = anObservedMount({ target: '/', source: 'overlay', root: '/', fsType: 'overlay' });
const on = (mounts: readonly ConfiguredMount[], observed: readonly ObservedMount[] = []) => ({
  configuration: aConfiguration({ mounts: [...mounts] }),
  filesystem: aFilesystem({ mounts: [ROOT, ...observed] }),
});
const inside = (target: string, fsType = 'ext4', root = '/somewhere') => anObservedMount({ target, fsType, root });
const declaring = (profile: Profile) => aDeclaration(profile);
const volume = aMount({ type: 'volume', source: 'cache', target: '/cache', readOnly: false });
const anonymous = aMount({ type: 'volume', source: 'f'.repeat(64), target: '/var/lib/data', anonymous: true });

/** What engines mount by themselves: target, file system, root. */
const ENGINES = [
  inside('/etc/hosts'),
  inside('/etc/hostname'),
  inside('/etc/resolv.conf'),
  inside('/etc/passwd', 'tmpfs', '/containers/overlay-containers/x/userdata/passwd'),
  inside('/run/.containerenv', 'tmpfs', '/containers/x'),
  inside('/run/secrets', 'tmpfs', '/containers/x'),
  inside('/run/secrets/token', 'tmpfs', '/secret'),
  inside('/sbin/docker-init'),
  inside('/proc', 'proc', '/'),
  inside('/proc/kcore', 'tmpfs', '/null'),
  inside('/sys', 'sysfs', '/'),
  inside('/sys/fs/cgroup', 'cgroup2', '/'),
  inside('/dev', 'tmpfs', '/'),
  inside('/dev/null', 'devtmpfs', '/null'),
  inside('/dev/shm', 'tmpfs', '/'),
  inside('/dev/mqueue', 'mqueue', '/'),
  inside('/tmp', 'tmpfs', '/'),
];

runCases(undeclaredMount, {
  valid: [
    { name: 'nothing', input: { facts: on([]) }, verdicts: ['pass mounts'] },
    { name: 'what engines mount', input: { facts: on([], ENGINES) }, verdicts: ['pass mounts'] },
    {
      name: 'memory of its own',
      input: { facts: on([aMount({ type: 'tmpfs', source: '', target: '/scratch' })]) },
      verdicts: ['pass mounts'],
    },
    {
      name: 'declared with its source',
      input: { facts: on([aMount()], [inside('/data')]), declaration: declaring({ read: ['/srv/data:/data'] }) },
      verdicts: ['pass /data'],
    },
    {
      name: 'declared by one path for both sides, oddly written',
      input: { facts: on([aMount({ source: '/data' })]), declaration: declaring({ write: ['//data/./'] }) },
      verdicts: ['pass /data'],
    },
    {
      name: 'below what is declared, on both sides',
      input: {
        facts: on([aMount({ source: '/srv/data/in', target: '/data/in' })]),
        declaration: declaring({ read: ['/srv/data:/data'] }),
      },
      verdicts: ['pass /data/in'],
    },
    {
      name: 'a volume by its name',
      input: { facts: on([volume]), declaration: declaring({ write: ['volume://cache:/cache'] }) },
      verdicts: ['pass /cache'],
    },
    {
      name: 'a directory as a desktop engine sees it',
      input: {
        facts: on([aMount({ source: '/host_mnt/Users/ann/notes' })]),
        declaration: declaring({ read: ['/Users/ann/notes:/data'] }),
      },
      verdicts: ['pass /data'],
    },
    {
      name: 'a drive of Windows',
      input: {
        facts: on([aMount({ source: '/run/desktop/mnt/host/c/notes' })]),
        declaration: declaring({ read: ['C:\\notes:/data'] }),
      },
      verdicts: ['pass /data'],
    },
    {
      name: 'what came along with a declared directory',
      input: {
        facts: on([aMount()], [inside('/data'), inside('/data/usb', 'vfat', '/')]),
        declaration: declaring({ read: ['/srv/data:/data'] }),
      },
      verdicts: ['pass /data'],
    },
  ],
  invalid: [
    {
      name: 'a directory of the host',
      input: { facts: on([aMount()]) },
      verdicts: ['fail /data'],
      says: /^\/data \(\/srv\/data\) is mounted and no entry of the profile names it\.$/,
      shows: [/bind \/srv\/data at \/data, read-only/],
      reproduce: "docker inspect --format '{{json .Mounts}}' weather",
    },
    {
      name: 'without a look inside',
      input: { facts: { ...on([aMount()]), filesystem: undefined } },
      verdicts: ['fail /data', 'inconclusive mounts'],
    },
    {
      name: 'a volume that the image asks for is low',
      input: { facts: on([anonymous]) },
      verdicts: ['fail /var/lib/data (low)'],
    },
    { name: 'a named volume is not', input: { facts: on([volume]) }, verdicts: ['fail /cache'] },
    {
      name: 'another directory of the host at a declared place',
      input: { facts: on([aMount({ source: '/root/.ssh' })]), declaration: declaring({ read: ['/srv/data:/data'] }) },
      verdicts: ['fail /data'],
      says: /is declared, but what is mounted there is \/root\/\.ssh/,
      actual: 'declared from elsewhere',
    },
    {
      name: 'the parent of what is declared',
      input: { facts: on([aMount({ source: '/srv', target: '/data' })]), declaration: declaring({ read: ['/srv/data:/data'] }) },
      verdicts: ['fail /data'],
    },
    {
      name: 'another volume at a declared place',
      input: { facts: on([{ ...volume, source: 'secrets' }]), declaration: declaring({ write: ['volume://cache:/cache'] }) },
      verdicts: ['fail /cache'],
    },
    {
      name: 'a look-alike of a declared place',
      input: { facts: on([aMount({ source: '/database', target: '/database' })]), declaration: declaring({ read: ['/data'] }) },
      verdicts: ['fail /database'],
    },
    {
      name: 'an engine file that the user mounts over',
      input: { facts: on([aMount({ target: '/etc/hosts' })]) },
      verdicts: ['fail /etc/hosts'],
    },
    {
      name: 'a mount that the engine does not list, once',
      input: { facts: on([], [inside('/host'), inside('/host', 'ext4', '/')]) },
      verdicts: ['fail /host'],
      says: /the engine does not list it/,
    },
    {
      name: 'a real file system below /dev',
      input: { facts: on([], [inside('/dev/shm/host')]) },
      verdicts: ['fail /dev/shm/host'],
    },
    {
      name: "a directory of somebody else's memory",
      input: { facts: on([], [inside('/socket', 'tmpfs', '/docker')]) },
      verdicts: ['fail /socket'],
    },
    {
      name: 'a hostile path',
      input: { facts: on([aMount({ target: '/a\u001b[31m\n/b', source: '/x`id`' })]) },
      verdicts: ['fail /a\u001b[31m\n/b'],
    },
  ],
  undecided: [
    {
      name: 'nothing is configured, and nobody looked inside',
      input: { facts: { ...on([]), filesystem: undefined } },
      verdicts: ['inconclusive mounts'],
    },
    {
      name: 'declared, and nobody looked inside',
      input: { facts: { ...on([aMount()]), filesystem: undefined }, declaration: declaring({ read: ['/srv/data:/data'] }) },
      verdicts: ['inconclusive /data', 'inconclusive mounts'],
    },
  ],
});
