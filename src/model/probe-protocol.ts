import { Type, type Static } from 'typebox';
import { Attempt, AttemptSpec, HostileText } from './attempt.ts';
import { FilesystemFacts, NamespaceFacts, ProcessFacts } from './observation.ts';

/**
 * What is said between the command line and a probe container: one JSON object a line.
 * Orders go to its stdin, messages come from its stdout; end of input ends the probe.
 */
export const PROBE_PROTOCOL_VERSION = 1;

/** First order. The probe opens the canaries that are asked for and answers `ready`. */
export const HelloOrder = Type.Object(
  {
    type: Type.Literal('hello'),
    version: Type.Literal(PROBE_PROTOCOL_VERSION),
    /** What a canary answers to whoever connects. */
    nonce: Type.String({ maxLength: 128 }),
    canaries: Type.Object({ wildcard: Type.Boolean(), loopback: Type.Boolean() }, { additionalProperties: false }),
    /** Names to resolve for `NamespaceFacts.aliases`. */
    aliases: Type.Array(Type.String({ maxLength: 253 }), { maxItems: 32 }),
  },
  { additionalProperties: false },
);
export type HelloOrder = Static<typeof HelloOrder>;

/** Make all these attempts at once. Each is answered by `attempt`, the burst by `settled`, the whole by `done`. */
export const AttemptOrder = Type.Object(
  { type: Type.Literal('attempt'), timeoutMs: Type.Integer({ minimum: 1 }), specs: Type.Array(AttemptSpec) },
  { additionalProperties: false },
);
export type AttemptOrder = Static<typeof AttemptOrder>;

/** Look at the process and the files of PID 1. Answered by `identity`. */
export const InspectOrder = Type.Object(
  {
    type: Type.Literal('inspect'),
    /** Paths inside the target to try for reading and writing. */
    paths: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 512 }),
    /** Paths inside the target that may be engine sockets. */
    sockets: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 64 }),
  },
  { additionalProperties: false },
);
export type InspectOrder = Static<typeof InspectOrder>;

export type ProbeOrder = HelloOrder | AttemptOrder | InspectOrder;

export const Canary = Type.Object(
  {
    scope: Type.Union([Type.Literal('wildcard'), Type.Literal('loopback')]),
    family: Type.Union([Type.Literal(4), Type.Literal(6)]),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
  },
  { additionalProperties: false },
);
export type Canary = Static<typeof Canary>;

export const ReadyMessage = Type.Object(
  { type: Type.Literal('ready'), namespace: NamespaceFacts, canaries: Type.Array(Canary, { maxItems: 8 }) },
  { additionalProperties: false },
);
export const AttemptMessage = Type.Object({ type: Type.Literal('attempt'), attempt: Attempt }, { additionalProperties: false });
/** All attempts are under way, and the probe waits: another one may have the processor now. */
export const SettledMessage = Type.Object({ type: Type.Literal('settled') }, { additionalProperties: false });
export const DoneMessage = Type.Object(
  {
    type: Type.Literal('done'),
    /** Longest time in which the probe did not get to run, milliseconds. */
    stallMs: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export const IdentityMessage = Type.Object(
  {
    type: Type.Literal('identity'),
    process: ProcessFacts,
    /** Absent when /proc/1/root was closed to the twin; `closed` says why. */
    filesystem: Type.Optional(FilesystemFacts),
    closed: Type.Optional(HostileText),
  },
  { additionalProperties: false },
);
export const FailureMessage = Type.Object(
  { type: Type.Literal('failure'), message: HostileText },
  { additionalProperties: false },
);
export const ProbeMessage = Type.Union([
  ReadyMessage,
  AttemptMessage,
  SettledMessage,
  DoneMessage,
  IdentityMessage,
  FailureMessage,
]);
export type ProbeMessage = Static<typeof ProbeMessage>;
