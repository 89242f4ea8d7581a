import { Type, type Static } from 'typebox';
import { EngineFacts, GatherOptions } from './bundle.ts';

export const COMPARISON_VERSION = 1;

/**
 * How a platform was asked to run the image: as it does when nothing is said, with a permission profile, or closed
 * as far as it goes.
 */
export const Way = Type.Enum(['defaults', 'profile', 'isolated']);
export type Way = Static<typeof Way>;

/** What the declaration of a run says about a row. `nothing`: neither way, or there is no declaration. */
export const Expected = Type.Enum(['open', 'closed', 'nothing']);
export type Expected = Static<typeof Expected>;

/** `held`: blocked, shown by a control. `absent`: there was nothing to reach. `unknown`: could not look. */
export const Observed = Type.Enum(['reached', 'held', 'absent', 'unknown']);
export type Observed = Static<typeof Observed>;

export const RowVerdict = Type.Enum([
  /** The run is held where the one that it is compared with reaches, or the other way round, and both as declared. */
  'differs-as-declared',
  /** As declared, and the run that it is compared with does the same. */
  'as-declared',
  /** Declared closed, and reached just as without the declaration. */
  'does-not-differ',
  /** Declared closed and reached, although the run that it is compared with does not reach it. */
  'more-open',
  /** Declared open, and held. */
  'over-blocked',
  'undecided',
]);
export type RowVerdict = Static<typeof RowVerdict>;

export const ComparisonCell = Type.Object(
  {
    /** Id of the run. */
    run: Type.String(),
    expected: Expected,
    observed: Observed,
    /** Absent for a run without a declaration: it is what others are compared with. */
    verdict: Type.Optional(RowVerdict),
    /** The sentence of the finding that decided. */
    detail: Type.String(),
  },
  { additionalProperties: false },
);
export type ComparisonCell = Static<typeof ComparisonCell>;

export const ComparisonRow = Type.Object(
  {
    area: Type.Enum(['NET', 'HOST', 'PIVOT']),
    /** What was tried, e.g. `canary.test:443` or `a listener on the host`. */
    subject: Type.String(),
    /** Ids of the checks that decided. */
    checks: Type.Array(Type.String()),
    cells: Type.Array(ComparisonCell),
  },
  { additionalProperties: false },
);
export type ComparisonRow = Static<typeof ComparisonRow>;

/** How the container is set up, laid side by side; says nothing about what holds. */
export const ComparisonSetting = Type.Object(
  {
    name: Type.String(),
    values: Type.Array(Type.Object({ run: Type.String(), value: Type.String() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);
export type ComparisonSetting = Static<typeof ComparisonSetting>;

export const ComparisonRun = Type.Object(
  {
    id: Type.String(),
    way: Way,
    /** Name or file of the profile; absent where the platform's defaults ran. */
    profile: Type.Optional(Type.String()),
    /** What the profile allows outwards, in one line. */
    egress: Type.Optional(Type.String()),
    /** What was done, as a person would type it. */
    command: Type.Optional(Type.String()),
    container: Type.Optional(Type.String()),
    notes: Type.Array(Type.String()),
    /** Why there is nothing to compare. */
    failure: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type ComparisonRun = Static<typeof ComparisonRun>;

/**
 * `enforced`: everything declared was decided and holds. `partial`: some of it holds. `cosmetic`: the declared run
 * reaches what the other does. `unknown`: not decided.
 */
export const ComparisonVerdict = Type.Enum(['enforced', 'partial', 'cosmetic', 'unknown']);
export type ComparisonVerdict = Static<typeof ComparisonVerdict>;

export const PlatformComparison = Type.Object(
  {
    platform: Type.String(),
    version: Type.Optional(Type.String()),
    /** Why the platform could not be used, and what to do. */
    missing: Type.Optional(Type.Object({ why: Type.String(), hint: Type.String() }, { additionalProperties: false })),
    runs: Type.Array(ComparisonRun),
    rows: Type.Array(ComparisonRow),
    settings: Type.Array(ComparisonSetting),
    verdict: ComparisonVerdict,
    /** The rows that decided, as sentences. */
    reasons: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type PlatformComparison = Static<typeof PlatformComparison>;

/** What `bulkhead compare --format json` writes. */
export const ComparisonSchema = Type.Object(
  {
    schemaVersion: Type.Literal(COMPARISON_VERSION),
    tool: Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false }),
    session: Type.String(),
    startedAt: Type.String(),
    finishedAt: Type.String(),
    interrupted: Type.Boolean(),
    engine: EngineFacts,
    options: GatherOptions,
    image: Type.String(),
    platforms: Type.Array(PlatformComparison),
    notes: Type.Array(Type.String()),
    exit: Type.Object({ code: Type.Integer(), reason: Type.String() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
export type Comparison = Static<typeof ComparisonSchema>;
