import { BulkheadError } from '../errors.ts';
import type { Platform } from './platform.ts';

/** Stand-in until the platforms are here. */
export function platformOf(word: string): Platform {
  throw new BulkheadError('usage', `There is no platform ${word}.`);
}
