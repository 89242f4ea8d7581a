import { defineCheck } from '../../model/check.ts';
import { reproduceInspect } from '../support/evidence.ts';

export const rootUser = defineCheck({
  meta: {
    id: 'HARD-005',
    slug: 'root-user',
    area: 'HARD',
    severity: 'medium',
    title: 'It does not run as root',
    failureTitle: 'It runs as root',
    description:
      'Root in a container is root of the host wherever the walls have a hole: in a mounted directory, in a device, in a fault of the runtime.',
    remediation:
      'Run it as a user, for example `--user 65532:65532`, or map root away with user namespaces (`userns-remap`, rootless engines).',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['4.1', '5.31'] }],
    framework: ['Runtime user'],
    since: '0.1.0',
  },
  requires: ['process'],
  evaluate({ facts: { process }, target }) {
    const { uids } = process.target;
    const isRoot = uids.includes(0);
    const mapped = process.uidMap.find(({ inside, length }) => inside <= 0 && inside + length > 0);
    const outside = mapped === undefined ? undefined : mapped.outside - mapped.inside;
    const facts = {
      subject: 'user',
      expected: 'not 0',
      actual: uids.join(' '),
      evidence: [
        `process 1: uids ${uids.join(' ')} (real, effective, saved, file system)`,
        ...process.uidMap.map(({ inside, outside: to, length }) => `uid map: ${inside} -> ${to}, ${length} ids`),
      ],
      reproduce: reproduceInspect(target, '{{.Config.User}}'),
    };
    if (!isRoot) return [{ ...facts, status: 'pass', message: `Process 1 runs as uid ${uids[1]}.` }];
    if (outside !== undefined && outside !== 0) {
      return [
        { ...facts, status: 'pass', message: `Process 1 is root inside and uid ${outside} outside: a user namespace maps it.` },
      ];
    }
    return [{ ...facts, status: 'fail', message: 'Process 1 runs as uid 0, which is root of the host too.' }];
  },
});
