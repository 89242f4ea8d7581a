import { hash } from 'node:crypto';
import { messageOf } from '../errors.ts';
import type { ObservationBundle, TargetObservations } from '../model/bundle.ts';
import type { Check, CheckInput, CheckMeta, Peer, Severity, Status, Verdict } from '../model/check.ts';
import { OBSERVATION_KINDS, type ObservationKind, type ObservationSet } from '../model/observation.ts';
import type { Finding } from '../model/report.ts';
import { judgeOf } from './policy.ts';

/** What every check says about every target: pure, the same bundle gives the same findings. */
export function evaluate(bundle: ObservationBundle, checks: readonly Check[]): readonly Finding[] {
  const all = bundle.targets.map(peerOf);
  return bundle.targets.flatMap((subject) => {
    const policy = judgeOf(subject.declaration.profile);
    const peers = all.filter(({ target }) => target.id !== subject.target.id);
    return checks.flatMap((check) =>
      verdictsOf(check, subject, { policy, peers }).map((verdict) => findingOf(check.meta, subject, verdict)),
    );
  });
}

type Judged = Omit<Verdict, 'status'> & { readonly status: Status };

function peerOf({ target, declaration, observations }: TargetObservations): Peer {
  const addresses =
    observations.namespace?.state === 'observed'
      ? observations.namespace.facts.interfaces
          .filter(({ scope }) => scope !== 'host' && scope !== 'link')
          .map(({ address }) => address)
      : undefined;
  return {
    target,
    declaration,
    policy: judgeOf(declaration.profile),
    ...(addresses === undefined ? {} : { addresses }),
    ...(observations.configuration?.state === 'observed' ? { configuration: observations.configuration.facts } : {}),
    ...(observations.egress?.state === 'observed' ? { egress: observations.egress.facts } : {}),
  };
}

function verdictsOf(
  check: Check,
  subject: TargetObservations,
  context: Pick<CheckInput<never>, 'policy' | 'peers'>,
): readonly Judged[] {
  const missing = check.requires.map((kind) => lack(kind, subject.observations)).find((judged) => judged !== undefined);
  if (missing !== undefined) return [missing];
  try {
    const verdicts = check.evaluate({
      facts: factsOf([...check.requires, ...(check.uses ?? [])], subject.observations),
      target: subject.target,
      declaration: subject.declaration,
      ...context,
    });
    return verdicts.length === 0 ? [broken('The check said nothing.')] : verdicts;
  } catch (error) {
    return [broken(`The check failed: ${messageOf(error)}`)];
  }
}

/** Missing evidence is never a pass: the check is not asked. */
function lack(kind: ObservationKind, observations: ObservationSet): Judged | undefined {
  const outcome = observations[kind];
  if (outcome?.state === 'observed') return undefined;
  const reason =
    outcome === undefined
      ? 'it was not gathered'
      : outcome.state === 'errored'
        ? `${outcome.error.message} (${outcome.error.code})`
        : outcome.reason;
  return {
    status: outcome?.state === 'errored' ? 'error' : 'inconclusive',
    subject: `evidence ${kind}`,
    message: `Could not look: ${reason}.`,
  };
}

function broken(message: string): Judged {
  return { status: 'error', subject: 'check', message };
}

function factsOf(
  kinds: readonly ObservationKind[],
  observations: ObservationSet,
): CheckInput<ObservationKind, ObservationKind>['facts'] {
  const wanted = OBSERVATION_KINDS.filter((kind) => kinds.includes(kind));
  return Object.fromEntries(
    wanted.flatMap((kind) => {
      const outcome = observations[kind];
      return outcome?.state === 'observed' ? [[kind, outcome.facts]] : [];
    }),
  ) as CheckInput<ObservationKind, ObservationKind>['facts'];
}

function findingOf(meta: CheckMeta, { target }: TargetObservations, verdict: Judged): Finding {
  const severity: Severity = verdict.severity ?? meta.severity;
  return {
    check: meta.id,
    slug: meta.slug,
    area: meta.area,
    title: verdict.status === 'fail' ? meta.failureTitle : meta.title,
    status: verdict.status,
    severity,
    target: target.name,
    targetId: target.id,
    subject: verdict.subject,
    message: verdict.message,
    ...(verdict.expected === undefined ? {} : { expected: verdict.expected }),
    ...(verdict.actual === undefined ? {} : { actual: verdict.actual }),
    evidence: [...(verdict.evidence ?? [])],
    remediation: meta.remediation,
    ...(verdict.reproduce === undefined ? {} : { reproduce: verdict.reproduce }),
    fingerprint: hash('sha256', JSON.stringify([meta.id, target.name, verdict.subject])).slice(0, 32),
  };
}
