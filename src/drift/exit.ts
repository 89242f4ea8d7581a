import { EXIT, reaches, type ExitDecision } from '../engine/exit-code.ts';
import type { Severity } from '../model/check.ts';
import type { Drift } from '../model/drift.ts';
import { count } from '../model/text.ts';

/**
 * 1: something opened at or above the gate. 3: nothing did, as far as it can be told: something at or above it cannot be
 * compared, or neither run could decide it.
 */
export function decideDrift({ changes, undecided = [] }: Drift, failOn: Severity | 'never'): ExitDecision {
  const gated = (severity: Severity | undefined): boolean =>
    failOn !== 'never' && (severity === undefined || reaches(severity, failOn));
  const number = (kind: 'opened' | 'incomparable'): number =>
    changes.filter((change) => change.kind === kind && gated(change.severity)).length;
  const opened = number('opened');
  if (opened > 0) return { code: EXIT.violation, reason: `${count(opened, 'thing')} opened at or above ${failOn}.` };
  const incomparable = number('incomparable');
  const open = undecided.filter(({ severity }) => gated(severity)).length;
  if (incomparable + open > 0) {
    const words = [
      ...(incomparable > 0 ? [`${count(incomparable, 'thing')} cannot be compared`] : []),
      ...(open > 0 ? [`${count(open, 'finding')} could be decided in neither run`] : []),
    ];
    return { code: EXIT.inconclusive, reason: `Nothing opened, as far as it can be told: ${words.join(', and ')}.` };
  }
  return { code: EXIT.clean, reason: failOn === 'never' ? 'Nothing is gated.' : `Nothing opened at or above ${failOn}.` };
}
