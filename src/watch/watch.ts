import { messageOf } from '../errors.ts';
import type { EngineEvent } from '../runtime/events.ts';
import { Pending } from './pending.ts';
import { nextRun, type Schedule } from './schedule.ts';
import { all, touchedBy, type Request } from './touched.ts';
import { sleep } from './sleep.ts';

/** What a watch does and needs from outside. */
export interface WatchParts {
  readonly schedule?: { readonly when: Schedule; readonly jitterMs: number };
  /**
   * Follows the engine's events until it goes away or the signal is given. Absent: events cause no scan.
   * @throws when no engine answers
   */
  readonly follow?: (following: {
    /** Seconds since the epoch. */
    readonly since: string;
    readonly on: (event: EngineEvent) => void;
    readonly listening: () => void;
  }) => Promise<void>;
  /** One scan with all that follows from it. Never runs twice at once. */
  readonly scan: (request: Request) => Promise<void>;
  /** Told of a scan that failed, and of an engine that does not answer; the watch goes on. */
  readonly failed: (what: string) => void;
  readonly signal: AbortSignal;
}

/** Between attempts to reach an engine, and to repeat a scan that failed: milliseconds, doubled each time. */
const RETRY_MS = 1000;
const SLOWEST_RETRY_MS = 60_000;

/**
 * Scans at once, then by schedule and whenever an event touches a server, until the signal is given. A failed scan is
 * repeated, of everything; what happened while the engine was away is looked at when it is back.
 */
export async function watch(parts: WatchParts): Promise<void> {
  const pending = new Pending();
  pending.ask(all('start', 'start'));
  await Promise.all([scanning(parts, pending), bySchedule(parts, pending), byEvents(parts, pending)]);
}

async function scanning({ scan, failed, signal }: WatchParts, pending: Pending): Promise<void> {
  let failures = 0;
  for (;;) {
    const request = await pending.next(signal);
    if (request === undefined) return;
    try {
      await scan(request);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failed(messageOf(error));
      // Not waited for: an event that comes meanwhile is looked at at once.
      void sleep(Date.now() + backoff(failures), signal).then(() => pending.ask(all('the scan before failed', request.trigger)));
      failures += 1;
    }
  }
}

async function bySchedule({ schedule, signal }: WatchParts, pending: Pending): Promise<void> {
  if (schedule === undefined) return;
  const { when, jitterMs } = schedule;
  while (!signal.aborted) {
    await sleep(nextRun(when, Date.now(), jitterMs), signal);
    if (!signal.aborted) pending.ask(all(`schedule ${when.text}`, 'schedule'));
  }
}

async function byEvents({ follow, failed, signal }: WatchParts, pending: Pending): Promise<void> {
  if (follow === undefined) return;
  let since = String(Date.now() / 1000);
  let failures = 0;
  let away = false;
  while (!signal.aborted) {
    try {
      await follow({
        since,
        listening: () => {
          failures = 0;
          // Its firewall rules are written again, and its clock may be another.
          if (away) pending.ask(all('the engine was away'));
        },
        on: (event) => {
          since = event.time;
          const request = touchedBy(event);
          if (request !== undefined) pending.ask(request);
        },
      });
      if (!signal.aborted) failed('The engine went away.');
    } catch (error) {
      if (!signal.aborted && failures === 0) failed(messageOf(error));
    }
    away = true;
    await sleep(Date.now() + backoff(failures), signal);
    failures += 1;
  }
}

function backoff(failures: number): number {
  return Math.min(RETRY_MS * 2 ** failures, SLOWEST_RETRY_MS);
}
