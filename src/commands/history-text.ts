import type { HistoryRun } from '../model/history.ts';
import { escapeText } from '../model/text.ts';
import { tableText } from './table.ts';

/** Names of servers that a line shows; the rest is counted. */
const NAMES = 3;

/** The list for people, newest first; times in UTC. */
export function runTable(runs: readonly HistoryRun[]): string {
  if (runs.length === 0) return 'No such run is recorded. `bulkhead audit --record` records one.\n';
  return tableText([
    ['RUN', 'STARTED (UTC)', 'SESSION', 'FAILED', 'UNDECIDED', 'WAIVED', 'EXIT', 'TRIGGER', 'SERVERS'],
    ...runs.map(({ id, startedAt, session, counts, exit, interrupted, trigger, targets }) => [
      String(id),
      startedAt.slice(0, 16).replace('T', ' '),
      escapeText(session, 12),
      String(counts.fail),
      String(counts.inconclusive + counts.error),
      String(counts.waived),
      `${exit.code}${interrupted ? ' interrupted' : ''}`,
      trigger.text === '' ? trigger.kind : `${trigger.kind}: ${escapeText(trigger.text, 40)}`,
      serversText(targets),
    ]),
  ]);
}

function serversText(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, NAMES).map((name) => escapeText(name, 40));
  return [...shown, ...(names.length > NAMES ? [`and ${names.length - NAMES} more`] : [])].join(', ');
}
