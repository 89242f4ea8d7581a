import { Type, type Static, type TProperties } from 'typebox';
import { SEVERITIES } from './check.ts';
import { DriftChange } from './drift.ts';

export const EVENT_VERSION = 1;

/** More changes than these are counted in `omitted`: receivers refuse large bodies. */
export const MAX_EVENT_CHANGES = 25;

const EventEngine = Type.Object(
  {
    /** Where it is asked, e.g. `unix:///var/run/docker.sock`. */
    endpoint: Type.String({ maxLength: 300 }),
    /** Absent where it did not answer. */
    product: Type.Optional(Type.String({ maxLength: 300 })),
    version: Type.Optional(Type.String({ maxLength: 300 })),
  },
  { additionalProperties: false },
);
export type EventEngine = Static<typeof EventEngine>;

function event<const T extends string, D extends TProperties>(type: T, data: D) {
  return Type.Object(
    {
      eventVersion: Type.Literal(EVENT_VERSION),
      /** The same however often it is sent: who has seen it may ignore it. */
      id: Type.String({ pattern: '^evt_[0-9a-f]{32}$' }),
      type: Type.Literal(type),
      /** When it happened, ISO 8601 in UTC. */
      timestamp: Type.String(),
      /** The same for the same news: what an incident is found by. SHA-256 in hex, first 32 digits. */
      key: Type.String({ pattern: '^[0-9a-f]{32}$' }),
      data: Type.Object(
        {
          /** The whole of it in one sentence, for a person. */
          text: Type.String({ maxLength: 600 }),
          severity: Type.Enum(SEVERITIES),
          engine: EventEngine,
          ...data,
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  );
}

/** Something differs between two runs. Its severity is the most severe of what opened, or could not be compared. */
export const DriftEvent = event('drift', {
  /** Session of the earlier and of the later run. */
  before: Type.String({ maxLength: 300 }),
  after: Type.String({ maxLength: 300 }),
  counts: Type.Object(
    {
      opened: Type.Integer({ minimum: 0 }),
      closed: Type.Integer({ minimum: 0 }),
      incomparable: Type.Integer({ minimum: 0 }),
      /** Servers that came and went, and what they are made of. */
      circumstances: Type.Integer({ minimum: 0 }),
    },
    { additionalProperties: false },
  ),
  /** What opened first, the worst first. */
  changes: Type.Array(DriftChange, { minItems: 1, maxItems: MAX_EVENT_CHANGES }),
  /** Number of changes that are left out. */
  omitted: Type.Integer({ minimum: 0 }),
});
export type DriftEvent = Static<typeof DriftEvent>;

/** A run ended without a result: nobody is looking. */
export const RunFailedEvent = event('run-failed', {
  /** E.g. `engine-unreachable`. */
  code: Type.String({ maxLength: 64 }),
});
export type RunFailedEvent = Static<typeof RunFailedEvent>;

/** A run has a result again, after `run-failed`. */
export const RecoveredEvent = event('recovered', {
  session: Type.String({ maxLength: 300 }),
});
export type RecoveredEvent = Static<typeof RecoveredEvent>;

/** What webhooks and commands are told: the payload structure of Standard Webhooks (`type`, `timestamp`, `data`). */
export const EventSchema = Type.Union([DriftEvent, RunFailedEvent, RecoveredEvent]);
export type Event = Static<typeof EventSchema>;
