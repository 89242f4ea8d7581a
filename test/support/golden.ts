import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The text of `test/golden/NAME`. With `BULKHEAD_UPDATE_GOLDEN=1` that file becomes `actual` first: look at its diff. */
export function golden(name: string, actual: string): string {
  const path = fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
  if (process.env['BULKHEAD_UPDATE_GOLDEN'] === '1') writeFileSync(path, actual);
  return readFileSync(path, 'utf8');
}
