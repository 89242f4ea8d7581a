import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLimits } from '../../../gateway-image/src/config.ts';
import { MAX_NAMES, NameTable } from '../../../gateway-image/src/names.ts';
import { decodePreamble, encodePreamble } from '../../../gateway-image/src/preamble.ts';
import { decisionLog } from '../../../gateway-image/src/log.ts';
import type { GatewayLine } from '../../../src/model/compartment.ts';
import { LIMITS } from './fixtures.ts';

describe('the preamble', () => {
  it('comes back as it was, cut anywhere, with anything behind it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 255, unit: 'binary-ascii' }),
        fc.nat(65_535),
        fc.uint8Array(),
        (host, port, rest) => {
          const head = encodePreamble({ host, port });
          for (let cut = 0; cut < head.length; cut += 1) expect(decodePreamble(head.subarray(0, cut))).toBeUndefined();
          expect(decodePreamble(Buffer.concat([head, rest]))).toEqual({ host, port, length: head.length });
        },
      ),
    );
  });

  it('takes no host of 0 or 256 bytes', () => {
    expect(() => encodePreamble({ host: '', port: 1 })).toThrow(RangeError);
    expect(() => encodePreamble({ host: 'a'.repeat(256), port: 1 })).toThrow(RangeError);
  });
});

describe('the log', () => {
  const entry = { decision: 'denied', via: 'tcp', host: 'evil.test', port: 1, reason: 'no' } as const;

  it('is one line of printable ASCII each, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const lines: string[] = [];
        const log = decisionLog((line) => lines.push(line));
        log.decision({ ...entry, host: text, reason: text });
        log.problem(text);
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]+\n$/);
        expect(JSON.parse(lines[0] ?? '')).toMatchObject({ host: text.slice(0, 260), reason: text.slice(0, 260) });
      }),
    );
  });

  it('stops after 50 lines a second, counts on, and tells what it left out', () => {
    const lines: GatewayLine[] = [];
    let now = 5_000_000;
    const log = decisionLog(
      (line) => lines.push(JSON.parse(line) as GatewayLine),
      () => now,
    );
    for (let i = 0; i < 500; i += 1) log.decision(entry);
    for (let i = 0; i < 500; i += 1) log.problem('x');
    expect(lines).toHaveLength(50);
    now += 1000;
    log.decision({ ...entry, decision: 'allowed' });
    expect(lines.slice(50)).toMatchObject([
      { type: 'suppressed', lines: 950, allowed: 1, denied: 500 },
      { type: 'decision', allowed: 1, denied: 500 },
    ]);
  });

  it('tells it also when nothing follows', async () => {
    const lines: GatewayLine[] = [];
    const told = new Promise<void>((resolve) => {
      const log = decisionLog(
        (line) => {
          const parsed = JSON.parse(line) as GatewayLine;
          lines.push(parsed);
          if (parsed.type === 'suppressed') resolve();
        },
        () => 7000,
      );
      for (let i = 0; i < 60; i += 1) log.decision(entry);
    });
    const alive = setInterval(() => undefined, 100);
    await told;
    clearInterval(alive);
    expect(lines.at(-1)).toMatchObject({ type: 'suppressed', lines: 10, denied: 60 });
  });
});

it('names get addresses of loopback of their own, away from where programs listen, and no more than so many', () => {
  const table = new NameTable();
  const addresses = Array.from({ length: MAX_NAMES }, (_, i) => table.addressOf(`n${i}.test`) ?? '');
  expect(new Set(addresses).size).toBe(MAX_NAMES);
  for (const address of addresses) expect(address).toMatch(/^127\.66\.(?:\d|1[0-6])\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/);
  expect(table.addressOf('one.more.test')).toBeUndefined();
  expect(table.addressOf('n7.test')).toBe(addresses[7]);
});

describe('limits', () => {
  it('are taken when they limit', () => {
    expect(checkLimits(LIMITS)).toEqual(LIMITS);
  });

  it.each(['connections', 'connectTimeoutMs', 'idleTimeoutMs', 'headerTimeoutMs'] as const)(
    '%s must be a number that limits',
    (name) => {
      for (const value of [0, -1, 1.5, Number.NaN, 2 ** 31, undefined, '5', null]) {
        expect(() => checkLimits({ ...LIMITS, [name]: value })).toThrow(name);
      }
    },
  );
});
