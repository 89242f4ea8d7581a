import type { ObservationBundle, TargetObservations } from '../model/bundle.ts';
import type { Check, CheckMeta, Severity } from '../model/check.ts';
import { REPORT_VERSION, type Finding, type Report, type ReportCheck, type ReportTarget } from '../model/report.ts';
import type { Attestation, Waiver } from '../model/waiver.ts';
import { areaResults, countsOf, worstOf } from './areas.ts';
import { compareWithBaseline, type NamedBaseline } from './baseline.ts';
import { coverageOf } from './coverage.ts';
import { evaluate } from './evaluate.ts';
import { decideExit } from './exit-code.ts';
import { matrixOf } from './matrix.ts';
import { judgeOf } from './policy.ts';
import { storyOf } from './story.ts';
import { applyWaivers, attestationResults } from './waivers.ts';

export interface ReportOptions {
  /** Failures below this severity do not fail the run. */
  readonly failOn: Severity | 'never';
  /** Finding no target is no failure. */
  readonly allowEmpty: boolean;
  /** A waiver that covers nothing, or has ended, fails the run. */
  readonly failOnUnusedWaiver?: boolean;
  /** Share of findings that have to be decided, percent; below it the run is inconclusive. */
  readonly minCoverage?: number;
  /** What somebody accepted or vouches for, and the clock that says whether it still holds. */
  readonly accepted?: { readonly waivers: readonly Waiver[]; readonly attestations: readonly Attestation[]; readonly now: Date };
  /** An earlier run: what failed there as it does now fails no run. */
  readonly baseline?: NamedBaseline;
}

/** The same by the clock of another moment: whether a waiver or an attestation holds is a question of the day. */
export function judgedAt<T extends Pick<ReportOptions, 'accepted'>>(options: T, now: Date): T {
  return options.accepted === undefined ? options : { ...options, accepted: { ...options.accepted, now } };
}

/** Judges a bundle: pure, needs no engine. Only checks for which evidence was gathered are asked. */
export function reportOf(bundle: ObservationBundle, checks: readonly Check[], options: ReportOptions): Report {
  const { accepted, failOn, allowEmpty, failOnUnusedWaiver = false, minCoverage } = options;
  const seen = { checks: checks.map(({ meta }) => meta.id), targets: bundle.targets.map(({ target }) => target.name) };
  const waived = applyWaivers(evaluate(bundle, checks), accepted?.waivers ?? [], { ...seen, now: accepted?.now ?? new Date(0) });
  const { findings } = waived;
  const baseline = options.baseline && compareWithBaseline({ ...seen, tool: bundle.tool.version, findings }, options.baseline);
  const worst = worstOf(findings);
  const byTarget = Map.groupBy(findings, ({ targetId }) => targetId);
  return {
    schemaVersion: REPORT_VERSION,
    tool: bundle.tool,
    session: bundle.session,
    startedAt: bundle.startedAt,
    finishedAt: bundle.finishedAt,
    interrupted: bundle.interrupted,
    engine: bundle.engine,
    options: bundle.options,
    targets: bundle.targets.map((subject) => reportTarget(subject, byTarget.get(subject.target.id) ?? [])),
    observations: bundle.targets.map(({ target, observations }) => ({ target: target.id, outcomes: observations })),
    checks: checks.map(({ meta }) => reportCheck(meta)),
    findings: [...findings],
    areas: [
      ...areaResults(
        bundle.targets.map(({ target }) => target),
        findings,
      ),
    ],
    matrix: matrixOf(bundle, findings),
    summary: {
      targets: bundle.targets.length,
      counts: countsOf(findings),
      coverage: coverageOf(findings),
      ...(worst === undefined ? {} : { worst }),
    },
    ...(waived.results.length === 0 ? {} : { waivers: [...waived.results] }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(accepted === undefined || accepted.attestations.length === 0
      ? {}
      : { attestations: [...attestationResults(accepted.attestations, accepted.now)] }),
    notes: [...waived.notes, ...bundle.notes],
    exit: decideExit(findings, {
      failOn,
      allowEmpty,
      ...(baseline === undefined ? {} : { baseline }),
      ...(failOnUnusedWaiver ? { waivers: waived.results } : {}),
      ...(minCoverage === undefined ? {} : { minCoverage }),
      targets: bundle.targets.length,
      interrupted: bundle.interrupted,
      ...(bundle.engineFailure === undefined ? {} : { engineFailure: bundle.engineFailure }),
    }),
  };
}

function reportCheck(meta: CheckMeta): ReportCheck {
  const { id, slug, area, severity, title, failureTitle, description, remediation, references, framework } = meta;
  return {
    id,
    slug,
    area,
    severity,
    title,
    failureTitle,
    description,
    remediation,
    references: references.map(({ source, ids }) => ({ source, ids: [...ids] })),
    framework: [...framework],
  };
}

/** @param own the findings of this target */
function reportTarget({ target, declaration, observations }: TargetObservations, own: readonly Finding[]): ReportTarget {
  const configuration = observations.configuration?.state === 'observed' ? observations.configuration.facts : undefined;
  return {
    id: target.id,
    name: target.name,
    image: target.image.reference,
    imageId: target.image.id,
    platform: target.platform,
    transport: target.transport,
    state: target.state,
    discoveredBy: target.discoveredBy,
    ...(target.compose === undefined ? {} : { compose: target.compose }),
    declaration: {
      source: declaration.source,
      location: declaration.location,
      egress: judgeOf(declaration.profile).summary,
      profile: declaration.profile,
      remarks: declaration.remarks.map(({ code, path, message }) => ({ code, path, message })),
    },
    networks: (configuration?.networks ?? []).map(({ name, internal }) => ({ name, internal })),
    story: [...storyOf(own)],
  };
}
