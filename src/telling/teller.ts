import { messageOf } from '../errors.ts';
import { SEVERITIES } from '../model/check.ts';
import type { Event } from '../model/event.ts';
import { escapeText } from '../model/text.ts';
import { topicOf } from './event.ts';
import type { Receiver } from './receiver.ts';
import type { TellingState } from './state.ts';

/** Events that wait for one receiver; the oldest go first. */
const MAX_WAITING = 100;

/** What became of events, for one receiver. `repeated`: it was told the same last. `dropped`: too many waited, or it is gone. */
export interface DeliveryCounts {
  delivered: number;
  failed: number;
  dropped: number;
  repeated: number;
}

export interface Teller {
  /** Returns at once and never throws, whatever the receivers do. */
  tell(event: Event): void;
  /** Between two runs nothing changed: drift that was told is over, and the same again would be news. */
  unchanged(endpoint: string): void;
  /** Until everything that waits is told, or given up. */
  settled(): Promise<void>;
  /** Gives up what waits and what is under way. */
  close(): Promise<void>;
  /** By name of the receiver. */
  counts(): ReadonlyMap<string, Readonly<DeliveryCounts>>;
}

/** @param log takes a line for people, safe to print */
export function startTeller(receivers: readonly Receiver[], state: TellingState, log: (line: string) => void): Teller {
  const closing = new AbortController();
  const lanes = receivers.map((receiver) => startLane(receiver, state, log, closing.signal));
  const settled = async () => {
    await Promise.all(lanes.map(({ settled }) => settled()));
  };
  return {
    tell: (event) => lanes.forEach((lane) => lane.add({ event })),
    unchanged: (endpoint) => lanes.forEach((lane) => lane.add({ over: endpoint })),
    settled,
    close() {
      closing.abort();
      return settled();
    },
    counts: () => new Map(lanes.map(({ name, counts }) => [name, counts])),
  };
}

type Item = { readonly event: Event } | { readonly over: string };

/** Each receiver has its own queue and hears one event after the other: a slow one keeps no other waiting. */
function startLane(receiver: Receiver, state: TellingState, log: (line: string) => void, signal: AbortSignal) {
  const { name } = receiver;
  const counts: DeliveryCounts = { delivered: 0, failed: 0, dropped: 0, repeated: 0 };
  const waiting: Item[] = [];
  let tail = Promise.resolve();
  let gone = false;

  const remember = (slot: string, key: string | undefined) =>
    state.put(slot, key).catch((error: unknown) => log(`what ${name} was told is not kept: ${safe(error)}`));

  const isKnown = async (slot: string, event: Event) => {
    try {
      const last = await state.get(slot);
      // Nobody has recovered who was not told of a failure.
      return event.type === 'recovered' ? last === undefined : last === event.key;
    } catch (error) {
      // To be told twice is better than never.
      log(`what ${name} was told is not known: ${safe(error)}`);
      return false;
    }
  };

  const tell = async (event: Event) => {
    const slot = slotOf(name, topicOf(event), event.data.engine.endpoint);
    if (await isKnown(slot, event)) {
      counts.repeated += 1;
      return;
    }
    const outcome = await receiver.deliver(event, signal);
    if (outcome.state === 'delivered') {
      counts.delivered += 1;
      log(`${name} was told: ${event.type}, ${event.data.severity}`);
      await remember(slot, event.type === 'recovered' ? undefined : event.key);
      return;
    }
    counts.failed += 1;
    log(`${name} was not told of ${event.type}: it ${outcome.why}`);
    if (outcome.state !== 'gone') return;
    gone = true;
    log(`${name} is told no more until bulkhead is started again`);
  };

  const work = async () => {
    const item = waiting.shift();
    if (item === undefined) return;
    if ('over' in item) await remember(slotOf(name, 'drift', item.over), undefined);
    else if (gone || signal.aborted) counts.dropped += 1;
    else await tell(item.event);
  };

  return {
    name,
    counts,
    add(item: Item) {
      const newest = waiting.at(-1);
      if ('event' in item ? isBelow(item.event, receiver) : newest !== undefined && isSame(item, newest)) return;
      waiting.push(item);
      tail = tail.then(work);
      if (waiting.filter((each) => 'event' in each).length <= MAX_WAITING) return;
      const before = waiting.splice(0, waiting.findIndex((each) => 'event' in each) + 1);
      // What is over is not forgotten with it, but once is enough.
      const over = new Set(before.flatMap((each) => ('over' in each ? [each.over] : [])));
      waiting.unshift(...[...over].map((endpoint) => ({ over: endpoint })));
      counts.dropped += 1;
      log(`${name} is too slow: the oldest event that waited for it is dropped`);
    },
    settled: () => tail,
  };
}

function isSame(item: Item, other: Item): boolean {
  return 'over' in item && 'over' in other && item.over === other.over;
}

/** Where it is kept what a receiver was told last of an engine. */
function slotOf(name: string, topic: 'drift' | 'run', endpoint: string): string {
  return `${name} ${topic} ${escapeText(endpoint)}`;
}

function isBelow(event: Event, { minSeverity }: Receiver): boolean {
  return event.type === 'drift' && SEVERITIES.indexOf(event.data.severity) < SEVERITIES.indexOf(minSeverity);
}

function safe(error: unknown): string {
  return escapeText(messageOf(error), 300);
}
