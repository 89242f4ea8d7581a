import type { Severity } from '../../model/check.ts';
import type { DeclarationFiles } from '../anchor.ts';
import { paint, type Span, type Style } from './layout.ts';
import type { Theme } from './theme.ts';

/** How a reporter is asked to show a report; formats for programs take no more of it than `files`. */
export interface RenderOptions {
  readonly color: boolean;
  /** Passes, not-applicable findings and every listed subject too. */
  readonly verbose: boolean;
  /** One line a target and the summary. */
  readonly quiet: boolean;
  /** Columns; anything below 1 stands for 100. */
  readonly width: number;
  /** Hides findings below it from the view, never from the counts or the exit code. */
  readonly minSeverity?: Severity;
  /** Waived findings in full, and what became of each waiver. */
  readonly showWaived?: boolean;
  /** What the declarations' files say, for formats that point at a line. */
  readonly files?: DeclarationFiles;
}

export interface Context {
  readonly theme: Theme;
  readonly width: number;
  readonly verbose: boolean;
  readonly minSeverity?: Severity;
  readonly showWaived?: boolean;
}

/** Labels of the lines under a heading share one column. */
const LABEL_COLUMNS = 10;

export function label(text: string, indent: number, style: Style): Span {
  return { text: `${' '.repeat(indent)}${`${text}: `.padEnd(LABEL_COLUMNS)}`, style };
}

/** A heading with a rule to the edge. */
export function heading(title: string, { theme, width }: Context): string {
  const rule = '─'.repeat(Math.max(width - title.length - 4, 2));
  return `${paint({ text: '──', style: theme.quiet })} ${theme.strong(title)} ${paint({ text: rule, style: theme.quiet })}`;
}
