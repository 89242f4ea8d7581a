import { createInterface } from 'node:readline';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { ProbeMessage, ProbeOrder } from '../../src/model/probe-protocol.ts';
import { attempt } from './attempt.ts';
import { openCanaries } from './canary.ts';
import { inspectTarget } from './identity.ts';
import { readNamespace } from './namespace.ts';
import { StallMonitor } from './deadline.ts';
import { Resolver } from './resolver.ts';

/** A probe that was forgotten ends by itself, whatever became of the engine or of who started it. */
const LIFE_MS = Number(process.env['BULKHEAD_LIFE_SECONDS'] ?? 300) * 1000;
/** Orders hold a plan for one target: hundreds of attempts, far below this. */
const MAX_ORDER_BYTES = 64 * 1024 * 1024;

function say(message: ProbeMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function fail(error: unknown): void {
  say({ type: 'failure', message: (error instanceof Error ? error.message : String(error)).slice(0, 1024) });
}

async function attemptAll(specs: readonly AttemptSpec[], timeoutMs: number): Promise<void> {
  const stalls = new StallMonitor();
  const resolver = Resolver.ofNamespace();
  await Promise.all(
    specs.map(async (spec) => say({ type: 'attempt', attempt: await attempt(spec, timeoutMs, { resolver, stalls }) })),
  );
  stalls.stop();
  say({ type: 'done', stallMs: stalls.longestMs });
}

async function obey(order: ProbeOrder): Promise<void> {
  switch (order.type) {
    case 'hello': {
      const canaries = await openCanaries(order.canaries, order.nonce);
      say({ type: 'ready', namespace: await readNamespace(order.aliases, canaries), canaries: [...canaries] });
      return;
    }
    case 'attempt':
      return attemptAll(order.specs, order.timeoutMs);
    case 'inspect':
      say(await inspectTarget(order));
      return;
  }
}

// A hostile peer must not end the probe: whatever slips through is said, and the rest goes on.
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
setTimeout(() => process.exit(0), LIFE_MS).unref();

let bytes = 0;
const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', (line) => {
  bytes += line.length;
  if (bytes > MAX_ORDER_BYTES) process.exit(1);
  void (async () => obey(JSON.parse(line) as ProbeOrder))().catch(fail);
});
// Who gave the orders is gone, or has what it wanted.
lines.on('close', () => process.exit(0));
