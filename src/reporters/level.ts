import type { Severity } from '../model/check.ts';

/** The three words of code scanning and of workflow annotations. */
export type Level = 'error' | 'warning' | 'note';

export function levelOf(severity: Severity): Level {
  switch (severity) {
    case 'critical':
    case 'high':
      return 'error';
    case 'medium':
      return 'warning';
    case 'low':
    case 'info':
      return 'note';
  }
}
