import type { Comparison, ComparisonCell, ComparisonRun, PlatformComparison } from '../model/comparison.ts';
import { VERDICTS } from './console/theme.ts';
import { banner, facts, interrupted, renderNotes } from './html/header.ts';
import { markup, short, type Markup } from './html/markup.ts';
import { renderPage } from './html/page.ts';
import { areaMark, badge, OBSERVED, ROW_VERDICT, type Tone } from './html/words.ts';

/** Runs of one image side by side as one page, in the style of the report. Pure. */
export function renderComparisonHtml(comparison: Comparison): string {
  const { image, platforms, startedAt, exit, tool, notes } = comparison;
  return renderPage({
    title: `Bulkhead comparison, ${startedAt}`,
    kind: 'compare',
    header: markup`<h1>Comparison of <code>${short(image, 120)}</code></h1> ${banner(toneOf(exit.code), exit.code === 0 ? '✓' : exit.code === 1 ? '✗' : '?', exit.reason, exit)} ${interrupted(comparison)} <ul class="tiles wide" aria-label="Platforms">${platforms.map(({ platform, version, verdict }) => markup`<li class="tile t-${areaMark(verdict).tone}"><b>${VERDICTS[verdict].symbol} ${VERDICTS[verdict].word}</b><span>${short(platform, 60)}${version === undefined ? undefined : ` ${version}`}</span></li>`)}</ul> ${facts(comparison)}`,
    sections: [
      ...platforms.map((platform, index) => ({
        id: `platform-${index + 1}`,
        title: short(platform.platform, 60),
        body: renderPlatform(platform, `platform-${index + 1}`),
      })),
      { id: 'notes', title: 'Notes', body: renderNotes(notes) },
    ],
    footer: markup`<p>Written by ${tool.name} ${tool.version}. <code>--format json</code> has everything that was compared.</p>`,
  });
}

function toneOf(code: number): Tone {
  if (code === 0) return 'good';
  return code === 1 ? 'bad' : 'open';
}

function renderPlatform({ missing, runs, rows, settings, verdict, reasons }: PlatformComparison, id: string): Markup {
  const summary = markup`<p class="verdict">${badge(areaMark(verdict))}</p><ul class="notes">${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`;
  if (missing !== undefined) return markup`${summary} <p class="notice">${missing.why} ${missing.hint}</p>`;
  const shown = runs.filter(({ failure }) => failure === undefined);
  return markup`${summary} <h3>Runs</h3><div class="cards">${runs.map(renderRun)}</div> ${
    rows.length === 0
      ? undefined
      : markup`<h3 id="${id}-reach">What each run reaches</h3> ${legend()} ${table(
          `${id}-reach`,
          shown,
          'Destination',
          rows.map(({ subject, checks, cells }) => ({
            name: markup`${subject}<small>${checks.join(' ')}</small>`,
            cells: new Map(cells.map((cell) => [cell.run, renderCell(cell)])),
          })),
        )}`
  } ${
    settings.length === 0
      ? undefined
      : markup`<h3 id="${id}-set">How each run is set up</h3> ${table(
          `${id}-set`,
          shown,
          'Setting',
          settings.map(({ name, values }) => ({
            name: markup`${name}`,
            cells: new Map(values.map(({ run, value }) => [run, markup`${value}`])),
          })),
        )}`
  }`;
}

function renderRun({ id, profile, egress, command, notes, failure }: ComparisonRun): Markup {
  return markup`<article class="card"><h4>${id}</h4><p>${profile === undefined ? 'nothing is declared' : `${short(profile, 160)}, allows ${egress ?? 'nothing'}`}</p> ${command === undefined ? undefined : markup`<pre tabindex="0"><code>${command}</code></pre>`} ${notes.map((note) => markup`<p class="notice">${note}</p>`)} ${failure === undefined ? undefined : markup`<p class="notice t-bad"><b aria-hidden="true">✗</b> failed: ${failure}</p>`}</article>
`;
}

/** What was observed, and what that says of the declaration; a run without one is what others are compared with. */
function renderCell({ observed, verdict, detail }: ComparisonCell): Markup {
  const judged = verdict === undefined || observed === 'absent' ? undefined : ROW_VERDICT[verdict];
  const { symbol, word } = OBSERVED[observed];
  return markup`<span class="seen"><b aria-hidden="true">${symbol}</b> ${word}</span> ${judged === undefined ? markup`<span class="quiet">not judged</span>` : badge(judged)}<small>${short(detail, 400)}</small>`;
}

function legend(): Markup {
  return markup`<ul class="legend">${Object.values(ROW_VERDICT).map((mark) => markup`<li>${badge(mark)}</li>`)}</ul>`;
}

interface TableRow {
  readonly name: Markup;
  readonly cells: ReadonlyMap<string, Markup>;
}

function table(labelledBy: string, runs: readonly ComparisonRun[], first: string, rows: readonly TableRow[]): Markup {
  return markup`<div class="scroll" role="region" tabindex="0" aria-labelledby="${labelledBy}"><table class="compare"><thead><tr><th scope="col">${first}</th> ${runs.map(({ id }) => markup`<th scope="col">${id}</th>`)}</tr></thead><tbody>${rows.map(
    ({ name, cells }) =>
      markup`<tr><th scope="row">${name}</th> ${runs.map(({ id }) => markup`<td>${cells.get(id)}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
