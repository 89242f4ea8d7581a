import { sensitiveMount } from '../../../../src/checks/fs/sensitive-mount.ts';
import type { ConfiguredMount } from '../../../../src/model/observation.ts';
import { aConfiguration, aDeclaration, aFilesystem, aMount, anObservedMount } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const on = (...mounts: readonly Partial<ConfiguredMount>[]) => ({
  configuration: aConfiguration({ mounts: mounts.map((mount) => aMount(mount)) }),
});

const SENSITIVE = [
  '/',
  '//',
  '/etc',
  '/etc/',
  '/etc/shadow',
  '/home',
  '/home/ann',
  '/home/ann/',
  '/root',
  '/Users/ann',
  '/var',
  '/var/lib',
  '/var/lib/docker',
  '/var/lib/docker/volumes',
  '/var/lib/kubelet/pods',
  '/var/run',
  '/run',
  '/proc',
  '/proc/1',
  '/sys/kernel',
  '/dev',
  '/dev/sda',
  '/boot',
  '/usr',
  '/root/.ssh',
  '/home/ann/.ssh/id_ed25519',
  '/srv/backup/.ssh',
  '/home/ann/.aws',
  '/home/ann/.kube/config',
  '/home/ann/.config',
  '/home/ann/.config/gcloud',
  '/home/ann/.docker',
  '/home/ann/.claude.json',
  '/Users/ann/Library/Application Support/Claude',
  '/host_mnt/Users/ann',
  '/run/desktop/mnt/host/c/Users/ann',
  'C:\\Users\\ann\\.ssh',
];
const HARMLESS = [
  '/etcetera',
  '/etc-backup',
  '/home/ann/project',
  '/root/project',
  '/home/ann/project/.vscode',
  '/srv/app/.docker/nginx.conf',
  '/home/ann/.sshd-notes',
  '/srv/Claude',
  '/var/log/app',
  '/var/lib/app',
  '/variable',
  '/processes',
  '/Users/ann/notes',
  '/devices',
  '/dev/null',
  '/etc/localtime',
  '/etc/ssl/certs',
];

runCases(sensitiveMount, {
  valid: [
    { name: 'no mount', input: { facts: on() }, verdicts: ['pass mounts'] },
    { name: 'a volume', input: { facts: on({ type: 'volume', source: 'cache' }) }, verdicts: ['pass mounts'] },
    {
      name: 'a volume where the engine keeps volumes',
      input: {
        facts: {
          ...on({ type: 'volume', source: 'cache' }),
          filesystem: aFilesystem({ mounts: [anObservedMount({ root: '/var/lib/docker/volumes/cache/_data' })] }),
        },
      },
      verdicts: ['pass mounts'],
    },
    ...HARMLESS.map((source) => ({ name: source, input: { facts: on({ source }) }, verdicts: ['pass /data'] })),
  ],
  invalid: [
    ...SENSITIVE.map((source) => ({
      name: source,
      input: { facts: on({ source }) },
      verdicts: ['fail /data'],
      actual: source,
    })),
    {
      name: 'public settings that it may change',
      input: { facts: on({ source: '/etc/hosts', readOnly: false }) },
      verdicts: ['fail /data'],
    },
    {
      name: 'declared, with its source',
      input: { facts: on({ source: '/home/ann' }), declaration: aDeclaration({ read: ['/home/ann:/data'] }) },
      verdicts: ['fail /data (info)'],
      says: /: a home\. The profile declares it\.$/,
    },
    {
      name: 'its place is declared, for something else',
      input: { facts: on({ source: '/root/.ssh' }), declaration: aDeclaration({ read: ['/srv/data:/data'] }) },
      verdicts: ['fail /data'],
    },
    {
      name: 'a volume that its driver binds to a directory of the host',
      input: {
        facts: {
          ...on({ type: 'volume', source: 'innocent' }),
          filesystem: aFilesystem({ mounts: [anObservedMount({ root: '/root/.ssh' })] }),
        },
      },
      verdicts: ['fail /data'],
      actual: '/root/.ssh',
    },
    {
      name: 'one of several',
      input: { facts: on({}, { source: '/etc', target: '/conf' }) },
      verdicts: ['pass /data', 'fail /conf'],
    },
  ],
  undecided: [],
});
