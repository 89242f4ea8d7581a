import { Type, type Static } from 'typebox';
import { SEVERITIES } from './check.ts';

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

export const DriftChange = Type.Object(
  {
    kind: DriftKind,
    /** Name of the server; absent where it is about the engine. */
    target: Type.Optional(Type.String()),
    /** Of `opened`, `closed` and `incomparable`: the finding that it is about. */
    check: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    fingerprint: Type.Optional(Type.String()),
    severity: Type.Optional(Type.Enum(SEVERITIES)),
    before: Type.Optional(Type.String()),
    after: Type.Optional(Type.String()),
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
    changes: Type.Array(DriftChange),
  },
  { additionalProperties: false },
);
export type Drift = Static<typeof DriftSchema>;
