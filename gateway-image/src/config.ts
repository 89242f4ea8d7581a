import type { GatewayConfig, GatewayLimits, RelayConfig } from '../../src/model/compartment.ts';

/** A timer of Node.js that is set to more fires at once. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Reads a program's configuration from its environment. It is written by the launcher of the same version:
 * anything else is a mistake, upon which nothing is started.
 * @throws Error that names the variable
 */
export function readConfig<T extends GatewayConfig | RelayConfig>(variable: 'BULKHEAD_GATEWAY' | 'BULKHEAD_RELAY'): T {
  const text = process.env[variable];
  if (text === undefined) throw new Error(`${variable} is not set: this program is started by \`bulkhead run\``);
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) {
    throw new Error(`${variable} is of another version of bulkhead`);
  }
  return value as T;
}

/** @throws Error for a limit that would limit nothing */
export function checkLimits(limits: GatewayLimits): GatewayLimits {
  for (const name of ['connections', 'connectTimeoutMs', 'idleTimeoutMs', 'headerTimeoutMs'] as const) {
    const value = limits[name];
    if (!Number.isInteger(value) || value < 1 || value > MAX_TIMER) throw new Error(`${name} is no limit: ${String(value)}`);
  }
  return limits;
}

/** Ends this process with the run that it belongs to: its input is held open by that, and by nothing else. */
export function endWithRun(): void {
  const end = (): void => process.exit(0);
  if (process.env['BULKHEAD_ATTACHED'] === '1') process.stdin.on('end', end).on('error', end).resume();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  // What nobody can be told of must not happen.
  process.stdout.on('error', () => process.exit(1));
}
