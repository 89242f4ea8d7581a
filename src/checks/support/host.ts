import type { AttemptOutcome, PairedAttempt } from '../../model/attempt.ts';
import type { Severity, Verdict } from '../../model/check.ts';
import type { Declaration, Target } from '../../model/target.ts';
import type { NamespaceFacts } from '../../model/observation.ts';
import { groupBy, leakiest } from './egress.ts';
import { evidenceOf, reproduceAttempt } from './evidence.ts';
import { IPV6_ABSENT, lacksFamily } from './namespace.ts';

/** The host's own network is declared: then everything on it is. */
export function declaresHostNetwork({ profile }: Declaration): boolean {
  return profile.network?.mode === 'host';
}

/** What is known about the host's addresses; nothing where nobody could look. */
export interface HostView {
  readonly hostNamespace?: NamespaceFacts | undefined;
  /** The target's own: its names of the host. */
  readonly namespace?: NamespaceFacts | undefined;
}

/**
 * Whether nothing at all shows that an address leads to the host: the host does not have it, no name of the
 * host means it, and neither the target nor any control, each of which was made, got an answer there. So it is
 * with the first address of a network on which the host has none (isolated, macvlan), dialled in case it has.
 */
export function isElsewhere(address: string, group: readonly PairedAttempt[], { hostNamespace, namespace }: HostView): boolean {
  if (hostNamespace === undefined || hostNamespace.interfaces.some((entry) => entry.address === address)) return false;
  if (namespace === undefined || namespace.aliases.some(({ addresses }) => addresses.includes(address))) return false;
  return group.every(
    (pair) =>
      NOTHING.has(pair.target.outcome) &&
      pair.controls.length > 0 &&
      pair.controls.every(({ attempt }) => NOTHING.has(attempt.outcome)),
  );
}

/** Attempts that were made and to which no one said anything but no. */
const NOTHING: ReadonlySet<AttemptOutcome> = new Set(['refused', 'timeout', 'unreachable']);

export interface CanaryQuestion {
  /** What answers, as part of a sentence: `A listener on the host`. */
  readonly what: string;
  readonly none: string;
  readonly pairs: readonly PairedAttempt[];
  readonly target: Target;
  readonly declaration: Declaration;
  readonly view?: HostView;
  readonly severity?: Severity | undefined;
}

/** One verdict for each address at which a canary of the host was looked for. */
export function judgeCanaries(question: CanaryQuestion): readonly Verdict[] {
  const { what, none, pairs, target, declaration, view = {}, severity } = question;
  if (declaresHostNetwork(declaration)) {
    return [
      { status: 'not-applicable', subject: none, message: 'The profile declares the host network: the host is what it gets.' },
    ];
  }
  if (pairs.length === 0)
    return [
      {
        status: 'inconclusive',
        subject: none,
        message: 'No canary of the host was tried: none could be planted, or no address is known.',
      },
    ];
  return [...groupBy(pairs, (spec) => spec.subject)].flatMap(([subject, group]): readonly Verdict[] => {
    const decisive = leakiest(group);
    if (decisive === undefined) return [];
    const { pair, reach } = decisive;
    const facts = {
      subject,
      expected: 'not reached',
      actual: pair.target.outcome,
      evidence: group.flatMap(evidenceOf),
      reproduce: reproduceAttempt(target, pair),
      ...(severity === undefined ? {} : { severity }),
    } as const;
    if (isElsewhere(pair.spec.host, group, view)) {
      const message = `${subject} is no address of the host, and nothing answers there: neither the target nor the control.`;
      return [{ ...facts, status: 'not-applicable', message }];
    }
    if (reach.state === 'reached')
      return [{ ...facts, status: 'fail', message: `${what} answered at ${subject}: ${reach.why}.` }];
    if (lacksFamily(group, view.namespace))
      return [{ ...facts, status: 'not-applicable', message: `${subject}: ${IPV6_ABSENT}` }];
    return reach.state === 'undecided'
      ? [{ ...facts, status: 'inconclusive', message: `It is open whether the host can be reached at ${subject}: ${reach.why}.` }]
      : [{ ...facts, status: 'pass', message: `${what} was not reached at ${subject}: ${reach.why}.` }];
  });
}
