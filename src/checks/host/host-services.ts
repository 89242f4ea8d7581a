import type { PairedAttempt } from '../../model/attempt.ts';
import { defineCheck, type EgressJudge, type Severity, type Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { reachOf } from '../support/decide.ts';
import { groupBy, type JudgedPair } from '../support/egress.ts';
import { evidenceOf, reproduceAttempt } from '../support/evidence.ts';
import { IPV6_ABSENT, lacksFamily } from '../support/namespace.ts';
import { declaresHostNetwork, isElsewhere, type HostView } from '../support/host.ts';

const CLOSED = 'host-service:closed:';
/** Attempts whose evidence is shown where none stands out. */
const SHOWN = 8;

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
  uses: ['hostNamespace', 'namespace'],
  evaluate({ facts: { host, hostNamespace, namespace }, target, declaration, policy }) {
    const subject = 'services of the host';
    if (declaresHostNetwork(declaration)) {
      return [{ status: 'not-applicable', subject, message: 'The profile declares the host network: the host is what it gets.' }];
    }
    const pairs = host.attempts.filter(({ spec }) => spec.purpose === 'host-service');
    if (pairs.length === 0) {
      return [{ status: 'inconclusive', subject, message: 'No address of the host is known: nothing was tried.' }];
    }
    const view = { hostNamespace, namespace };
    return [...groupBy(pairs, (spec) => spec.host)].flatMap(([address, group]) =>
      judge({ address, group, target, policy, view }),
    );
  },
});

interface Question {
  readonly address: string;
  readonly group: readonly PairedAttempt[];
  readonly target: Target;
  readonly policy: EgressJudge;
  readonly view: HostView;
}

function judge({ address, group, target, policy, view }: Question): readonly Verdict[] {
  const subject = `services at ${address}`;
  if (isOwn(address, view)) {
    const message = `${address} is an address of the server itself as well: what answers there is not the host.`;
    return [{ status: 'not-applicable', subject, message }];
  }
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
      ...severityOf(pair, policy, view),
    }));
  }
  if (isElsewhere(address, group, view)) {
    const message = `${address} is no address of the host, and nothing answers there: neither the target nor the control.`;
    return [{ status: 'not-applicable', subject, message, evidence: group.slice(0, SHOWN).flatMap(evidenceOf) }];
  }
  if (lacksFamily(group, view.namespace)) return [{ status: 'not-applicable', subject, message: `${address}: ${IPV6_ABSENT}` }];
  const refused = group.find((pair) => pair.target.outcome === 'refused');
  if (refused !== undefined) {
    return [
      {
        status: 'fail',
        severity: 'low',
        subject: `route to ${address}`,
        message: `The network stack at ${address} answered (refused): there is a route to the host, and no service on it was reached.`,
        expected: 'no answer',
        actual: 'refused',
        evidence: evidenceOf(refused),
        reproduce: reproduceAttempt(target, refused),
      },
    ];
  }
  return [quiet(subject, address, judged)];
}

/** The host's address, taken over by the namespace of the target (pasta does so): who dials it talks to itself. */
function isOwn(address: string, { hostNamespace, namespace }: HostView): boolean {
  if (hostNamespace === undefined || namespace === undefined || hostNamespace.inode === namespace.inode) return false;
  return namespace.interfaces.some((entry) => entry.address === address);
}

/**
 * A service may be declared by its address or by a name that engines give their host; what else stands in
 * /etc/hosts is the server's own word. "Any host" is about the internet, and less of a breach.
 */
function severityOf({ spec }: PairedAttempt, policy: EgressJudge, { namespace }: HostView): { readonly severity?: Severity } {
  if (!policy.restricts) return { severity: 'medium' };
  const names = (namespace?.aliases ?? []).filter(({ addresses }) => addresses.includes(spec.host)).map(({ name }) => name);
  const declared = [spec.host, ...names].some((host) => policy.permits({ host, port: spec.port, protocol: 'tcp' }));
  return declared ? { severity: 'info' } : {};
}

/** Nothing was reached. A port that is closed on purpose has no control, and one at which nobody listens any more shows nothing. */
function quiet(subject: string, address: string, judged: readonly JudgedPair[]): Verdict {
  const services = judged.filter(({ pair }) => !pair.spec.id.startsWith(CLOSED) && !isVacant(pair));
  const evidence = judged.slice(0, SHOWN).flatMap(({ pair }) => evidenceOf(pair));
  const open = services.find(({ reach }) => reach.state === 'undecided');
  if (open !== undefined) {
    const message = `It is open whether services of the host answer at ${address}: ${open.reach.why}.`;
    return { status: 'inconclusive', subject, message, evidence };
  }
  if (services.length === 0) {
    return { status: 'not-applicable', subject, message: `No service of the host is known to listen at ${address}.`, evidence };
  }
  const message = `None of ${services.length} services of the host was reached at ${address}, while the control reached each.`;
  return { status: 'pass', subject, message, evidence };
}

/** Not even the host itself finds a listener there. */
function isVacant({ target, controls }: PairedAttempt): boolean {
  const made = target.outcome !== 'not-run' && target.outcome !== 'probe-error';
  return made && controls.length > 0 && controls.every(({ attempt }) => attempt.outcome === 'refused');
}
