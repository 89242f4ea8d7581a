import { Type, type Static } from 'typebox';
import { HostileText } from './attempt.ts';
import { AREAS, SEVERITIES } from './check.ts';
import { Trigger } from './history.ts';
import { Area, Counts, Coverage, Severity } from './report.ts';

export const TREND_VERSION = 1;

const Tally = Type.Integer({ minimum: 0 });
const Ordinal = Type.Integer({ minimum: 1 });
const Sighting = Type.Object({ run: Ordinal, at: Type.String() }, { additionalProperties: false });
const each = <K extends string>(keys: readonly K[]) =>
  Type.Object(Object.fromEntries(keys.map((key) => [key, Tally])) as Record<K, typeof Tally>, { additionalProperties: false });

/**
 * What a run left of a server, over all that is known of it. `failing`: a failure is open that nobody waived. `undecided`:
 * none, but the run could not decide everything, or broke off. `waived`: only what somebody accepted is open. A run that did
 * not look at the server has no mark.
 */
export const TrendMark = Type.Enum(['failing', 'undecided', 'waived', 'clean']);
export type TrendMark = Static<typeof TrendMark>;

/** Failures after a run, each by the last run that could decide on it. */
const known = {
  /** Failing when last decided on, and asked since without an answer: neither open nor fixed, and counted in neither. */
  undecided: Tally,
  /** Waived or not. */
  open: Tally,
  /** Of `open` those that are waived. */
  waived: Tally,
};

export const TrendPoint = Type.Object(
  {
    run: Ordinal,
    /** ISO 8601, in UTC. */
    at: Type.String(),
    ...known,
    /** Number of `open` by area. */
    areas: each(AREAS),
    severities: each(SEVERITIES),
  },
  { additionalProperties: false },
);
export type TrendPoint = Static<typeof TrendPoint>;

export const TrendDay = Type.Object(
  {
    /** In UTC; a day without a run is left out. */
    day: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }),
    runs: Ordinal,
    /** Number of servers that were looked at. */
    targets: Tally,
    /** Failures that were first seen, or seen again after they were fixed. */
    new: Tally,
    fixed: Tally,
    /** At the end of the day. */
    open: Tally,
    undecided: Tally,
    /** Of each server by the last run of the day that looked at it and did not break off. */
    coverage: Coverage,
  },
  { additionalProperties: false },
);
export type TrendDay = Static<typeof TrendDay>;

export const TrendFailure = Type.Object(
  {
    fingerprint: Type.String(),
    check: Type.String(),
    area: Area,
    target: Type.String(),
    subject: Type.String(),
    /** As in the last run in which it failed. */
    severity: Severity,
    waived: Type.Boolean(),
    state: Type.Enum(['open', 'undecided']),
    /** Since when it is open. */
    firstSeen: Sighting,
    lastSeen: Sighting,
    /** It was fixed before. */
    returned: Type.Optional(Type.Literal(true)),
    /** From when it was first seen until the last run of the trend. */
    seconds: Tally,
  },
  { additionalProperties: false },
);
export type TrendFailure = Static<typeof TrendFailure>;

export const TrendTarget = Type.Object(
  {
    name: Type.String(),
    ...known,
    /** In the order of runs; a run that is not there did not look. */
    looks: Type.Array(Type.Object({ run: Ordinal, mark: TrendMark }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type TrendTarget = Static<typeof TrendTarget>;

export const TrendRun = Type.Object(
  {
    id: Ordinal,
    session: Type.String(),
    startedAt: Type.String(),
    finishedAt: Type.String(),
    interrupted: Type.Boolean(),
    trigger: Trigger,
    exit: Type.Object({ code: Type.Integer(), reason: Type.String() }, { additionalProperties: false }),
    /** Number of servers that it looked at. */
    targets: Tally,
    counts: Counts,
  },
  { additionalProperties: false },
);
export type TrendRun = Static<typeof TrendRun>;

/** The course of a history. A run says nothing of servers that it did not look at, and of checks that it did not ask. */
export const TrendSchema = Type.Object(
  {
    trendVersion: Type.Literal(TREND_VERSION),
    tool: Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false }),
    /** What was asked for: runs from then on, and of one server. What was open before is known all the same. */
    since: Type.Optional(Type.String()),
    target: Type.Optional(HostileText),
    summary: Type.Object(
      {
        runs: Tally,
        targets: Tally,
        ...known,
        new: Tally,
        fixed: Tally,
        /** Of what was fixed, from first seen to fixed. Absent where nothing was. */
        medianSecondsToFix: Type.Optional(Type.Number({ minimum: 0 })),
      },
      { additionalProperties: false },
    ),
    /** After every run, in their order. */
    points: Type.Array(TrendPoint),
    days: Type.Array(TrendDay),
    /** What is open or undecided now, open the longest first. */
    failures: Type.Array(TrendFailure),
    /** By name. */
    targets: Type.Array(TrendTarget),
    /** In the order of recording. */
    runs: Type.Array(TrendRun),
  },
  { additionalProperties: false },
);
export type Trend = Static<typeof TrendSchema>;
