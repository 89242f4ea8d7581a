import { Type, type Static } from 'typebox';
import { SEVERITIES } from './check.ts';

export const BASELINE_VERSION = 1;

/** Whoever reads a baseline, or an earlier report as one, takes no longer text from it. */
const text = (maxLength: number) => Type.String({ maxLength });

export const BaselineEntry = Type.Object(
  {
    check: text(32),
    /** As in a finding: over check, target name and subject. */
    fingerprint: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    severity: Type.Enum(SEVERITIES),
    /** Whatever passed is no entry. */
    status: Type.Enum(['fail', 'inconclusive', 'error']),
    subject: text(8192),
    target: text(4096),
  },
  { additionalProperties: false },
);
export type BaselineEntry = Static<typeof BaselineEntry>;

/** What a run found, to be compared with later: written by the program, kept beside the code. Holds no time. */
export const BaselineSchema = Type.Object(
  {
    baselineVersion: Type.Literal(BASELINE_VERSION),
    /** Version of the program that wrote it. */
    tool: text(64),
    /** Ids of the checks that were asked. */
    checks: Type.Array(text(32), { maxItems: 512 }),
    /** Names of the servers that were looked at. */
    targets: Type.Array(text(4096), { maxItems: 4096 }),
    entries: Type.Array(BaselineEntry, { maxItems: 500_000 }),
  },
  { additionalProperties: false },
);
export type Baseline = Static<typeof BaselineSchema>;

/**
 * `new`: fails now and did not, or more severely. `resolved`: does not fail any more. `unchanged`: fails as before.
 * `incomparable`: one side was not looked at, or could not be.
 */
export const BaselineState = Type.Enum(['new', 'resolved', 'unchanged', 'incomparable']);
export type BaselineState = Static<typeof BaselineState>;

export const BaselineChange = Type.Object(
  {
    state: BaselineState,
    fingerprint: Type.String(),
    check: Type.String(),
    target: Type.String(),
    subject: Type.String(),
    /** Of now where there is a now. */
    severity: Type.Enum(SEVERITIES),
    /** It fails now; what does not may still be lost sight of. */
    fails: Type.Boolean(),
    /** Why it cannot be compared. */
    why: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type BaselineChange = Static<typeof BaselineChange>;

export const BaselineComparison = Type.Object(
  {
    /** The file, as it was named. */
    source: Type.String(),
    /** Version of the program that made it. */
    tool: Type.String(),
    counts: Type.Object(
      { new: Type.Integer(), resolved: Type.Integer(), unchanged: Type.Integer(), incomparable: Type.Integer() },
      { additionalProperties: false },
    ),
    changes: Type.Array(BaselineChange),
  },
  { additionalProperties: false },
);
export type BaselineComparison = Static<typeof BaselineComparison>;
