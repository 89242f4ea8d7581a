import { Type, type Static } from 'typebox';
import { SEVERITIES } from './check.ts';
import { Status } from './report.ts';

export const DRIFT_VERSION = 1;

/**
 * What changed between two runs. `opened`: reachable or permitted now and was not, so a check fails that did not.
 * `closed`: the reverse. `incomparable`: one side was not looked at, or could not be; never called closed.
 * The others are circumstances: servers that came and went, and what they are made of.
 */
export const DriftKind = Type.Enum([
  'opened',
  'closed',
  'incomparable',
  'target-appeared',
  'target-vanished',
  'image',
  'profile',
  'networks',
  'engine',
]);
export type DriftKind = Static<typeof DriftKind>;

/** A finding that a change is about, with what became of it; absent on a side that has none of this name. */
export const DriftFinding = Type.Object(
  {
    check: Type.String(),
    target: Type.String(),
    subject: Type.String(),
    fingerprint: Type.String(),
    severity: Type.Enum(SEVERITIES),
    before: Type.Optional(Status),
    after: Type.Optional(Status),
    /** Somebody accepts it, on a side on which it fails. It is drift all the same. */
    waived: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false },
);
export type DriftFinding = Static<typeof DriftFinding>;

export const DriftChange = Type.Object(
  {
    kind: DriftKind,
    /** Name of the server; absent where it is about the engine. */
    target: Type.Optional(Type.String()),
    /** Of `opened`, `closed` and `incomparable`: the finding that it is about, of several the most severe. */
    check: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    fingerprint: Type.Optional(Type.String()),
    severity: Type.Optional(Type.Enum(SEVERITIES)),
    before: Type.Optional(Type.String()),
    after: Type.Optional(Type.String()),
    /** All findings that it is about, the most severe first. */
    findings: Type.Optional(Type.Array(DriftFinding)),
    /** Of `incomparable`: why. */
    why: Type.Optional(Type.String()),
    /** Of `opened` and `closed`: what is reached on one side alone, e.g. `203.0.113.10:443/tcp directly`. */
    endpoints: Type.Optional(Type.Array(Type.String())),
    /** Every finding that it is about is waived. */
    waived: Type.Optional(Type.Literal(true)),
    /** The whole of it in one sentence, for a person. */
    text: Type.String(),
  },
  { additionalProperties: false },
);
export type DriftChange = Static<typeof DriftChange>;

const side = Type.Object(
  {
    /** The file or the run, as it was named. */
    source: Type.String(),
    session: Type.String(),
    finishedAt: Type.String(),
  },
  { additionalProperties: false },
);

export const DriftSchema = Type.Object(
  {
    driftVersion: Type.Literal(DRIFT_VERSION),
    before: side,
    after: side,
    /** The most severe of what opened. */
    worst: Type.Optional(Type.Enum(SEVERITIES)),
    /** What opened, what cannot be compared, what closed, then circumstances. */
    changes: Type.Array(DriftChange),
    /** What neither run could decide: no change, and not known to be closed either. */
    undecided: Type.Optional(Type.Array(DriftFinding)),
    /** What follows for a pipeline; absent where nobody asked. */
    exit: Type.Optional(Type.Object({ code: Type.Integer(), reason: Type.String() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type Drift = Static<typeof DriftSchema>;
