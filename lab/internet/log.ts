import { appendFileSync } from 'node:fs';

/**
 * Appends JSON lines. Synchronous on purpose: whoever has an answer in hand
 * must find the line in the file.
 */
export function jsonLines<T extends { readonly time: string }>(file: string): (entry: Omit<T, 'time'>) => void {
  return (entry) => appendFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}

/** An IPv4 client of a dual-stack socket, written as IPv4. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}
