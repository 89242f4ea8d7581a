import type Docker from 'dockerode';
import fc from 'fast-check';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { followEvents, parseEvent, type EngineEvent } from '../../../src/runtime/events.ts';

const raw = (Type: string, Action: string, ID: string, Attributes: Record<string, string> = {}) => ({
  Type,
  Action,
  Actor: { ID, Attributes },
  time: 1_795_281_034,
});

describe('a line of events', () => {
  it('keeps the nanoseconds, which fit no number', () => {
    const line =
      '{"Type":"container","Action":"start","Actor":{"ID":"c1","Attributes":{"name":"x"}},"time":1795281034,"timeNano":1795281034879184198}';
    expect(parseEvent(line)).toEqual({
      type: 'container',
      action: 'start',
      id: 'c1',
      attributes: { name: 'x' },
      time: '1795281034.879184198',
    });
  });

  it("has Docker's words for Podman's", () => {
    expect(parseEvent(JSON.stringify(raw('container', 'died', 'c1')))?.action).toBe('die');
  });

  it.each([
    '',
    'no JSON',
    'null',
    '[]',
    '{}',
    '{"Type":1,"Action":"x","Actor":{"ID":"y"}}',
    '{"Type":"x","Action":"y"}',
    '{"Type":"x","Action":"y","Actor":null}',
  ])('is none: %s', (line) => expect(parseEvent(line)).toBeUndefined());

  it('never throws, and gives texts alone', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.record({
          Type: fc.string(),
          Action: fc.string(),
          Actor: fc.record({ ID: fc.string(), Attributes: fc.dictionary(fc.string(), fc.jsonValue()) }),
        }),
        (any, likely) => {
          for (const line of [any, JSON.stringify(likely)]) {
            const event = parseEvent(line);
            if (event !== undefined)
              expect(Object.values(event.attributes).every((value) => typeof value === 'string')).toBe(true);
          }
        },
      ),
    );
  });
});

describe('following an engine', () => {
  /** What is told of these events, by an engine that then goes away. */
  async function told(events: readonly object[]): Promise<readonly EngineEvent[]> {
    const stream = new PassThrough();
    const docker = { getEvents: () => Promise.resolve(stream) } as unknown as Docker;
    const heard: EngineEvent[] = [];
    const done = followEvents(docker, {
      since: '0',
      signal: new AbortController().signal,
      on: (event) => heard.push(event),
      listening: () => stream.end(events.map((event) => `${JSON.stringify(event)}\n`).join('')),
    });
    await done;
    return heard;
  }
  const soon = String(Date.now() + 20 * 60_000);
  const probe = { 'dev.bulkhead.role': 'probe', 'dev.bulkhead.expires': soon };

  it('leaves out what a scan makes itself: its containers, what they are connected to, its network', async () => {
    const heard = await told([
      raw('container', 'create', 'own', probe),
      raw('network', 'create', 'n', { name: 'bulkhead-control-0123456789ab' }),
      raw('network', 'connect', 'n', { name: 'bulkhead-control-0123456789ab', container: 'own' }),
      raw('network', 'connect', 'b', { name: 'bridge', container: 'own' }),
      raw('network', 'connect', 'own', { network: 'podman' }),
      raw('container', 'start', 'own', probe),
      raw('container', 'die', 'own', probe),
      raw('network', 'connect', 'b', { name: 'bridge', container: 'other' }),
    ]);
    expect(heard.map(({ action, attributes }) => [action, attributes['container']])).toEqual([['connect', 'other']]);
  });

  it('is not fooled by an image whose labels say that it is part of a scan', async () => {
    const forever = { 'dev.bulkhead.role': 'probe', 'dev.bulkhead.expires': '9999999999999' };
    const never = { 'dev.bulkhead.role': 'probe' };
    expect(await told([raw('container', 'start', 'a', forever), raw('container', 'start', 'b', never)])).toHaveLength(2);
  });

  it('tells of a compartment, which is no part of a scan', async () => {
    const server = { 'dev.bulkhead.role': 'server', 'dev.bulkhead.session': 's', 'dev.bulkhead.expires': soon };
    expect(await told([raw('container', 'start', 'a', server)])).toHaveLength(1);
  });

  it('ends when the signal is given', async () => {
    const stream = new PassThrough();
    const end = new AbortController();
    const docker = { getEvents: () => Promise.resolve(stream) } as unknown as Docker;
    const done = followEvents(docker, { since: '0', signal: end.signal, on: () => undefined, listening: () => end.abort() });
    await expect(done).resolves.toBeUndefined();
    expect(stream.destroyed).toBe(true);
  });
});
