import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../src/runtime/events.ts';
import { all, together, touchedBy } from '../../../src/watch/touched.ts';

const event = (type: string, action: string, id: string, attributes: Record<string, string> = {}): EngineEvent => ({
  type,
  action,
  id,
  attributes,
  time: '1',
});

describe('what an event touches', () => {
  it.each(['start', 'die', 'destroy', 'remove', 'rename', 'unpause', 'update'])('a container: %s', (action) => {
    expect(touchedBy(event('container', action, 'c1', { name: 'github' }))).toEqual({
      trigger: 'event',
      reasons: [`container github: ${action}`],
      scope: { containers: new Set(['c1']), networks: new Set() },
    });
  });

  it.each(['connect', 'disconnect'])('a network, as Docker says it: %s', (action) => {
    expect(touchedBy(event('network', action, 'n1', { container: 'c1', name: 'open', type: 'bridge' }))).toMatchObject({
      reasons: [`network open: ${action}`],
      scope: { containers: new Set(['c1']), networks: new Set(['n1', 'open']) },
    });
  });

  it('a network, as Podman says it', () => {
    expect(touchedBy(event('network', 'connect', 'c1', { network: 'open' }))).toMatchObject({
      reasons: ['network open: connect'],
      scope: { containers: new Set(['c1']), networks: new Set(['open']) },
    });
  });

  it('everything, when the engine reads its configuration again', () => {
    expect(touchedBy(event('daemon', 'reload', 'd1'))?.scope).toBe('everything');
  });

  it.each([
    ['container', 'exec_start: sh'],
    ['container', 'top'],
    ['container', 'health_status: healthy'],
    ['network', 'create'],
    ['volume', 'mount'],
    ['image', 'pull'],
    ['daemon', 'unknown'],
  ])('nothing: %s %s', (type, action) => {
    expect(touchedBy(event(type, action, 'x'))).toBeUndefined();
  });
});

describe('two requests in one scan', () => {
  const one = touchedBy(event('container', 'start', 'c1'));
  const two = touchedBy(event('network', 'connect', 'n1', { container: 'c2', name: 'open' }));
  if (one === undefined || two === undefined) throw new Error('The events touch nothing.');

  it('is of what both touch, for both reasons', () => {
    expect(together(one, two)).toEqual({
      trigger: 'event',
      reasons: ['container c1: start', 'network open: connect'],
      scope: { containers: new Set(['c1', 'c2']), networks: new Set(['n1', 'open']) },
    });
  });

  it('is of everything when one of them is', () => {
    expect(together(one, all('schedule 1h', 'schedule'))).toMatchObject({ trigger: 'schedule', scope: 'everything' });
    expect(together(all('schedule 1h', 'schedule'), one)).toMatchObject({ trigger: 'schedule', scope: 'everything' });
  });

  it('gives no more than twenty reasons, each once', () => {
    let sum = one;
    for (let n = 0; n < 100; n += 1) sum = together(sum, together(one, all(`reason ${n}`)));
    expect(sum.reasons).toHaveLength(20);
    expect(new Set(sum.reasons).size).toBe(20);
  });
});
