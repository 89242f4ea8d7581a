import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { ProbeMessage } from '../model/probe-protocol.ts';
import { escapeText } from '../model/text.ts';

let validate: ValidateFunction<ProbeMessage> | undefined;

/**
 * Reads one line of a probe. The line is hostile: it may come from a process that took the probe's place.
 * @throws Error that says which rule the line breaks
 */
export function parseProbeMessage(line: string): ProbeMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`not JSON: ${escapeText(line, 80)}`);
  }
  validate ??= new Ajv2020({ strict: true, discriminator: false }).compile<ProbeMessage>(ProbeMessage);
  if (validate(value)) return value;
  const problem = validate.errors?.at(-1);
  throw new Error(`${escapeText(problem?.instancePath ?? '', 80)} ${problem?.message ?? 'is not a message of the probe'}`);
}
