import type { AttemptFacts, ConfigurationFacts, ObservationKind, ObservationMap } from './observation.ts';
import type { Declaration, Target } from './target.ts';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const AREAS = ['NET', 'HOST', 'PIVOT', 'AUTH', 'HARD', 'FS', 'SEC', 'OPS', 'PROV'] as const;
export type Area = (typeof AREAS)[number];

export interface Reference {
  readonly source: 'CIS Docker Benchmark 1.6.0' | 'NIST SP 800-190' | 'MITRE ATT&CK';
  readonly ids: readonly string[];
}

/** What a check is. Titles come in pairs and state facts; ids are for ever. */
export interface CheckMeta {
  /** e.g. `NET-004`; never reused. */
  readonly id: string;
  /** File name without its ending. */
  readonly slug: string;
  readonly area: Area;
  readonly severity: Severity;
  /** True statement when it passes, e.g. `No undeclared destination is reached`. */
  readonly title: string;
  /** True statement when it fails. */
  readonly failureTitle: string;
  /** Why it matters: Markdown, one paragraph. */
  readonly description: string;
  /** What to do: Markdown, imperative. */
  readonly remediation: string;
  readonly references: readonly Reference[];
  /** Rows of the evaluation framework that it answers. */
  readonly framework: readonly string[];
  /** Version that brought it. */
  readonly since: string;
  readonly deprecated?: string;
}

export type Status = 'pass' | 'fail' | 'inconclusive' | 'not-applicable' | 'error';

/** One verdict on one subject. `error` is the engine's to give. */
export interface Verdict {
  readonly status: Exclude<Status, 'error'>;
  /** What it is about, stable across runs: an endpoint, a network, a path, a capability set. */
  readonly subject: string;
  /** A sentence with the fact that decided. */
  readonly message: string;
  readonly expected?: string;
  readonly actual?: string;
  /** Short lines: each a fact a reader can verify, the control among them. */
  readonly evidence?: readonly string[];
  /** A command that shows the same by hand. */
  readonly reproduce?: string;
  /** Where it differs from the check's default. */
  readonly severity?: Severity;
}

/** The egress part of a profile, answered by `profiles/`; checks ask it and read no lists themselves. */
export interface EgressJudge {
  /** False when everything is allowed. */
  readonly restricts: boolean;
  /** Names of arbitrary public hosts may be resolved (a port is open to any host). */
  readonly resolvesAnyName: boolean;
  /** One line, e.g. `api.github.com on 443`. */
  readonly summary: string;
  permits(endpoint: { readonly host: string; readonly port: number; readonly protocol: 'tcp' | 'udp' }): boolean;
}

/** Another audited target, as far as a check may know it. */
export interface Peer {
  readonly target: Target;
  readonly declaration: Declaration;
  readonly policy: EgressJudge;
  /** Addresses that others could dial, as seen inside; empty: it has none. Absent: nobody could look. */
  readonly addresses?: readonly string[];
  /** What the engine says of it: its mounts, the ports that it publishes. Absent: it was not asked. */
  readonly configuration?: ConfigurationFacts;
  /** What it tried to reach. Absent: nobody could look. */
  readonly egress?: AttemptFacts;
}

export interface CheckInput<R extends ObservationKind, U extends ObservationKind = never> {
  readonly facts: Pick<ObservationMap, R> & { readonly [K in U]?: ObservationMap[K] | undefined };
  readonly target: Target;
  readonly declaration: Declaration;
  readonly policy: EgressJudge;
  /** All other targets of the run. */
  readonly peers: readonly Peer[];
}

export interface Check<R extends ObservationKind = ObservationKind, U extends ObservationKind = ObservationKind> {
  readonly meta: CheckMeta;
  /** Kinds without which the engine stamps `inconclusive` and does not call the check. */
  readonly requires: readonly R[];
  /** Kinds that are handed over where they were observed; the check says what follows from their absence. */
  readonly uses?: readonly U[];
  /** Pure. One verdict a subject, passes included; an empty answer is an error. */
  evaluate(input: CheckInput<R, U>): readonly Verdict[];
}

/** Types a check by the kinds that it names, and forgets them for the registry. */
export function defineCheck<const R extends ObservationKind, const U extends ObservationKind = never>(check: Check<R, U>): Check {
  return check as unknown as Check;
}
