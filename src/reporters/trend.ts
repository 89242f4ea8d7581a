import type { Trend } from '../model/trend.ts';
import { markup } from './html/markup.ts';
import { renderPage } from './html/page.ts';
import { renderChanges, renderCoverage, renderOpenTable } from './trend/daily.ts';
import { renderHeader } from './trend/header.ts';
import { renderLongest } from './trend/longest.ts';
import { renderOpen } from './trend/open.ts';
import { renderRuns } from './trend/runs.ts';
import { TREND_SCRIPT, TREND_SCRIPT_HASH } from './trend/script.ts';
import { TREND_STYLE, TREND_STYLE_HASH } from './trend/style.ts';
import { renderTimelines } from './trend/timelines.ts';

/** The course of a history as one page, in the style of the report. Pure. */
export function renderTrendHtml(trend: Trend): string {
  const { runs, tool } = trend;
  const last = runs.at(-1);
  const sections = [
    { id: 'open', title: 'Open failures', body: markup`${renderOpen(trend)} ${renderOpenTable(trend)}` },
    { id: 'changes', title: 'New and fixed', body: renderChanges(trend) },
    { id: 'longest', title: 'Open the longest', body: renderLongest(trend) },
    { id: 'coverage', title: 'Coverage', body: renderCoverage(trend) },
    { id: 'servers', title: 'Servers', body: renderTimelines(trend) },
  ];
  return renderPage({
    title: `Bulkhead trend${last === undefined ? '' : `, ${last.startedAt}`}`,
    kind: 'trend',
    header: renderHeader(trend),
    sections: [...(last === undefined ? [] : sections), { id: 'runs', title: 'Runs', body: renderRuns(trend) }],
    footer: markup`<p>Written by ${tool.name} ${tool.version}. A run says nothing of servers that it did not look at. <code>bulkhead history show RUN</code> shows what it saw; <code>--format json</code> has all figures.</p>`,
    style: { source: TREND_STYLE, hash: TREND_STYLE_HASH },
    script: { source: TREND_SCRIPT, hash: TREND_SCRIPT_HASH },
  });
}
