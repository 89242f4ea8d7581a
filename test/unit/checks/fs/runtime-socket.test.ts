import { runtimeSocket } from '../../../../src/checks/fs/runtime-socket.ts';
import type { ConfiguredMount, ObservedMount, SocketAccess } from '../../../../src/model/observation.ts';
import { aConfiguration, aDeclaration, aFilesystem, aMount, anObservedMount } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const SOCKET = '/var/run/docker.sock';
const mounted = (...mounts: readonly Partial<ConfiguredMount>[]) =>
  aConfiguration({ mounts: mounts.map((mount) => aMount(mount)) });
const seen = (sockets: readonly SocketAccess[], mounts: readonly ObservedMount[] = []) =>
  aFilesystem({ sockets: [...sockets], mounts: [...mounts] });
const bind = { source: SOCKET, target: SOCKET };
const hidden = { path: '/run/podman/podman.sock', state: 'denied', detail: 'EACCES' } as const;

runCases(runtimeSocket, {
  valid: [
    { name: 'none', input: {}, verdicts: ['pass engine sockets'] },
    {
      name: 'another socket',
      input: { facts: { configuration: mounted({ source: '/run/app.sock', target: '/run/app.sock' }) } },
      verdicts: ['pass engine sockets'],
    },
    {
      name: 'a look-alike',
      input: { facts: { configuration: mounted({ source: '/srv/docker.sock.d', target: '/x' }) } },
      verdicts: ['pass engine sockets'],
    },
    {
      name: 'a place of the image that it may not look at, and that nothing is mounted on',
      input: { facts: { filesystem: seen([hidden], [anObservedMount({ target: '/run', fsType: 'tmpfs', root: '/' })]) } },
      verdicts: ['pass engine sockets'],
    },
    {
      name: 'hidden by an empty device',
      input: { facts: { configuration: mounted({ source: '/dev/null', target: SOCKET }) } },
      verdicts: ['pass engine sockets'],
    },
    {
      name: 'a volume of that name',
      input: { facts: { configuration: mounted({ type: 'volume', source: 'docker.sock', target: '/x' }) } },
      verdicts: ['pass engine sockets'],
    },
  ],
  invalid: [
    {
      name: 'it answers',
      input: { facts: { configuration: mounted(bind), filesystem: seen([{ path: SOCKET, state: 'answers' }]) } },
      verdicts: [`fail ${SOCKET}`],
      says: /the engine answers on it\.$/,
      actual: 'answers',
    },
    {
      name: 'it takes connections',
      input: { facts: { filesystem: seen([{ path: SOCKET, state: 'connects', detail: 'closed without an answer' }]) } },
      verdicts: [`fail ${SOCKET}`],
      says: /takes connections/,
    },
    {
      name: 'its user is refused, and the next one may not be',
      input: {
        facts: {
          configuration: mounted(bind),
          filesystem: seen(
            [{ path: SOCKET, state: 'denied', detail: 'EACCES' }],
            [anObservedMount({ target: '/run/docker.sock' })],
          ),
        },
      },
      verdicts: [`fail ${SOCKET}`],
      says: /its user is refused \(EACCES\)/,
    },
    {
      name: 'one socket by two names is one finding',
      input: {
        facts: {
          configuration: mounted(bind),
          filesystem: seen(['/run/docker.sock', SOCKET].map((path) => ({ path, state: 'answers' }))),
        },
      },
      verdicts: [`fail ${SOCKET}`],
    },
    {
      name: 'configured, and nobody looked inside',
      input: { facts: { configuration: mounted(bind), filesystem: undefined } },
      verdicts: [`fail ${SOCKET}`],
      says: /whether it answers could not be tried/,
    },
    {
      name: 'under another name',
      input: { facts: { configuration: mounted({ source: SOCKET, target: '/tmp/x' }) } },
      verdicts: ['fail /tmp/x'],
    },
    {
      name: 'read-only changes nothing',
      input: { facts: { configuration: mounted({ ...bind, readOnly: true }) } },
      verdicts: [`fail ${SOCKET}`],
    },
    ...['/', '/run', '/var/run', '/run/podman', '/run/user/1000/podman', '/run/containerd/'].map((source) => ({
      name: `the directory ${source}`,
      input: { facts: { configuration: mounted({ source, target: '/host' }) } },
      verdicts: ['fail /host'],
      says: /in which engines keep their sockets/,
    })),
    {
      name: 'declared',
      input: {
        facts: { configuration: mounted(bind), filesystem: seen([{ path: '/run/docker.sock', state: 'answers' }]) },
        declaration: aDeclaration({ write: [SOCKET] }),
      },
      verdicts: ['fail /run/docker.sock (info)'],
      says: /The profile declares it\.$/,
    },
    {
      name: 'its place is declared, for something else',
      input: {
        facts: { configuration: mounted({ source: SOCKET, target: '/data' }) },
        declaration: aDeclaration({ read: ['/srv/data:/data'] }),
      },
      verdicts: ['fail /data'],
    },
  ],
  undecided: [
    {
      name: 'none is configured, and nobody looked inside',
      input: { facts: { filesystem: undefined } },
      verdicts: ['inconclusive engine sockets'],
    },
  ],
});
