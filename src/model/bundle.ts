import { Type, type Static } from 'typebox';
import { HostileText, ToolCall } from './attempt.ts';
import { DEFINITIONS, FACTS, outcomeSchema, type ObservationSet } from './observation.ts';
import { DeclarationSource, Target, type Declaration } from './target.ts';

export const BUNDLE_VERSION = 1;

export const EngineFacts = Type.Object(
  {
    /** `Docker Engine`, `Docker Desktop`, `Podman`. */
    product: HostileText,
    version: HostileText,
    apiVersion: HostileText,
    os: HostileText,
    architecture: HostileText,
    kernel: HostileText,
    rootless: Type.Boolean(),
    userNamespaces: Type.Boolean(),
    /** Where it was asked, e.g. `unix:///var/run/docker.sock`. */
    endpoint: HostileText,
  },
  { additionalProperties: false },
);
export type EngineFacts = Static<typeof EngineFacts>;

export const GatherOptions = Type.Object(
  {
    timeoutMs: Type.Integer({ minimum: 1 }),
    internet: Type.Array(HostileText, { maxItems: 256 }),
    management: Type.Array(HostileText, { maxItems: 256 }),
    /** Undeclared private destinations that the user named. */
    private: Type.Array(HostileText, { maxItems: 256 }),
    /** Undeclared neighbours of declared hosts that the user named. */
    neighbors: Type.Optional(Type.Array(HostileText, { maxItems: 256 })),
    /** Which tool of a peer may be called: the one that is named, one that is marked read-only, or none. */
    call: Type.Optional(ToolCall),
    /** Ids of the checks for which evidence was gathered. */
    checks: Type.Array(Type.String({ maxLength: 32 }), { maxItems: 512 }),
  },
  { additionalProperties: false },
);
export type GatherOptions = Static<typeof GatherOptions>;

/** By kind, what was seen of one target. */
const outcomes = Object.fromEntries(Object.entries(FACTS).map(([kind, facts]) => [kind, Type.Optional(outcomeSchema(facts))]));

/** What was observed of one target, for whoever holds nothing else of a bundle. */
export const OutcomesSchema = Type.Object(outcomes, { additionalProperties: false, $defs: DEFINITIONS });

/** The file between gathering and judging; see `ObservationBundle` for its type. */
export const BundleSchema = Type.Object(
  {
    schemaVersion: Type.Literal(BUNDLE_VERSION),
    tool: Type.Object({ name: HostileText, version: HostileText }, { additionalProperties: false }),
    session: HostileText,
    startedAt: HostileText,
    finishedAt: HostileText,
    engine: EngineFacts,
    options: GatherOptions,
    targets: Type.Array(
      Type.Object(
        {
          target: Target,
          declaration: Type.Object(
            {
              /** Validated as a profile when it is loaded. */
              profile: Type.Unknown(),
              source: DeclarationSource,
              location: Type.String({ maxLength: 4096 }),
              remarks: Type.Array(
                Type.Object(
                  { code: HostileText, path: HostileText, message: Type.String({ maxLength: 4096 }) },
                  { additionalProperties: false },
                ),
                { maxItems: 256 },
              ),
            },
            { additionalProperties: false },
          ),
          observations: Type.Object(outcomes, { additionalProperties: false }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 4096 },
    ),
    /** Whatever went wrong or was cut short on the way, for people. */
    notes: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 1024 }),
    interrupted: Type.Boolean(),
    /** The engine stopped answering before the run was over, in words. */
    engineFailure: Type.Optional(Type.String({ maxLength: 4096 })),
  },
  { additionalProperties: false, $defs: DEFINITIONS },
);

export interface TargetObservations {
  readonly target: Target;
  readonly declaration: Declaration;
  readonly observations: ObservationSet;
}

export interface ObservationBundle {
  readonly schemaVersion: typeof BUNDLE_VERSION;
  readonly tool: { readonly name: string; readonly version: string };
  readonly session: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly engine: EngineFacts;
  readonly options: GatherOptions;
  readonly targets: readonly TargetObservations[];
  readonly notes: readonly string[];
  readonly interrupted: boolean;
  readonly engineFailure?: string;
}
