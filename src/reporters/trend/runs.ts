import type { Trend, TrendRun } from '../../model/trend.ts';
import { EXIT_WORDS } from '../console/summary.ts';
import { markup, short, type Markup } from '../html/markup.ts';
import { timeScale } from './chart.ts';
import { MAX_RUNS } from './timelines.ts';
import { minute } from './words.ts';

/** Every run, newest first: when, why, how it ended, and what was open after it. */
export function renderRuns({ runs, points }: Trend): Markup {
  if (runs.length === 0)
    return markup`<p class="empty">No run is recorded. <code>bulkhead audit --record</code> records one.</p>`;
  const xs = timeScale(runs.map(({ startedAt }) => startedAt));
  const rows = runs.map((run, index) => row(run, points[index]?.open ?? 0, xs[index] ?? 0)).slice(-MAX_RUNS);
  const heads = ['Run', 'Started (UTC)', 'Trigger', 'Exit', 'Servers', 'Failed', 'Undecided', 'Waived', 'Open after it'];
  return markup`${runs.length > MAX_RUNS ? markup`<p class="notice">The newest ${MAX_RUNS} of ${runs.length} runs, here and in the lines of the servers; --format json has all of them.</p>` : undefined}<div class="scroll tall" role="region" tabindex="0" aria-labelledby="runs-title"><table class="figures runs"><thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.toReversed()}</tbody></table></div>`;
}

function row({ id, startedAt, interrupted, trigger, exit, targets, counts }: TrendRun, open: number, x: number): Markup {
  const words = EXIT_WORDS[exit.code];
  const end = `${exit.code}${words === undefined ? '' : `, ${words}`}`;
  const why = trigger.text === '' ? trigger.kind : `${trigger.kind}: ${short(trigger.text, 80)}`;
  return markup`<tr data-x="${x}"><th scope="row">${id}</th><td>${minute(startedAt)}</td><td>${why}</td><td>${end}${interrupted && exit.code !== 130 ? markup`<small>interrupted</small>` : undefined}</td>${[targets, counts.fail, counts.inconclusive + counts.error, counts.waived, open].map((value) => markup`<td>${value}</td>`)}</tr>
`;
}
