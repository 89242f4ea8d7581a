import type Docker from 'dockerode';
import type { Readable } from 'node:stream';
import { LABEL } from '../model/labels.ts';
import { lineReader } from './lines.ts';

/** What an engine says has happened; Docker and Podman in one shape. */
export interface EngineEvent {
  readonly type: string;
  readonly action: string;
  /** Of what it happened to. */
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Seconds since the epoch with nine decimals, as the API takes it for `since`. */
  readonly time: string;
}

const MAX_LINE = 1 << 20;
const TYPES = ['container', 'network', 'daemon'];

export interface Following {
  /** Events after this time are told too: what happened while nobody listened. */
  readonly since: string;
  readonly signal: AbortSignal;
  readonly on: (event: EngineEvent) => void;
  /** Called when the engine took the order. */
  readonly listening: () => void;
}

/**
 * Follows an engine's events until it goes away or the signal is given; resolves then. What this program makes itself to
 * look from is left out: every scan would cause the next.
 * @throws whatever the API client throws when the engine does not take the order
 */
export async function followEvents(docker: Docker, { since, signal, on, listening }: Following): Promise<void> {
  const own = new OwnContainers();
  // The types know neither fractions of a second nor that a signal ends a stream.
  const order = { since, filters: { type: TYPES }, abortSignal: signal } as unknown as Docker.GetEventsOptions;
  const stream = (await docker.getEvents(order)) as Readable;
  listening();
  const read = lineReader(
    MAX_LINE,
    (line) => {
      const event = parseEvent(line);
      if (event !== undefined && !own.causes(event)) on(event);
    },
    () => undefined,
  );
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      stream.destroy();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    stream.on('data', read);
    for (const last of ['end', 'close', 'error']) stream.on(last, end);
    if (signal.aborted) end();
  });
}

interface RawEvent {
  readonly Type?: unknown;
  readonly Action?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: Readonly<Record<string, unknown>> | null } | null;
  readonly timeNano?: unknown;
  readonly time?: unknown;
}

/** `undefined` for what is none: an engine may say more than is understood here. */
export function parseEvent(line: string): EngineEvent | undefined {
  let raw: RawEvent | null;
  try {
    // Nanoseconds do not fit a number.
    raw = JSON.parse(line.replace(/"timeNano":\s*([0-9]{1,25})/, '"timeNano":"$1"')) as RawEvent | null;
  } catch {
    return undefined;
  }
  const id = raw?.Actor?.ID;
  if (typeof raw?.Type !== 'string' || typeof raw.Action !== 'string' || typeof id !== 'string') return undefined;
  const attributes = Object.entries(raw.Actor?.Attributes ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    type: raw.Type,
    action: ACTIONS[raw.Action] ?? raw.Action,
    id,
    attributes: Object.fromEntries(attributes),
    time: timeOf(raw),
  };
}

/** Podman's words for Docker's. */
const ACTIONS: Readonly<Record<string, string>> = { died: 'die' };

function timeOf({ time, timeNano }: RawEvent): string {
  if (typeof timeNano === 'string' && timeNano.length > 9) return `${timeNano.slice(0, -9)}.${timeNano.slice(-9)}`;
  return typeof time === 'number' ? String(time) : '0';
}

const OWN_ROLES = new Set(['probe', 'control', 'canary']);
/** How far ahead the end of what a scan makes can be, with clocks that differ a little. Milliseconds. */
const AHEAD_MS = 40 * 60_000;

/** Labels of an event may come from an image, which could hide its containers for ever: one that says when it ends cannot. */
function isOfScan(labels: Readonly<Record<string, string>>, now: number): boolean {
  const ahead = Number(labels[LABEL.expires]) - now;
  return OWN_ROLES.has(labels[LABEL.role] ?? '') && ahead > -AHEAD_MS && ahead < AHEAD_MS;
}

const CONTROL_NETWORK = /^bulkhead-control-[0-9a-f]{12}$/;
/** A container of a scan lives half an hour at most; more than this many at once are none. */
const REMEMBERED = 4096;

/** Networks say of a container no more than its id: those of our own are remembered from when they are made. */
class OwnContainers {
  readonly #ids = new Set<string>();

  causes({ type, id, attributes }: EngineEvent): boolean {
    if (type === 'container') {
      if (!isOfScan(attributes, Date.now())) return false;
      this.#remember(id);
      return true;
    }
    const container = attributes['container'] ?? (attributes['network'] === undefined ? '' : id);
    return (
      this.#ids.has(container) ||
      CONTROL_NETWORK.test(attributes['name'] ?? '') ||
      CONTROL_NETWORK.test(attributes['network'] ?? '')
    );
  }

  #remember(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED) for (const oldest of this.#ids.values()) return void this.#ids.delete(oldest);
  }
}
