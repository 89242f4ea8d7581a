import { createInterface } from 'node:readline';
import type { AttemptSpec } from '../../src/model/attempt.ts';
import type { HelloOrder, ProbeMessage, ProbeOrder } from '../../src/model/probe-protocol.ts';
import { attempt } from './attempt.ts';
import { openCanaries } from './canary.ts';
import { inspectTarget } from './identity.ts';
import { readNamespace } from './namespace.ts';
import { settle, StallMonitor } from './deadline.ts';
import { Resolver } from './resolver.ts';

/** Not imported as a value: the schemas would come with it. */
const VERSION: number = 1 satisfies HelloOrder['version'];
/** A probe that was forgotten ends by itself, whatever became of the engine or of who started it. */
const LIFE_MS = lifeMs(process.env['BULKHEAD_LIFE_SECONDS']);
/** Orders hold a plan for one target: hundreds of attempts, far below this. */
const MAX_ORDER_BYTES = 64 * 1024 * 1024;
/** An attempt holds up to two sockets; a common limit is 1024 descriptors. */
const AT_ONCE = 400;

/** Neither for ever nor, as a limit that cannot be read would have it, over at once. */
function lifeMs(text: string | undefined): number {
  const seconds = Number(text);
  return text !== undefined && seconds > 0 && seconds <= 24 * 3600 ? seconds * 1000 : 300_000;
}

let unsaid = '';

/** What is said in one round of the event loop is written at once: each write passes through the engine on its way. */
function say(message: ProbeMessage): void {
  if (unsaid === '') {
    setImmediate(() => {
      process.stdout.write(unsaid);
      unsaid = '';
    });
  }
  unsaid += `${JSON.stringify(message)}\n`;
}

function fail(error: unknown): void {
  say({ type: 'failure', message: (error instanceof Error ? error.message : String(error)).slice(0, 1024) });
}

async function attemptAll(specs: readonly AttemptSpec[], timeoutMs: number): Promise<void> {
  const stalls = new StallMonitor();
  const resolver = Resolver.ofNamespace();
  // Each worker takes the next one when it is done. All at once, up to what the heap and the descriptors bear.
  const waiting = specs.values();
  const work = async (): Promise<void> => {
    for (const spec of waiting) say({ type: 'attempt', attempt: await attempt(spec, timeoutMs, { resolver, stalls }) });
  };
  const burst = Promise.all(Array.from({ length: Math.min(specs.length, AT_ONCE) }, work));
  // Many probes share the machine: the next one begins when this one only waits.
  await Promise.race([settle(), burst]);
  say({ type: 'settled' });
  await burst;
  stalls.stop();
  say({ type: 'done', stallMs: stalls.longestMs });
}

async function obey(order: ProbeOrder): Promise<void> {
  switch (order.type) {
    case 'hello': {
      if (order.version !== VERSION) throw new Error(`This probe speaks version ${VERSION} of the protocol.`);
      const canaries = await openCanaries(order.canaries, order.nonce);
      say({ type: 'ready', namespace: await readNamespace(order.aliases, canaries), canaries: [...canaries] });
      return;
    }
    case 'attempt':
      return attemptAll(order.specs, order.timeoutMs);
    case 'inspect':
      say(await inspectTarget(order));
      return;
    default:
      throw new Error('There is no such order.');
  }
}

// A hostile peer must not end the probe: whatever slips through is said, and the rest goes on.
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Nobody listens: to say so would be the next error.
process.stdout.on('error', () => process.exit(1));
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
