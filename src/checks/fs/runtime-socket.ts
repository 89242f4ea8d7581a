import { defineCheck, type Verdict } from '../../model/check.ts';
import type { ConfiguredMount } from '../../model/observation.ts';
import { normal } from '../support/declared-mounts.ts';
import { reproduceInspect } from '../support/evidence.ts';

const SOCKETS: ReadonlySet<string> = new Set(['docker.sock', 'docker.raw.sock', 'podman.sock', 'containerd.sock', 'crio.sock', 'buildkitd.sock', 'cri-dockerd.sock']);

export const runtimeSocket = defineCheck({
  meta: {
    id: 'FS-005',
    slug: 'runtime-socket',
    area: 'FS',
    severity: 'critical',
    title: 'No engine socket is mounted',
    failureTitle: 'An engine socket is mounted',
    description: 'Who talks to the engine starts containers with any mount and any privilege: the socket is root of the host. A read-only mount changes nothing, a socket is not written as a file is.',
    remediation: 'Remove the mount. Where a server must see containers, put a proxy before the socket that lets only the needed requests through.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.32'] }],
    framework: ['Filesystem'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  uses: ['filesystem'],
  evaluate({ facts: { configuration, filesystem }, target }): readonly Verdict[] {
    const seen = filesystem?.sockets ?? [];
    const configured = configuration.mounts.filter(isSocket).filter((mount) => !seen.some(({ path }) => normal(path) === normal(mount.target)));
    const reproduce = reproduceInspect(target, '{{json .Mounts}}');
    const verdicts: readonly Verdict[] = [
      ...seen.map(({ path, state, detail }): Verdict => ({
        status: 'fail',
        subject: path,
        message: `An engine socket is at ${path}; ${state === 'answers' ? 'the engine answers on it' : state === 'connects' ? 'it takes connections' : `its user is refused (${detail ?? 'no reason given'})`}.`,
        expected: 'no socket',
        actual: state,
        evidence: [`tried as the target: ${state}${detail === undefined ? '' : ` (${detail})`}`],
        reproduce,
      })),
      ...configured.map((mount): Verdict => ({
        status: 'fail',
        subject: mount.target,
        message: `An engine socket is mounted at ${mount.target}; whether it answers could not be tried.`,
        expected: 'no socket',
        actual: mount.source,
        evidence: [`${mount.source} at ${mount.target}`],
        reproduce,
      })),
    ];
    if (verdicts.length > 0) return verdicts;
    const subject = 'engine sockets';
    return filesystem === undefined
      ? [{ status: 'inconclusive', subject, message: 'None is configured; what is inside could not be seen.' }]
      : [{ status: 'pass', subject, message: 'No engine socket is at any of the places where one may be.' }];
  },
});

function isSocket({ source, target }: ConfiguredMount): boolean {
  return [source, target].some((path) => SOCKETS.has(path.slice(path.lastIndexOf('/') + 1)));
}
