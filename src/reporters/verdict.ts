import type { Finding, Report } from '../model/report.ts';
import { bySeverity } from './console/view.ts';
import { count } from '../model/text.ts';

/** What a report says as a whole, in a sentence; each format has a symbol and a colour of its own for the tone. */
export interface Verdict {
  readonly tone: 'good' | 'bad' | 'warn' | 'open';
  readonly sentence: string;
}

/** @param failed the failures that count, for their severities */
export function verdictOf({ summary: { counts }, interrupted, exit }: Report, failed: readonly Finding[]): Verdict {
  const undecided = counts.inconclusive + counts.error;
  if (counts.fail > 0) {
    const severities = failed.length > 0 ? ` (${bySeverity(failed)})` : '';
    return {
      tone: 'bad',
      sentence: `What is declared is not what is enforced: ${count(counts.fail, 'finding')} failed${severities}.`,
    };
  }
  if (exit.code === 1) return { tone: 'bad', sentence: `Nothing failed, but a gate did: ${exit.reason}` };
  if (undecided > 0)
    return {
      tone: 'open',
      sentence: `Nothing failed, but ${count(undecided, 'finding')} could not be decided: not a clean result.`,
    };
  if (interrupted) return { tone: 'open', sentence: 'Nothing failed until the audit was interrupted: not a clean result.' };
  if (counts.waived > 0) return { tone: 'warn', sentence: `Nothing failed beyond ${count(counts.waived, 'waived finding')}.` };
  if (counts.pass > 0) return { tone: 'good', sentence: 'What is declared is what is enforced, as far as it was tested.' };
  return { tone: 'open', sentence: 'Nothing was tested: an empty audit proves nothing.' };
}
