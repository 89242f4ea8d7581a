import { defineCheck, type Verdict } from '../../model/check.ts';
import type { FilesystemFacts } from '../../model/observation.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from '../support/answer.ts';
import { canonical } from '../support/declared-mounts.ts';
import { evidenceOf, reproduceAttempt, reproduceInspect } from '../support/evidence.ts';
import { anyAnswered, askedInside, askedOnHost, heard, isApi, signOf, type ApiGroup } from '../support/management.ts';

const PORTS = 'engine API on the network';
const SOCKETS = 'engine sockets';

export const engineApi = defineCheck({
  meta: {
    id: 'HOST-004',
    slug: 'engine-api',
    area: 'HOST',
    severity: 'critical',
    title: 'The API of the engine does not answer from inside',
    failureTitle: 'The API of the engine answers from inside',
    description:
      'Whoever speaks to the engine starts containers with any mount and any privilege: it is root on the host. It is reached by TCP where the engine listens without TLS, at an address of its own in desktop engines, or by a socket that is mounted.',
    remediation:
      'Let the engine listen on its Unix socket alone, or on TCP with client certificates (`--tlsverify`); do not mount the socket, and give a server that has to see containers a proxy that allows the few requests it needs.',
    references: [
      { source: 'CIS Docker Benchmark 1.6.0', ids: ['5.32'] },
      { source: 'MITRE ATT&CK', ids: ['T1611', 'T1552.007'] },
    ],
    framework: ['Host reachability'],
    since: '0.1.0',
  },
  requires: ['management', 'hostNamespace'],
  uses: ['filesystem'],
  evaluate({ facts: { management, filesystem }, target }) {
    const inside = askedInside(management.attempts).filter(({ engine }) => engine);
    const onHost = askedOnHost(management.attempts).filter(({ engine }) => engine);
    const asked = inside.flatMap((group) => judge(group, target));
    const there = [...inside, ...onHost].some(({ pairs }) =>
      pairs.some((pair) => [pair.target, ...pair.controls.map(({ attempt }) => attempt)].some((one) => isApi(pair, one, false))),
    );
    const silent: readonly Verdict[] = asked.length > 0 ? [] : [there ? heldBack(inside, onHost) : absent()];
    return [...asked, ...silent, ...sockets(filesystem, target)];
  },
});

/** What answers, and what could not be asked; about addresses that hold nothing there is nothing to say one by one. */
function judge(group: ApiGroup, target: Target): readonly Verdict[] {
  const { subject, pairs } = group;
  const facts = { subject, expected: 'no answer', evidence: [...pairs.flatMap(evidenceOf), ...heard(group)] } as const;
  const hit = pairs.find((pair) => somethingAnswered(pair.target) === 'yes' && isApi(pair, pair.target, false));
  if (hit !== undefined) {
    const closed = signOf(hit, hit.target)?.shows === 'closed';
    const message = closed
      ? `${subject} answers from inside, and asks for a client certificate.`
      : `${subject} answers from inside, without credentials.`;
    const severity = closed ? ({ severity: 'medium' } as const) : {};
    return [
      { ...facts, status: 'fail', message, actual: hit.target.outcome, reproduce: reproduceAttempt(target, hit), ...severity },
    ];
  }
  const open = pairs.find(({ target: { outcome } }) => outcome === 'not-run' || outcome === 'probe-error');
  if (open === undefined) return [];
  return [{ ...facts, status: 'inconclusive', message: `It is open whether ${subject} answers: the attempt was not made.` }];
}

/** The engine listens on the network, as a control or the host itself shows, and not where the target could get to it. */
function heldBack(inside: readonly ApiGroup[], onHost: readonly ApiGroup[]): Verdict {
  const evidence = [...onHost, ...inside].flatMap(({ pairs }) => pairs.flatMap(evidenceOf)).slice(0, 16);
  const facts = { subject: PORTS, expected: 'no answer', evidence } as const;
  if (inside.length === 0 || inside.some((group) => anyAnswered(group) !== 'no')) {
    const message = 'The engine listens on the network, and it is open whether it can be reached from inside.';
    return { ...facts, status: 'inconclusive', message };
  }
  return { ...facts, status: 'pass', message: 'The engine listens on the network, and does not answer from inside.' };
}

function absent(): Verdict {
  const message = 'No API of an engine listens on the usual ports of the host, as seen from the host itself.';
  return { status: 'not-applicable', subject: PORTS, message };
}

function sockets(filesystem: FilesystemFacts | undefined, target: Target): readonly Verdict[] {
  if (filesystem === undefined) {
    const message = 'It is open whether a socket of an engine answers: the file system of the target could not be looked at.';
    return [{ status: 'inconclusive', subject: SOCKETS, message }];
  }
  const answering = filesystem.sockets.filter(({ state }) => state === 'answers').map(({ path }) => canonical(path));
  return [...new Set(answering)].map((path) => ({
    status: 'fail',
    subject: path,
    message: `The engine answers the target on the socket ${path}: whoever writes to it commands the engine.`,
    expected: 'no answer',
    actual: 'answers',
    evidence: [`${path}: answers HTTP, asked with the identity of the target`],
    reproduce: reproduceInspect(target, '{{json .Mounts}}'),
  }));
}
