import { Type, type Static } from 'typebox';
import { SEVERITIES } from './check.ts';
import { Area, AreaVerdict, Counts, Finding } from './report.ts';
import { AttestationResult, Waiver } from './waiver.ts';

export const MANIFEST_VERSION = 1;
export const SUMMARY_VERSION = 1;

/** SHA-256, hex. */
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** A moment in UTC, ISO 8601. */
const Time = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$' });
const Tool = Type.Object(
  { name: Type.String({ maxLength: 200 }), version: Type.String({ maxLength: 200 }) },
  { additionalProperties: false },
);

/** Runs that started from `since` on (absent: from the first) and before `until`. */
export const Period = Type.Object({ since: Type.Optional(Time), until: Time }, { additionalProperties: false });
export type Period = Static<typeof Period>;

export const PackedFile = Type.Object(
  {
    bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    /** Relative, with `/`; no part of it begins with a dot. What a tar header holds without extensions. */
    path: Type.String({ maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$' }),
    sha256: Hash,
  },
  { additionalProperties: false },
);
export type PackedFile = Static<typeof PackedFile>;

/** What a pack holds, and what its signature is made over. */
export const EvidenceManifest = Type.Object(
  {
    manifestVersion: Type.Literal(MANIFEST_VERSION),
    tool: Tool,
    createdAt: Time,
    period: Period,
    /** `keyId`: SHA-256 of the public key (SPKI, DER). It names a key, and proves nothing by itself. */
    signature: Type.Object({ algorithm: Type.Literal('Ed25519'), keyId: Hash }, { additionalProperties: false }),
    /** SHA-256 of the manifest of the pack before this one. */
    previous: Type.Optional(Hash),
    /** All files but the manifest and its signature, by path. */
    files: Type.Array(PackedFile),
  },
  { additionalProperties: false },
);
export type EvidenceManifest = Static<typeof EvidenceManifest>;

/** What the last looks at a place say: `accepted` is a failure that a waiver covers. */
export const ControlState = Type.Enum(['fail', 'undecided', 'accepted', 'pass', 'not-applicable', 'not-asked']);
export type ControlState = Static<typeof ControlState>;

export const EvidenceRunEntry = Type.Object(
  {
    /** Its directory in the pack. */
    path: Type.String(),
    /** Where it was read from. */
    source: Type.String(),
    session: Type.String(),
    startedAt: Time,
    finishedAt: Time,
    /** What started it; absent where nobody wrote that down. */
    trigger: Type.Optional(Type.String()),
    recordedAt: Type.Optional(Type.String()),
    /** Of the program that looked. */
    tool: Type.String(),
    engine: Type.String(),
    /** False when it was interrupted, or its engine failed: what it did not see is not fixed. */
    complete: Type.Boolean(),
    targets: Type.Integer(),
    checks: Type.Integer(),
    counts: Counts,
    /** As judged for this pack. */
    exit: Type.Object({ code: Type.Integer(), reason: Type.String() }, { additionalProperties: false }),
    bundle: Type.Object({ bytes: Type.Integer(), sha256: Hash }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
export type EvidenceRunEntry = Static<typeof EvidenceRunEntry>;

/** A run that is not in the pack, and why. */
export const LeftOutRun = Type.Object(
  {
    source: Type.String(),
    why: Type.Enum(['unreadable', 'outside', 'duplicate']),
    detail: Type.String(),
    trigger: Type.Optional(Type.String()),
    recordedAt: Type.Optional(Type.String()),
    sha256: Type.Optional(Hash),
  },
  { additionalProperties: false },
);
export type LeftOutRun = Static<typeof LeftOutRun>;

/** A failure that was seen in the period. */
export const FailureEntry = Type.Object(
  {
    check: Type.String(),
    title: Type.String(),
    severity: Type.Enum(SEVERITIES),
    target: Type.String(),
    subject: Type.String(),
    fingerprint: Type.String(),
    /** At the end of the period. `fixed` only where a later, complete run looked and decided. */
    state: Type.Enum(['open', 'accepted', 'undecided', 'fixed']),
    /** Start of the first and of the last run in which it failed. */
    first: Time,
    last: Time,
    /** In how many runs it failed. */
    runs: Type.Integer(),
    /** Start of the run that saw it gone. */
    fixed: Type.Optional(Time),
    /** Why, by whom and until when it is accepted. */
    waived: Finding.properties.waived,
  },
  { additionalProperties: false },
);
export type FailureEntry = Static<typeof FailureEntry>;

export const TargetEntry = Type.Object(
  {
    name: Type.String(),
    image: Type.String(),
    platform: Type.String(),
    declaration: Type.Object(
      { source: Type.String(), location: Type.String(), egress: Type.String() },
      { additionalProperties: false },
    ),
    /** Start of the last run that looked at it; of one that broke off where there is no other. */
    seen: Time,
    areas: Type.Array(Type.Object({ area: Area, verdict: AreaVerdict, counts: Counts }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type TargetEntry = Static<typeof TargetEntry>;

/** A check's part in a control: what it said last of every target. */
export const ControlCheck = Type.Object(
  {
    check: Type.String(),
    title: Type.String(),
    state: ControlState,
    counts: Counts,
    /** In how many runs of the period it failed, waived failures included. */
    failedRuns: Type.Integer(),
  },
  { additionalProperties: false },
);
export type ControlCheck = Static<typeof ControlCheck>;

export const StandardTable = Type.Object(
  {
    standard: Type.String(),
    controls: Type.Array(Type.Object({ id: Type.String(), checks: Type.Array(ControlCheck) }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type StandardTable = Static<typeof StandardTable>;

/** `summary.json` of a pack; `summary.md` says the same to people. */
export const EvidenceSummary = Type.Object(
  {
    summaryVersion: Type.Literal(SUMMARY_VERSION),
    tool: Tool,
    createdAt: Time,
    period: Period,
    /** What this is, and what it is not. */
    notes: Type.Array(Type.String()),
    runs: Type.Array(EvidenceRunEntry),
    leftOut: Type.Array(LeftOutRun),
    /** At the end of the period: checks of the catalogue, those that were asked, and what they said. */
    coverage: Type.Object(
      {
        catalogue: Type.Integer(),
        asked: Type.Integer(),
        decided: Type.Integer(),
        undecided: Type.Integer(),
        notAsked: Type.Array(Type.String()),
      },
      { additionalProperties: false },
    ),
    targets: Type.Array(TargetEntry),
    failures: Type.Array(FailureEntry),
    waivers: Type.Array(
      Type.Object(
        {
          ...Waiver.properties,
          /** Its last day is over at the end of the period. */
          expired: Type.Boolean(),
          /** In how many runs of the period it covered something. */
          runs: Type.Integer(),
        },
        { additionalProperties: false },
      ),
    ),
    attestations: Type.Array(AttestationResult),
    standards: Type.Array(StandardTable),
  },
  { additionalProperties: false },
);
export type EvidenceSummary = Static<typeof EvidenceSummary>;
