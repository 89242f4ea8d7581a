import type { Report } from '../model/report.ts';
import type { RenderOptions } from './console/context.ts';
import { renderFindings } from './html/findings.ts';
import { renderGates } from './html/gates.ts';
import { renderGraph } from './html/graph.ts';
import { renderHeader, renderNotes } from './html/header.ts';
import { markup } from './html/markup.ts';
import { renderMatrix } from './html/matrix.ts';
import { renderPage } from './html/page.ts';
import { renderScorecard } from './html/scorecard.ts';
import { renderStories } from './html/stories.ts';

/**
 * The report as one page that needs nothing else: no network, no second file. Pure. It is always the whole view, since a
 * page folds and filters by itself; of the options only `minSeverity` counts.
 */
export function renderHtml(report: Report, options: RenderOptions): string {
  return renderPage({
    title: `Bulkhead audit, ${report.startedAt}`,
    kind: 'audit',
    header: renderHeader(report),
    sections: [
      { id: 'scorecard', title: 'Scorecard', body: renderScorecard(report) },
      { id: 'matrix', title: 'Who reaches what', body: renderMatrix(report) },
      { id: 'graph', title: 'Ways between them', body: renderGraph(report) },
      { id: 'targets', title: 'Targets', body: renderStories(report) },
      { id: 'findings', title: 'Findings', body: renderFindings(report, options) },
      ...renderGates(report),
      { id: 'notes', title: 'Notes', body: renderNotes(report.notes) },
    ],
    footer: markup`<p>Written by ${report.tool.name} ${report.tool.version}. <code>bulkhead checks ID</code> explains a check; <code>--format json</code> has everything that was seen.</p>`,
  });
}
