import type { AttemptSpec } from '../model/attempt.ts';
import type { PlanContext } from './context.ts';

/** The target's own endpoint, as its clients find it: without credentials, and with a foreign Origin or Host. */
export function planEndpoint(_context: PlanContext): readonly AttemptSpec[] {
  return [];
}
