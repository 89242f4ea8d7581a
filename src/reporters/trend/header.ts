import type { Trend } from '../../model/trend.ts';
import { VERDICT_SYMBOLS } from '../console/theme.ts';
import { markup, short, type Markup } from '../html/markup.ts';
import type { Tone } from '../html/words.ts';
import { lengthOf, minute } from './words.ts';
import { count } from '../../model/text.ts';

/** What is open now in a sentence, the figures, and what they were made of. */
export function renderHeader(trend: Trend): Markup {
  const { summary, days, runs, since, target, tool } = trend;
  const { tone, sentence } = verdictOf(trend);
  const coverage = days.at(-1)?.coverage.percent;
  const tiles: readonly (readonly [Tone, string | number, string])[] = [
    [summary.open > 0 ? 'bad' : 'none', summary.open, 'open'],
    [summary.undecided > 0 ? 'open' : 'none', summary.undecided, 'not decided since'],
    [summary.new > 0 ? 'bad' : 'none', summary.new, 'new'],
    [summary.fixed > 0 ? 'good' : 'none', summary.fixed, 'fixed'],
    ['none', summary.medianSecondsToFix === undefined ? '–' : lengthOf(summary.medianSecondsToFix), 'median time to fix'],
    ['none', coverage === undefined ? '–' : `${coverage} %`, 'coverage on the last day'],
  ];
  const [first, last] = [runs[0], runs.at(-1)];
  const facts = [
    ['Runs', first === undefined || last === undefined ? 'none' : `${runs.length}, from ${first.id} to ${last.id}`],
    ['From', first === undefined ? '–' : `${minute(first.startedAt)} UTC`],
    ['To', last === undefined ? '–' : `${minute(last.startedAt)} UTC`],
    ...(since === undefined ? [] : [['Only since', `${minute(since)} UTC`]]),
    ...(target === undefined ? [] : [['Only the server', short(target, 120)]]),
    ['Tool', `${tool.name} ${tool.version}`],
  ] as const;
  return markup`<h1>Trend of ${count(summary.targets, 'MCP server')}</h1> <p class="banner t-${tone}"><b aria-hidden="true">${VERDICT_SYMBOLS[tone]}</b><span>${sentence}</span></p> <ul class="tiles trend" aria-label="Figures">${tiles.map(([own, value, word]) => markup`<li class="tile t-${own}"><b>${value}</b><span>${word}</span></li>`)}</ul> <dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Only where every server was clean when somebody last looked is all well. */
function verdictOf({ summary, targets }: Trend): { readonly tone: 'good' | 'bad' | 'open'; readonly sentence: string } {
  const failing = targets.filter(({ open, waived }) => open > waived).length;
  const open = summary.open - summary.waived;
  const undecided = targets.filter(({ looks }) => looks.at(-1)?.mark === 'undecided').length;
  const rest = undecided === 0 ? '' : `; ${count(undecided, 'more server')} could not be decided`;
  const waived = summary.waived === 0 ? '' : ` (${summary.waived} more waived)`;
  if (open > 0) {
    return {
      tone: 'bad',
      sentence: `${count(open, 'failure')}${waived} ${open === 1 ? 'is' : 'are'} open on ${count(failing, 'server')}${rest}.`,
    };
  }
  if (targets.length === 0) return { tone: 'open', sentence: 'No run looked at a server: nothing is known.' };
  if (undecided > 0 || summary.undecided > 0) {
    return { tone: 'open', sentence: `No failure is known to be open${waived}, but not all could be decided at the last look.` };
  }
  return { tone: 'good', sentence: `No failure was open when each server was last looked at${waived}.` };
}
