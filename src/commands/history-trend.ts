import type { History, RunQuery } from '../history/history.ts';
import { renderTrendJson } from '../reporters/json.ts';
import { renderTrendHtml } from '../reporters/trend.ts';
import { replaceFile } from '../store/replace-file.ts';
import { trendOf } from '../trend/trend.ts';
import { TOOL } from '../version.ts';
import { refuseDatabase } from './history-export.ts';
import { print } from './print.ts';

const RENDERERS = { html: renderTrendHtml, json: renderTrendJson } as const;

export type TrendFormat = keyof typeof RENDERERS;
export const TREND_FORMATS = Object.keys(RENDERERS) as readonly TrendFormat[];

export interface TrendOptions extends Pick<RunQuery, 'since' | 'target'> {
  readonly format: TrendFormat;
}

/**
 * Writes the course of a history.
 * @param output a file; absent = standard output
 */
export async function writeTrend(history: History, output: string | undefined, options: TrendOptions): Promise<void> {
  const { format, since, target } = options;
  if (output !== undefined) refuseDatabase(output);
  const asked = { ...(since === undefined ? {} : { since }), ...(target === undefined ? {} : { target }) };
  const { name, version } = TOOL;
  const text = RENDERERS[format](trendOf(history.course(asked), { tool: { name, version }, ...asked }));
  await (output === undefined ? print(text) : replaceFile(output, text, 'trend', 0o600));
}
