import { Type, type Static } from 'typebox';

/** One line of text: what people write into a waiver or an attestation. */
const line = (maxLength: number, example: string, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '\\S', examples: [example], description });

export const CheckId = Type.String({
  pattern: '^[A-Z]{2,8}-[0-9]{3}$',
  examples: ['NET-004'],
  description: 'Id of a check, exact; `bulkhead checks` lists them.',
});

/** A day of the calendar; that it exists is checked beside the schema. */
export const Day = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  examples: ['2027-01-31'],
  description: 'The last day on which it holds, in UTC.',
});

export const Owner = line(200, 'platform-team', 'Who answers for it.');
export const Reason = line(1000, 'the vendor fixes it in 3.2', 'Why it is accepted.');

/** A failure that somebody accepts until a day. It covers what was seen, not a check as a whole. */
export const Waiver = Type.Object(
  {
    id: CheckId,
    target: line(512, 'github', 'Name of a server, or a pattern: * is any text, ? any one character.'),
    subject: line(1024, '203.0.113.10:443*', 'Subject of the finding, or a pattern: * is any text, ? any one character.'),
    reason: Reason,
    owner: Owner,
    expires: Day,
    ticket: Type.Optional(line(200, 'OPS-311', 'Where it is tracked.')),
    inconclusive: Type.Optional(
      Type.Boolean({ examples: [true], description: 'Accept too that nobody could look. Errors are never covered.' }),
    ),
  },
  { additionalProperties: false },
);
export type Waiver = Static<typeof Waiver>;

/**
 * `applied`: it covers a finding. `unused`: it was asked, and there is nothing that it covers. `expired`: its last day
 * is over, it covers nothing. `not-asked`: its check or its server is no part of this run. `undecided`: its check could
 * not decide everything there, so what it is for may still be.
 */
export const WaiverState = Type.Enum(['applied', 'unused', 'expired', 'not-asked', 'undecided']);
export type WaiverState = Static<typeof WaiverState>;

/** What became of a waiver in a run. */
export const WaiverResult = Type.Object(
  {
    id: Type.String(),
    target: Type.String(),
    subject: Type.String(),
    reason: Type.String(),
    owner: Type.String(),
    expires: Type.String(),
    ticket: Type.Optional(Type.String()),
    inconclusive: Type.Optional(Type.Boolean()),
    state: WaiverState,
    /** Findings that it covers; of an expired one, those that it would. */
    findings: Type.Integer({ minimum: 0 }),
    /** Days from today to its last day, that day included as 0; negative = expired. */
    daysLeft: Type.Integer(),
  },
  { additionalProperties: false },
);
export type WaiverResult = Static<typeof WaiverResult>;

/** What somebody vouches for because no probe can see it. */
export const Attestation = Type.Object(
  {
    statement: line(1000, 'Images are pulled by digest from our own registry.', 'What is vouched for.'),
    owner: Owner,
    expires: Day,
    checks: Type.Array(CheckId, { minItems: 1, maxItems: 64, examples: [['HARD-001']], description: 'What it speaks of.' }),
  },
  { additionalProperties: false },
);
export type Attestation = Static<typeof Attestation>;

export const AttestationResult = Type.Object(
  {
    statement: Type.String(),
    owner: Type.String(),
    expires: Type.String(),
    checks: Type.Array(Type.String()),
    expired: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type AttestationResult = Static<typeof AttestationResult>;
