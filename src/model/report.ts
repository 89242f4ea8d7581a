import { Type, type Static } from 'typebox';
import { BaselineComparison } from './baseline.ts';
import { EngineFacts, GatherOptions, type TargetObservations } from './bundle.ts';
import { AREAS, SEVERITIES } from './check.ts';
import { Expected, Observed } from './comparison.ts';
import { Compose } from './target.ts';
import { AttestationResult, WaiverResult } from './waiver.ts';

export const REPORT_VERSION = 1;

export const Severity = Type.Enum(SEVERITIES);
export const Area = Type.Enum(AREAS);
export const Status = Type.Enum(['pass', 'fail', 'inconclusive', 'not-applicable', 'error']);
/** `enforced`: all decided, none failed. `cosmetic`: nothing that was tried was held back. `unknown`: not decided. */
export const AreaVerdict = Type.Enum(['enforced', 'partial', 'cosmetic', 'unknown', 'not-applicable']);
export type AreaVerdict = Static<typeof AreaVerdict>;

export const Finding = Type.Object(
  {
    check: Type.String(),
    slug: Type.String(),
    area: Area,
    /** Statement of fact that fits the status. */
    title: Type.String(),
    status: Status,
    severity: Severity,
    /** Name of the target. */
    target: Type.String(),
    targetId: Type.String(),
    subject: Type.String(),
    message: Type.String(),
    expected: Type.Optional(Type.String()),
    actual: Type.Optional(Type.String()),
    evidence: Type.Array(Type.String()),
    remediation: Type.String(),
    reproduce: Type.Optional(Type.String()),
    /** SHA-256 over check, target name and subject, hex, first 32 digits: stable across runs. */
    fingerprint: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    waived: Type.Optional(
      Type.Object(
        {
          reason: Type.String(),
          /** The last day, `YYYY-MM-DD` in UTC. */
          expires: Type.Optional(Type.String()),
          owner: Type.Optional(Type.String()),
          ticket: Type.Optional(Type.String()),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type Finding = Static<typeof Finding>;

export const Counts = Type.Object(
  {
    pass: Type.Integer(),
    fail: Type.Integer(),
    inconclusive: Type.Integer(),
    'not-applicable': Type.Integer(),
    error: Type.Integer(),
    waived: Type.Integer(),
  },
  { additionalProperties: false },
);
export type Counts = Static<typeof Counts>;

/** How much of what applies was decided, waived or not. */
export const Coverage = Type.Object(
  {
    /** Findings that passed or failed. */
    decided: Type.Integer({ minimum: 0 }),
    /** All but those that do not apply. */
    applicable: Type.Integer({ minimum: 0 }),
    /** Rounded down to a tenth; absent where nothing applies. */
    percent: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
  },
  { additionalProperties: false },
);
export type Coverage = Static<typeof Coverage>;

export const AreaResult = Type.Object(
  { target: Type.String(), targetId: Type.String(), area: Area, verdict: AreaVerdict, counts: Counts },
  { additionalProperties: false },
);
export type AreaResult = Static<typeof AreaResult>;

export const ReportTarget = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    image: Type.String(),
    /** Digest of the image that it was made from: the same reference may mean another one tomorrow. */
    imageId: Type.Optional(Type.String()),
    platform: Type.String(),
    transport: Type.String(),
    state: Type.String(),
    discoveredBy: Type.String(),
    compose: Type.Optional(Compose),
    declaration: Type.Object(
      {
        source: Type.String(),
        location: Type.String(),
        /** What the profile allows outwards, in one line. */
        egress: Type.String(),
        profile: Type.Unknown(),
        remarks: Type.Array(
          Type.Object({ code: Type.String(), path: Type.String(), message: Type.String() }, { additionalProperties: false }),
        ),
      },
      { additionalProperties: false },
    ),
    networks: Type.Array(Type.Object({ name: Type.String(), internal: Type.Boolean() }, { additionalProperties: false })),
    /** What it declared and what it can really do: a few sentences for a person. */
    story: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type ReportTarget = Static<typeof ReportTarget>;

/**
 * What a place of the matrix says: the difference between what is declared and what was observed.
 * `as-declared-open`: reached, and declared. `held`: not reached although a control was, and not declared.
 * `violation`: reached, and not declared. `over-blocked`: declared, and not reached although a control was.
 * `not-there`: there is nothing to dial. `unknown`: nobody could look, or not at all of it.
 */
export const MatrixValue = Type.Enum(['as-declared-open', 'held', 'violation', 'over-blocked', 'not-there', 'unknown']);
export type MatrixValue = Static<typeof MatrixValue>;

/** What a column of the matrix stands for. */
export const DestinationKind = Type.Enum([
  'target',
  /** The machine beside the engine: its addresses, its loopback, its services. */
  'host',
  /** Destinations outside that the profile allows. */
  'declared',
  /** Destinations outside that it does not allow, and undeclared ports of those that it does. */
  'undeclared',
  /** Names that the resolver carries out. */
  'dns',
  'metadata',
  'management',
]);
export type DestinationKind = Static<typeof DestinationKind>;

export const MatrixDestination = Type.Object(
  {
    /** The id of a target, else the kind. */
    id: Type.String(),
    kind: DestinationKind,
    name: Type.String(),
  },
  { additionalProperties: false },
);
export type MatrixDestination = Static<typeof MatrixDestination>;

const CellFindings = Type.Array(
  Type.Object({ check: Type.String(), fingerprint: Type.String() }, { additionalProperties: false }),
  { maxItems: 16 },
);

export const MatrixCell = Type.Object(
  {
    destinationId: Type.String(),
    /** `nothing`: there is nothing that could be open or closed. */
    expected: Expected,
    observed: Observed,
    value: MatrixValue,
    /** Of a target that was reached: whether an MCP session opened, or no more than a connection. */
    session: Type.Optional(Type.Boolean()),
    /** Number of attempts at this destination. */
    attempts: Type.Integer({ minimum: 0 }),
    /** The endpoints that decided, or that are open where it is unknown; cut short. */
    endpoints: Type.Array(Type.String(), { maxItems: 8 }),
    /** The findings that speak of it, those that decided first; cut short. */
    findings: CellFindings,
  },
  { additionalProperties: false },
);
export type MatrixCell = Static<typeof MatrixCell>;

/**
 * The targets that a row does not list: nobody tried to reach them, and no finding names them. By its type this is never
 * more than `unknown`: what is not listed is not held.
 */
export const MatrixOthers = Type.Object(
  {
    /** How many they are. */
    targets: Type.Integer({ minimum: 1 }),
    expected: Type.Literal('closed'),
    observed: Type.Literal('unknown'),
    value: Type.Literal('unknown'),
    /** The findings that say why nobody looked; cut short. */
    findings: CellFindings,
  },
  { additionalProperties: false },
);
export type MatrixOthers = Static<typeof MatrixOthers>;

/**
 * What one target reaches. Listed is every place, and of the other targets each that was tried or that a finding names: a
 * row grows with what was seen, not with the number of targets.
 */
export const MatrixRow = Type.Object(
  {
    target: Type.String(),
    targetId: Type.String(),
    /** In the order of the destinations; none for the target itself. */
    cells: Type.Array(MatrixCell),
    /** Of all other targets that have no cell; absent where each has one. */
    others: Type.Optional(MatrixOthers),
  },
  { additionalProperties: false },
);
export type MatrixRow = Static<typeof MatrixRow>;

/** Who reaches what: a row for each target, a column for each destination. */
export const ReachMatrix = Type.Object(
  {
    destinations: Type.Array(MatrixDestination),
    rows: Type.Array(MatrixRow),
  },
  { additionalProperties: false },
);
export type ReachMatrix = Static<typeof ReachMatrix>;

/** What a check is, for programs that have no list of them; see `CheckMeta`. */
export const ReportCheck = Type.Object(
  {
    id: Type.String(),
    slug: Type.String(),
    area: Area,
    severity: Severity,
    title: Type.String(),
    failureTitle: Type.String(),
    /** Markdown, one paragraph. */
    description: Type.String(),
    /** Markdown, imperative. */
    remediation: Type.String(),
    references: Type.Array(
      Type.Object({ source: Type.String(), ids: Type.Array(Type.String()) }, { additionalProperties: false }),
    ),
    framework: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type ReportCheck = Static<typeof ReportCheck>;

/** The JSON report: the contract with other programs. */
export const ReportSchema = Type.Object(
  {
    schemaVersion: Type.Literal(REPORT_VERSION),
    tool: Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false }),
    session: Type.String(),
    startedAt: Type.String(),
    finishedAt: Type.String(),
    interrupted: Type.Boolean(),
    engine: EngineFacts,
    options: GatherOptions,
    targets: Type.Array(ReportTarget),
    /** By target id, then by kind: the outcomes that were judged (schema: the bundle's `observations`). */
    observations: Type.Array(
      Type.Object(
        { target: Type.String(), outcomes: Type.Record(Type.String(), Type.Unknown()) },
        { additionalProperties: false },
      ),
    ),
    /** The checks that were asked, in the order of the catalogue. */
    checks: Type.Array(ReportCheck),
    findings: Type.Array(Finding),
    areas: Type.Array(AreaResult),
    matrix: ReachMatrix,
    summary: Type.Object(
      {
        targets: Type.Integer(),
        counts: Counts,
        coverage: Coverage,
        /** Highest severity among unwaived failures. */
        worst: Type.Optional(Severity),
      },
      { additionalProperties: false },
    ),
    /** What became of each waiver; absent where none was given. */
    waivers: Type.Optional(Type.Array(WaiverResult)),
    /** What has changed since an earlier run; absent without a baseline. */
    baseline: Type.Optional(BaselineComparison),
    /** What somebody vouches for; no check takes it for evidence. */
    attestations: Type.Optional(Type.Array(AttestationResult)),
    notes: Type.Array(Type.String()),
    exit: Type.Object({ code: Type.Integer(), reason: Type.String() }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
type ReportFields = Static<typeof ReportSchema>;
export interface Report extends Omit<ReportFields, 'observations'> {
  readonly observations: readonly { readonly target: string; readonly outcomes: TargetObservations['observations'] }[];
}
