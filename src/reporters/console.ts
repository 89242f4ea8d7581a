import type { Finding, Report } from '../model/report.ts';
import { inertLines } from '../model/text.ts';
import { heading, type Context, type RenderOptions } from './console/context.ts';
import { renderFindings, renderNotApplicable, renderPassed, renderWaived } from './console/findings.ts';
import { renderAttestations, renderBaseline, renderWaivedInFull, renderWaivers } from './console/gates.ts';
import { columnsOf, usableWidth } from './console/layout.ts';
import { renderMatrix } from './console/matrix.ts';
import { renderFooter, renderHeader, renderHidden, renderInterrupted, renderSummary } from './console/summary.ts';
import { renderTarget, renderTargetVerdict } from './console/targets.ts';
import { themeOf } from './console/theme.ts';
import { atLeast, escapeReport, sectionsOf, type Sections } from './console/view.ts';

const MAX_NAME_COLUMNS = 32;
/** What a line of --quiet needs beside the name. */
const VERDICT_COLUMNS = 27;

/** The report for a person at a terminal; ends with a line break. Pure. */
export function renderConsole(report: Report, options: RenderOptions): string {
  const { minSeverity, verbose, quiet, showWaived = false } = options;
  const context: Context = {
    theme: themeOf(options.color),
    width: usableWidth(options.width),
    verbose,
    showWaived,
    ...(minSeverity !== undefined && { minSeverity }),
  };
  const safe = escapeReport(report);
  const blocks = quiet ? quietBlocks(safe, context) : fullBlocks(safe, context);
  const text = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
  return `${inertLines(text)}\n`;
}

type Block = readonly string[];

function fullBlocks(report: Report, context: Context): readonly Block[] {
  const all = sectionsOf(report);
  const shown = visible(all, context);
  const section = (
    title: string,
    findings: readonly Finding[],
    render: (f: readonly Finding[], c: Context) => Block,
  ): readonly Block[] =>
    findings.length === 0 ? [] : [[heading(`${title} (${findings.length})`, context)], render(findings, context)];
  return [
    renderHeader(report, context),
    ...report.targets.map((target) => renderTarget(report, target, context)),
    ...renderMatrix(report, context),
    ...section('Failed', shown.failed, renderFindings),
    ...section('Could not be tested', shown.undecided, renderFindings),
    ...section('Waived', shown.waived, context.showWaived === true ? renderWaivedInFull : renderWaived),
    ...renderWaivers(report, context),
    ...renderBaseline(report, context),
    ...renderAttestations(report, context),
    ...(context.verbose ? section('Passed', shown.passed, renderPassed) : []),
    ...(context.verbose ? section('Not applicable', shown.notApplicable, renderNotApplicable) : []),
    [heading('Result', context)],
    renderSummary(report, all, context),
    renderFooter(report, all, context),
  ];
}

/** The counts are always of everything: --min-severity narrows only the list of findings, which is not shown here. */
function quietBlocks(report: Report, context: Context): readonly Block[] {
  const sections = sectionsOf(report);
  const names = report.targets.map(({ name }) => columnsOf(name));
  const nameWidth = Math.min(Math.max(0, ...names), MAX_NAME_COLUMNS, context.width - VERDICT_COLUMNS);
  return [
    report.targets.flatMap((target) => renderTargetVerdict(target, sections, nameWidth, context)),
    [
      ...renderInterrupted(report, context),
      ...renderSummary(report, sections, context),
      ...renderHidden(sections, context.minSeverity, context),
    ],
  ];
}

function visible(sections: Sections, { minSeverity }: Context): Sections {
  const keep = (findings: readonly Finding[]) => findings.filter(({ severity }) => atLeast(severity, minSeverity));
  return {
    failed: keep(sections.failed),
    undecided: keep(sections.undecided),
    waived: keep(sections.waived),
    passed: keep(sections.passed),
    notApplicable: keep(sections.notApplicable),
  };
}
