import type { Waiver } from '../model/waiver.ts';

/** What each opt-out makes fail, by its name in the label; `cap-add` stands for every capability. */
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  'root-user': ['HARD-005'],
  'writable-root': ['HARD-006'],
  'mount-sensitive': ['FS-004', 'FS-005'],
  'cap-add': ['HARD-002'],
};
/** Long enough that the report does not call it ending. Days. */
const DAYS = 365;
const DAY_MS = 86_400_000;

/**
 * Waivers for what the person who started a server asked for: it is shown as a failure that somebody accepts, and does
 * not stop the server. For the command that was given these flags alone: an audit of later reads no label for leave, for
 * anybody who makes a container can write one.
 * @param optOuts value of the label, as the plan has it
 * @param target name of the server
 */
export function optOutWaivers(optOuts: string | undefined, target: string, now: Date): readonly Waiver[] {
  const expires = new Date(now.getTime() + DAYS * DAY_MS).toISOString().slice(0, 10);
  const names = [...new Set((optOuts ?? '').split(',').map((name) => name.split('=')[0] ?? ''))];
  return names.flatMap((name) =>
    (Object.hasOwn(CHECKS, name) ? (CHECKS[name] ?? []) : []).map((id) => ({
      id,
      target,
      subject: '*',
      reason: `asked for at the start (${name})`,
      owner: 'whoever started it',
      expires,
    })),
  );
}
