import { PassThrough, type Writable } from 'node:stream';
import type { GatewayLine } from '../model/compartment.ts';
import { lineReader } from './lines.ts';

const MAX_LINE_BYTES = 64 * 1024;

/** A sink for the lines of a relay or gateway. What is no such line is passed over: the relay is not trusted. */
export function decisionSink(onLine: (line: GatewayLine) => void): Writable {
  return textSink((text) => {
    const line = parseLine(text);
    if (line !== undefined) onLine(line);
  });
}

/** A sink that hands over whole lines; what is longer than a line may be is dropped. */
export function textSink(onText: (text: string) => void): Writable {
  const sink = new PassThrough();
  sink.on(
    'data',
    lineReader(MAX_LINE_BYTES, onText, () => undefined),
  );
  return sink;
}

/** What each kind of line has to hold, by the type of its value. */
const FIELDS = {
  ready: {},
  decision: {
    time: 'string',
    decision: 'string',
    via: 'string',
    host: 'string',
    port: 'number',
    reason: 'string',
    allowed: 'number',
    denied: 'number',
  },
  suppressed: { time: 'string', lines: 'number', allowed: 'number', denied: 'number' },
  problem: { time: 'string', message: 'string' },
} as const satisfies Record<GatewayLine['type'], Readonly<Record<string, 'string' | 'number'>>>;

export function parseLine(text: string): GatewayLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const line = value as Readonly<Record<string, unknown>>;
  const kind = String(line['type']);
  if (!Object.hasOwn(FIELDS, kind)) return undefined;
  const fields = Object.entries(FIELDS[kind as GatewayLine['type']]);
  const whole = fields.every(([name, type]) => typeof line[name] === type);
  return whole && ['string', 'undefined'].includes(typeof line['address']) ? (value as GatewayLine) : undefined;
}
