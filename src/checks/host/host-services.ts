import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { reachOf } from '../support/decide.ts';
import { groupBy } from '../support/egress.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { declaresHostNetwork } from '../support/host.ts';

const CLOSED = 'host-service:closed:';

export const hostServices = defineCheck({
  meta: {
    id: 'HOST-005',
    slug: 'host-services',
    area: 'HOST',
    severity: 'high',
    title: 'No service of the host is reached',
    failureTitle: 'A service of the host is reached',
    description:
      'Whatever listens on the machine beside the engine, from SSH to a database of a colleague, is not part of any profile. A refused connection is a route too: the next service that is started there will be reached.',
    remediation: 'Take the route to the host away (see HOST-001), or bind the services to 127.0.0.1.',
    references: [{ source: 'MITRE ATT&CK', ids: ['T1046'] }],
    framework: ['Host reachability'],
    since: '0.1.0',
  },
  requires: ['host'],
  evaluate({ facts: { host }, target, declaration }) {
    const subject = 'services of the host';
    if (declaresHostNetwork(declaration)) {
      return [{ status: 'not-applicable', subject, message: 'The profile declares the host network: the host is what it gets.' }];
    }
    const pairs = host.attempts.filter(({ spec }) => spec.purpose === 'host-service');
    if (pairs.length === 0) return [{ status: 'inconclusive', subject, message: 'No address of the host is known: nothing was tried.' }];
    return [...groupBy(pairs, (spec) => spec.host)].flatMap(([address, group]) => judge(address, group, target));
  },
});

function judge(address: string, group: readonly PairedAttempt[], target: Target): readonly Verdict[] {
  const judged = group.map((pair) => ({ pair, reach: reachOf(pair) }));
  const reached = judged.filter(({ reach }) => reach.state === 'reached');
  if (reached.length > 0) {
    return reached.map(({ pair, reach }) => ({
      status: 'fail',
      subject: pair.spec.subject,
      message: `A service of the host answers at ${pair.spec.subject}: ${reach.why}.`,
      expected: 'not reached',
      actual: pair.target.outcome,
      evidence: evidenceOf(pair),
      reproduce: reproduceAttempt(target, pair),
    }));
  }
  const refused = group.find((pair) => pair.target.outcome === 'refused');
  if (refused !== undefined) {
    return [
      {
        status: 'fail',
        severity: 'low',
        subject: `route to ${address}`,
        message: `The network stack at ${address} answered (refused): there is a route to the host, and no service on it yet.`,
        expected: 'no answer',
        actual: 'refused',
        evidence: evidenceOf(refused),
        reproduce: reproduceAttempt(target, refused),
      },
    ];
  }
  return [quiet(address, judged.map(({ pair }) => pair))];
}

/** Nothing was reached. A port that is closed on purpose has no control; those of real services do. */
function quiet(address: string, pairs: readonly PairedAttempt[]): Verdict {
  // A listener for IPv6 alone is listed like one for both families; the host itself finds nobody at its IPv4 address.
  const services = pairs.filter(({ spec, controls }) => !spec.id.startsWith(CLOSED) && !controls.some(({ attempt }) => attempt.outcome === 'refused'));
  const evidence = pairs.slice(0, 8).flatMap(evidenceOf);
  const open = services.map((pair) => reachOf(pair)).find(({ state }) => state === 'undecided');
  const subject = `services at ${address}`;
  if (open !== undefined) return { status: 'inconclusive', subject, message: `It is open whether services of the host answer at ${address}: ${open.why}.`, evidence };
  if (services.length === 0) return { status: 'not-applicable', subject, message: `No service of the host is known to listen at ${address}.`, evidence };
  return { status: 'pass', subject, message: `None of ${services.length} services of the host was reached at ${address}, while the control reached each.`, evidence };
}
