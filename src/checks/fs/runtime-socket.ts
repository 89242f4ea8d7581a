import { defineCheck, type Verdict } from '../../model/check.ts';
import type { ConfiguredMount, FilesystemFacts, SocketAccess } from '../../model/observation.ts';
import { canonical, declaresMount, hostPath, isWithin, normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

const SOCKETS: ReadonlySet<string> = new Set([
  'docker.sock',
  'docker.raw.sock',
  'docker.proxy.sock',
  'podman.sock',
  'containerd.sock',
  'crio.sock',
  'buildkitd.sock',
  'cri-dockerd.sock',
  'dockershim.sock',
]);
/** Directories in which engines keep their sockets; whoever mounts one of them, or one above, mounts these. */
const DIRECTORIES =
  /^\/(?:(?:var(?:\/run)?|run)(?:\/podman|\/containerd|\/crio|\/k3s(?:\/containerd)?|\/user\/\d+(?:\/podman)?)?)?$/;

export const runtimeSocket = defineCheck({
  meta: {
    id: 'FS-005',
    slug: 'runtime-socket',
    area: 'FS',
    severity: 'critical',
    title: 'No engine socket is mounted',
    failureTitle: 'An engine socket is mounted',
    description:
      'Who talks to the engine starts containers with any mount and any privilege: the socket is root of the host. A read-only mount changes nothing, a socket is not written as a file is.',
    remediation:
      'Remove the mount. Where a server must see containers, put a proxy before the socket that lets only the needed requests through.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.32'] }],
    framework: ['Filesystem'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  uses: ['filesystem'],
  evaluate({ facts: { configuration, filesystem }, declaration: { profile }, target }): readonly Verdict[] {
    const reproduce = reproduceInspect(target, '{{json .Mounts}}');
    const binds = configuration.mounts.filter(({ type, source }) => type === 'bind' && source !== '/dev/null');
    const declared = (path: string): boolean =>
      binds.some((mount) => canonical(mount.target) === canonical(path) && declaresMount(profile, mount));
    const failed = (path: string, message: string, actual: string, evidence: string): Verdict => ({
      status: 'fail',
      subject: path,
      message: declared(path) ? `${message} The profile declares it.` : message,
      expected: 'no socket',
      actual,
      evidence: [evidence],
      reproduce,
      ...(declared(path) ? { severity: 'info' } : {}),
    });
    const seen = socketsIn(filesystem);
    const verdicts: readonly Verdict[] = [
      ...seen.map(({ path, state, detail }) => {
        const tried = detail === undefined ? state : `${state} (${detail})`;
        return failed(path, `An engine socket is at ${path}; ${said(state, detail)}.`, state, `tried as the target: ${tried}`);
      }),
      ...binds
        .filter((mount) => isSocket(mount) && !seen.some(({ path }) => canonical(path) === canonical(mount.target)))
        .map(({ source, target: inside }) => {
          const message = `An engine socket is mounted at ${inside}; whether it answers could not be tried.`;
          return failed(inside, message, source, `${source} at ${inside}`);
        }),
      ...binds
        .filter((mount) => !isSocket(mount) && DIRECTORIES.test(hostPath(mount.source)))
        .map(({ source, target: inside }) => {
          const message = `${source}, in which engines keep their sockets, is mounted at ${inside}.`;
          return failed(inside, message, source, `${source} at ${inside}`);
        }),
    ];
    if (verdicts.length > 0) return verdicts;
    const subject = 'engine sockets';
    return filesystem === undefined
      ? [{ status: 'inconclusive', subject, message: 'None is configured; what is inside could not be seen.' }]
      : [{ status: 'pass', subject, message: 'No engine socket is at any of the places where one may be.' }];
  },
});

/** Each socket once. A place that could not even be looked at, and that nothing is mounted on, holds none of the host's. */
function socketsIn(filesystem: FilesystemFacts | undefined): readonly SocketAccess[] {
  if (filesystem === undefined) return [];
  const found = filesystem.sockets.filter(({ path, state, detail }) => {
    if (state !== 'denied' || detail !== 'EACCES') return true;
    return filesystem.mounts.some(
      ({ target, fsType, root }) =>
        normal(target) !== '/' && isWithin(canonical(path), canonical(target)) && !(fsType === 'tmpfs' && root === '/'),
    );
  });
  return [...new Map(found.map((socket) => [canonical(socket.path), socket])).values()];
}

function said(state: SocketAccess['state'], detail = 'no reason given'): string {
  switch (state) {
    case 'answers':
      return 'the engine answers on it';
    case 'connects':
      return 'it takes connections';
    case 'denied':
      return `its user is refused (${detail})`;
  }
}

function isSocket({ source, target }: ConfiguredMount): boolean {
  return [source, target].some((path) => SOCKETS.has(path.slice(path.lastIndexOf('/') + 1)));
}
