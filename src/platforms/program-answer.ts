import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type, type Static } from 'typebox';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** What a program prints when it has started a server: one line of JSON. */
const PROGRAM_ANSWER = Type.Object(
  {
    /** Id or name of the server's container. */
    container: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$' }),
    /** What was done, as a person would type it; without secrets. */
    command: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
    /** What is worth saying: of the profile, what it cannot do. */
    notes: Type.Optional(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 20 })),
  },
  { additionalProperties: false },
);
export type ProgramAnswer = Static<typeof PROGRAM_ANSWER>;

/**
 * Reads the answer, its texts made safe to print.
 * @throws BulkheadError `engine-failed` for anything but one line that is right
 */
export function readAnswer(output: string): ProgramAnswer {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  if (lines.length !== 1) throw refused(`${lines.length} lines`);
  const answer = parse(lines[0] ?? '');
  const validate = new Ajv2020().compile<ProgramAnswer>(PROGRAM_ANSWER);
  if (!validate(answer)) {
    const [error] = validate.errors ?? [];
    throw refused(`JSON that is no answer (${error?.instancePath === '' ? '' : `${error?.instancePath} `}${error?.message})`);
  }
  return {
    container: answer.container,
    ...(answer.command === undefined ? {} : { command: escapeText(answer.command, 2000) }),
    ...(answer.notes === undefined ? {} : { notes: answer.notes.map((note) => escapeText(note, 500)) }),
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw refused('something that is not JSON');
  }
}

function refused(what: string): BulkheadError {
  return new BulkheadError('engine-failed', `The platform's program printed ${escapeText(what, 200)} at its start.`, {
    hint: 'It prints one line, {"container": "ID"}; whatever else it has to say goes to its standard error.',
  });
}
