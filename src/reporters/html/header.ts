import type { Comparison } from '../../model/comparison.ts';
import type { Report } from '../../model/report.ts';
import { clock, duration, EXIT_WORDS, exitWords } from '../console/summary.ts';
import { sectionsOf } from '../console/view.ts';
import { VERDICT_SYMBOLS } from '../console/theme.ts';
import { coverageText } from '../gate-words.ts';
import { verdictOf } from '../verdict.ts';
import { markup, type Markup, type Part } from './markup.ts';
import { STATUS, type Shown, type Tone } from './words.ts';
import { count } from '../../model/text.ts';

/** The verdict in a sentence, the counts, and where and when it was measured. */
export function renderHeader(report: Report): Markup {
  const { counts } = report.summary;
  const { tone, sentence } = verdictOf(report, sectionsOf(report).failed);
  return markup`<h1>Audit of ${count(report.targets.length, 'MCP server')}</h1> ${banner(tone, VERDICT_SYMBOLS[tone], sentence, report.exit, exitWords(report))} ${interrupted(report)} <ul class="tiles" aria-label="Findings by status">${(
    Object.keys(STATUS) as readonly Shown[]
  ).map((status) => {
    const { tone: own, symbol: mark, word } = STATUS[status];
    const number = counts[status];
    return markup`<li class="tile t-${number > 0 ? own : 'none'}"><b>${number}</b><span><i aria-hidden="true">${mark}</i> ${word}</span></li>`;
  })}</ul> ${facts(report, [['Coverage', coverageText(report.summary)]])}`;
}

/** The same place of a comparison, whose verdicts stand with its platforms. */
export function facts(
  run: Pick<Report | Comparison, 'tool' | 'engine' | 'startedAt' | 'session' | 'exit'> & { readonly finishedAt: string },
  more: readonly (readonly [string, Part])[] = [],
): Markup {
  const { tool, engine, session, startedAt, finishedAt, exit } = run;
  const rows: readonly (readonly [string, Part])[] = [
    ['When', `${clock(startedAt)}${duration({ startedAt, finishedAt }).replace(/ s$/, '\u00a0s')}`],
    ['Tool', `${tool.name} ${tool.version}`],
    ['Engine', `${engine.product} ${engine.version}${engine.rootless ? ' (rootless)' : ''}, API ${engine.apiVersion}`],
    ['Machine', `${engine.os}/${engine.architecture}, kernel ${engine.kernel}`],
    ['Endpoint', engine.endpoint],
    ['Session', session],
    ...more,
    ['Exit', `${exit.code}: ${exit.reason}`],
  ];
  return markup`<dl class="facts">${rows.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function banner(tone: Tone, symbol: string, sentence: string, { code }: Report['exit'], words = EXIT_WORDS[code]): Markup {
  return markup`<p class="banner t-${tone}"><b aria-hidden="true">${symbol}</b><span>${sentence}</span><small>exit ${code}${words === undefined ? undefined : `, ${words}`}</small></p>`;
}

export function interrupted({ interrupted: isCut }: Pick<Report, 'interrupted'>): Markup | undefined {
  return isCut
    ? markup`<p class="notice">Interrupted: this was seen before the run was cut short, and is not all of it.</p>`
    : undefined;
}

export function renderNotes(notes: readonly string[]): Markup {
  return notes.length === 0
    ? markup`<p class="empty">There are no notes.</p>`
    : markup`<ul class="notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>`;
}
