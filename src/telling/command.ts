import path from 'node:path';
import type { CommandOptions } from '../model/telling.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { reasonOf, runTool } from '../runtime/tool.ts';
import { receiverName, type Receiver } from './receiver.ts';

const TIMEOUT_SECONDS = 30;

/** What a program needs to be found and to speak a language; anything else has to be named. */
const USUAL = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SYSTEMROOT', 'PATHEXT', 'TEMP', 'USERPROFILE'];

/**
 * Runs a program for each event, which it gets as JSON on its standard input. It is run once: whether it did half of
 * its work nobody knows.
 * @param environment for instance `process.env`: it gets the usual variables of it, those that are named, and
 * BULKHEAD_EVENT_TYPE, BULKHEAD_EVENT_ID and BULKHEAD_EVENT_SEVERITY
 * @throws BulkheadError `config-invalid` for a variable that is named and not set
 */
export function commandReceiver(
  { argv, env: named = [], timeoutSeconds = TIMEOUT_SECONDS, minSeverity = 'info' }: CommandOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Receiver {
  const [program = '', ...args] = argv;
  const name = receiverName(escapeText(path.basename(program), 60), JSON.stringify(argv));
  const missing = named.find((variable) => environment[variable] === undefined);
  if (missing !== undefined) {
    throw new BulkheadError('config-invalid', `The command ${name} is to get the variable ${missing}, which is not set.`, {
      hint: 'Set and export it, or leave it out of env.',
    });
  }
  const kept = Object.fromEntries(
    [...USUAL, ...named].flatMap((variable) => {
      const value = environment[variable];
      return value === undefined ? [] : [[variable, value] as const];
    }),
  );
  return {
    name,
    minSeverity,
    async deliver(event, signal) {
      const { id, type, data } = event;
      const env = { ...kept, BULKHEAD_EVENT_TYPE: type, BULKHEAD_EVENT_ID: id, BULKHEAD_EVENT_SEVERITY: data.severity };
      try {
        const outcome = await runTool({
          program,
          args,
          env,
          input: `${JSON.stringify(event)}\n`,
          timeoutMs: timeoutSeconds * 1000,
          signal,
        });
        if (outcome.state === 'ended' && outcome.code === 0) return { state: 'delivered' };
        return { state: 'failed', why: reasonOf(outcome).replace(/\.$/, '') };
      } catch (error) {
        return { state: 'failed', why: `was ended: ${messageOf(error)}`.replace(/\.$/, '') };
      }
    },
  };
}
