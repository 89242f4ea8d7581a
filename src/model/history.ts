import { Type, type Static } from 'typebox';
import { HostileText } from './attempt.ts';
import { EngineFacts } from './bundle.ts';
import { SEVERITIES } from './check.ts';
import { Area, AreaResult, Counts, Severity, Status } from './report.ts';
import { Attestation, Waiver } from './waiver.ts';

/** Of what `bulkhead history export` writes; the layout of the database has a number of its own. */
export const HISTORY_VERSION = 1;

/** Why a run was made. */
export const Trigger = Type.Object(
  {
    kind: Type.Enum(['manual', 'schedule', 'event']),
    /** The schedule, or the event, in words; empty where there is nothing to say. */
    text: HostileText,
  },
  { additionalProperties: false },
);
export type Trigger = Static<typeof Trigger>;

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Time = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' });
const Ordinal = Type.Integer({ minimum: 1 });

const runFields = {
  /** Ascending in the order of recording; never given twice. */
  id: Ordinal,
  /** Of the bundle: no run is recorded twice. */
  session: Type.String(),
  /** ISO 8601, in UTC. */
  startedAt: Time,
  finishedAt: Time,
  /** It broke off: what it did not see is neither fixed nor held. */
  interrupted: Type.Boolean(),
  trigger: Trigger,
  /** Version of the program that looked. */
  tool: Type.String(),
  engine: EngineFacts,
  exit: Type.Object({ code: Type.Integer(), reason: Type.String() }, { additionalProperties: false }),
  /** Ids of the checks that were asked. */
  checks: Type.Array(Type.String()),
  /** Names of the servers that were looked at. */
  targets: Type.Array(Type.String()),
  /** Findings by status; those that somebody waived are counted as waived alone. */
  counts: Counts,
  /** SHA-256 of the bundle, hex. */
  bundle: Hash,
};

/** A run in a list. */
export const HistoryRun = Type.Object(runFields, { additionalProperties: false });
export type HistoryRun = Static<typeof HistoryRun>;

export const HistoryTarget = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    image: Type.String(),
    platform: Type.String(),
    transport: Type.String(),
    state: Type.String(),
    declaration: Type.Object(
      {
        source: Type.String(),
        location: Type.String(),
        /** What the profile allows outwards, in one line. */
        egress: Type.String(),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type HistoryTarget = Static<typeof HistoryTarget>;

export const HistoryFinding = Type.Object(
  {
    check: Type.String(),
    area: Area,
    /** Name of the target. */
    target: Type.String(),
    subject: Type.String(),
    status: Status,
    severity: Severity,
    /** As in a report: over check, target name and subject. */
    fingerprint: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    waived: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type HistoryFinding = Static<typeof HistoryFinding>;

/** A run with all that is known of it but its bundle: a line of `bulkhead history export`. */
export const HistoryRecord = Type.Object(
  {
    historyVersion: Type.Literal(HISTORY_VERSION),
    ...runFields,
    inventory: Type.Array(HistoryTarget),
    areas: Type.Array(AreaResult),
    findings: Type.Array(HistoryFinding),
  },
  { additionalProperties: false },
);
export type HistoryRecord = Static<typeof HistoryRecord>;

const Tally = Type.Integer({ minimum: 0 });
const Sighting = Type.Object({ run: Ordinal, at: Time }, { additionalProperties: false });

/** What became of a failure, as far back as the history goes. */
export const HistoryFailure = Type.Object(
  {
    fingerprint: Type.String(),
    check: Type.String(),
    area: Area,
    target: Type.String(),
    subject: Type.String(),
    /** As in the last run in which it failed. */
    severity: Severity,
    waived: Type.Boolean(),
    /** Number of runs in which it failed. */
    runs: Ordinal,
    firstSeen: Sighting,
    lastSeen: Sighting,
    /** The first run after the last failure that looked, could decide, and saw no failure. Absent = open. */
    fixed: Type.Optional(Sighting),
  },
  { additionalProperties: false },
);
export type HistoryFailure = Static<typeof HistoryFailure>;

/** One area on one day (UTC): each server by the last run of that day that looked at it and did not break off. */
export const HistoryDay = Type.Object(
  {
    day: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' }),
    area: Area,
    /** Number of servers by verdict. */
    verdicts: Type.Object(
      { enforced: Tally, partial: Tally, cosmetic: Tally, unknown: Tally, 'not-applicable': Tally },
      { additionalProperties: false },
    ),
    counts: Counts,
  },
  { additionalProperties: false },
);
export type HistoryDay = Static<typeof HistoryDay>;

/**
 * What a run made known of a failure, where that differs from what was known before. `open`: it failed. `undecided`: the run
 * asked its check and could not decide. `fixed`: as in `HistoryFailure`.
 */
export const HistoryChange = Type.Object(
  {
    fingerprint: Type.String(),
    check: Type.String(),
    area: Area,
    target: Type.String(),
    subject: Type.String(),
    run: Ordinal,
    at: Time,
    state: Type.Enum(['open', 'undecided', 'fixed']),
    /** Of what is open. */
    severity: Type.Optional(Severity),
    waived: Type.Boolean(),
    /** The last run of all in which it failed. */
    lastSeen: Sighting,
  },
  { additionalProperties: false },
);
export type HistoryChange = Static<typeof HistoryChange>;

/** One run's look at one server: numbers of findings. */
export const HistoryLook = Type.Object(
  {
    run: Ordinal,
    target: Type.String(),
    /** Without those that somebody waived. */
    pass: Tally,
    /** Inconclusive or broken, without those that somebody waived. */
    undecided: Tally,
    waived: Tally,
    /** Passed or failed, waived or not. */
    decided: Tally,
    /** All but those that do not apply. */
    applicable: Tally,
  },
  { additionalProperties: false },
);
export type HistoryLook = Static<typeof HistoryLook>;

/** How a run was judged, beside its baseline: enough to judge its bundle so again. */
export const Judging = Type.Object(
  {
    failOn: Type.Enum([...SEVERITIES, 'never']),
    allowEmpty: Type.Boolean(),
    accepted: Type.Optional(
      Type.Object(
        { waivers: Type.Array(Waiver), attestations: Type.Array(Attestation), now: Time },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type Judging = Static<typeof Judging>;
