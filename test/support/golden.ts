import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** Compares with `test/golden/NAME`; `BULKHEAD_UPDATE_GOLDEN=1` writes it instead. */
export function expectGolden(name: string, actual: string): void {
  const path = fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
  if (process.env['BULKHEAD_UPDATE_GOLDEN'] === '1') {
    writeFileSync(path, actual);
    return;
  }
  expect(actual, `${name}: look at the difference, then run again with BULKHEAD_UPDATE_GOLDEN=1`).toBe(readFileSync(path, 'utf8'));
}
