import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineEvent } from '../../../src/runtime/events.ts';
import { parseSchedule } from '../../../src/watch/schedule.ts';
import type { Request } from '../../../src/watch/touched.ts';
import { watch, type WatchParts } from '../../../src/watch/watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const start = (id: string): EngineEvent => ({ type: 'container', action: 'start', id, attributes: { name: id }, time: '7.5' });

/** A watch whose engine says what a test wants, and whose scans take a second. */
function watching(parts: Partial<WatchParts> = {}) {
  const end = new AbortController();
  const requests: Request[] = [];
  const failures: string[] = [];
  let running = 0;
  let most = 0;
  const engine: { say: (event: EngineEvent) => void; leave: () => void; since: string[] } = {
    say: () => undefined,
    leave: () => undefined,
    since: [],
  };
  const done = watch({
    follow: async ({ since, on, listening }) => {
      engine.since.push(since);
      engine.say = on;
      listening();
      await new Promise<void>((resolve) => {
        engine.leave = resolve;
        end.signal.addEventListener('abort', () => resolve());
      });
    },
    scan: async (request) => {
      requests.push(request);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      running -= 1;
    },
    failed: (what) => void failures.push(what),
    signal: end.signal,
    ...parts,
  });
  return { end, requests, failures, engine, done, most: () => most };
}

describe('a watch', () => {
  it('scans at its start, and when an event touches something', async () => {
    const { end, requests, engine, done } = watching();
    await vi.advanceTimersByTimeAsync(3000);
    expect(requests.map(({ trigger, scope }) => [trigger, scope])).toEqual([['start', 'everything']]);
    engine.say(start('c1'));
    engine.say(start('c2'));
    await vi.advanceTimersByTimeAsync(400);
    expect(requests[1]?.reasons).toEqual(['container c1: start', 'container c2: start']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(requests).toHaveLength(2);
    end.abort();
    await done;
  });

  it('never scans twice at once, and loses nothing that happens during a scan', async () => {
    const { end, requests, engine, done, most } = watching();
    await vi.advanceTimersByTimeAsync(400);
    for (const id of ['c1', 'c2', 'c3']) engine.say(start(id));
    await vi.advanceTimersByTimeAsync(5000);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.reasons).toHaveLength(3);
    expect(most()).toBe(1);
    end.abort();
    await done;
  });

  it('is not put off for ever by events that never stop', async () => {
    const { end, requests, engine, done } = watching();
    await vi.advanceTimersByTimeAsync(3000);
    for (let n = 0; n < 100; n += 1) {
      engine.say(start(`c${n}`));
      await vi.advanceTimersByTimeAsync(100);
    }
    // Ten seconds of events, at most two to wait and one to scan.
    expect(requests.length).toBeGreaterThanOrEqual(1 + 3);
    end.abort();
    await done;
  });

  it('scans by schedule', async () => {
    const { end, requests, done } = watching({ schedule: { when: parseSchedule('1m', 'here'), jitterMs: 0 } });
    await vi.advanceTimersByTimeAsync(125_000);
    expect(requests.map(({ trigger }) => trigger)).toEqual(['start', 'schedule', 'schedule']);
    end.abort();
    await done;
  });

  it('looks at everything when the engine is back, and asks for what happened meanwhile', async () => {
    const { end, requests, failures, engine, done } = watching();
    await vi.advanceTimersByTimeAsync(3000);
    engine.say(start('c1'));
    await vi.advanceTimersByTimeAsync(3000);
    engine.leave();
    await vi.advanceTimersByTimeAsync(3000);
    expect(failures).toEqual(['The engine went away.']);
    expect(engine.since.at(-1)).toBe('7.5');
    expect(requests.at(-1)).toMatchObject({ reasons: ['the engine was away'], scope: 'everything' });
    end.abort();
    await done;
  });

  it('tells once that no engine answers, and tries again', async () => {
    let tries = 0;
    const { end, failures, done } = watching({
      follow: async () => {
        tries += 1;
        throw new Error('No engine.');
      },
    });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(failures).toEqual(['No engine.']);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(20);
    end.abort();
    await done;
  });

  it('repeats a scan that failed, of everything', async () => {
    let scans = 0;
    const scopes: Request['scope'][] = [];
    const { end, failures, done } = watching({
      scan: async ({ scope }) => {
        scans += 1;
        scopes.push(scope);
        if (scans === 1) throw new Error('The engine failed.');
      },
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect(failures).toEqual(['The engine failed.']);
    expect(scopes).toEqual(['everything', 'everything']);
    end.abort();
    await done;
  });

  it('ends at once when it is told to while nothing happens', async () => {
    const { end, done } = watching();
    await vi.advanceTimersByTimeAsync(3000);
    end.abort();
    await expect(done).resolves.toBeUndefined();
  });
});
