import type { Trend, TrendMark, TrendTarget } from '../../model/trend.ts';
import { markup, short, type Markup } from '../html/markup.ts';
import { badge } from '../html/words.ts';
import { pathOf } from './chart.ts';
import { MARK_NAMES, MARKS, NOT_LOOKED_AT } from './words.ts';
import { count } from '../../model/text.ts';

/** Runs that are drawn and listed, the newest ones. */
export const MAX_RUNS = 400;
/** Rows; those that fail come first. */
const MAX_TARGETS = 300;
/** Changes of one server that are told in words, the newest ones. */
const MAX_CHANGES = 40;

const HEIGHT = 24;

/** Left edge, top and height of a mark in its place: each can be told by its shape alone. */
const SHAPES: Readonly<Record<TrendMark, readonly [top: number, height: number]>> = {
  failing: [1, 22],
  undecided: [8, 8],
  waived: [5, 3],
  clean: [17, 6],
};

/** Stands for a mark where a script reads it; `.` is a run that did not look. */
const LETTERS: Readonly<Record<TrendMark | 'none', string>> = {
  failing: 'f',
  undecided: 'u',
  waived: 'w',
  clean: 'c',
  none: '.',
};

/** A line for each server with a place for each run: what the run left of it, or nothing where it did not look. */
export function renderTimelines({ targets, runs }: Trend): Markup {
  const ids = runs.slice(-MAX_RUNS).map(({ id }) => id);
  const [first, last] = [ids[0], ids.at(-1)];
  if (first === undefined || last === undefined || targets.length === 0) {
    return markup`<p class="empty">No run looked at a server.</p>`;
  }
  const times = new Map(runs.map(({ id, startedAt }) => [id, startedAt]));
  const sorted = targets.toSorted((a, b) => b.open - b.waived - (a.open - a.waived) || b.undecided - a.undecided);
  const shown = sorted.slice(0, MAX_TARGETS);
  const wide = widthOf(ids.length);
  return markup`${legend()} ${chooser(ids.length)} <p class="quiet">A row for each server, what fails first; in its line a place for each run, ${first} on the left and ${last} on the right.</p> <div class="scroll tall" role="region" tabindex="0" aria-labelledby="servers-title"><table class="timelines"><thead><tr><th scope="col">Server</th><th scope="col">At its last look</th><th scope="col">Open</th><th scope="col">Runs ${first} to ${last}</th><th scope="col" class="chosen" hidden>At the chosen run</th></tr></thead><tbody>${shown.map((target) => row(target, ids, wide, times))}</tbody></table></div> ${targets.length > shown.length ? markup`<p class="notice">and ${count(targets.length - shown.length, 'more server')} with the fewest open failures: --format json has all of them.</p>` : undefined} ${inWords(shown, ids)}`;
}

/** Pixels of a run, with the gap beside it. */
function widthOf(runs: number): number {
  if (runs <= 40) return 14;
  if (runs <= 80) return 6;
  return runs <= 200 ? 2.5 : 2;
}

function legend(): Markup {
  const swatch = (mark: TrendMark): Markup =>
    markup`<li><svg class="place" viewBox="0 0 14 ${HEIGHT}" aria-hidden="true" focusable="false"><path class="ground" d="M0 23.5H14"/><path class="m-${mark}" d="${shape(mark, 1, 12)}"/></svg> ${MARKS[mark].word}</li>`;
  return markup`<ul class="legend">${MARK_NAMES.map(swatch)}<li><svg class="place" viewBox="0 0 14 ${HEIGHT}" aria-hidden="true" focusable="false"><path class="ground" d="M0 23.5H14"/></svg> ${NOT_LOOKED_AT.word}: nothing is known of that run</li></ul>`;
}

function chooser(runs: number): Markup {
  return markup`<div id="chooser" class="chooser" hidden><label for="chosen-run">Run</label> <input id="chosen-run" type="range" min="0" max="${runs - 1}" value="${runs - 1}" step="1"> <p id="chosen-words"></p></div>`;
}

function shape(mark: TrendMark, x: number, wide: number): string {
  const [top, height] = SHAPES[mark];
  return `M${x} ${top}h${wide}v${height}h-${wide}z`;
}

function row(
  { name, open, waived, undecided, looks }: TrendTarget,
  ids: readonly number[],
  wide: number,
  times: ReadonlyMap<number, string>,
): Markup {
  const marks = new Map(looks.map(({ run, mark }) => [run, mark]));
  const last = looks.at(-1);
  const numbers = MARK_NAMES.map((mark) => [ids.filter((id) => marks.get(id) === mark).length, MARKS[mark].word] as const);
  const gaps = ids.filter((id) => !marks.has(id)).length;
  const said = [...numbers, [gaps, NOT_LOOKED_AT.word] as const].filter(([number]) => number > 0);
  const more = [...(waived > 0 ? [`${waived} waived`] : []), ...(undecided > 0 ? [`${undecided} not decided since`] : [])];
  const gap = wide > 5 ? 1 : 0.5;
  const drawn = MARK_NAMES.map((mark) => {
    const path = ids.map((id, index) => (marks.get(id) === mark ? shape(mark, index * wide, wide - gap) : '')).join('');
    return path === '' ? undefined : markup`<path class="m-${mark}" d="${pathOf(path)}"/>`;
  });
  const letters = ids.map((id) => LETTERS[marks.get(id) ?? 'none']).join('');
  const total = ids.length * wide;
  return markup`<tr data-marks="${letters}"><th scope="row">${short(name, 60)}</th><td>${last === undefined ? badge(NOT_LOOKED_AT) : markup`${badge(MARKS[last.mark])}<small>run ${last.run}, ${(times.get(last.run) ?? '').slice(0, 10)}</small>`}</td><td>${open}${more.map((words) => markup`<small>${words}</small>`)}</td><td><svg class="strip" width="${total}" height="${HEIGHT}" viewBox="0 0 ${total} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${said.map(([number, word]) => `${number} ${word}`).join(', ')}" focusable="false"><path class="ground" d="M0 ${HEIGHT - 0.5}H${total}"/>${drawn}<rect class="cursor" x="0" y="0" width="${wide}" height="${HEIGHT}"/></svg></td><td class="chosen" hidden></td></tr>
`;
}

/** The lines as stretches of runs that ended alike. */
function inWords(targets: readonly TrendTarget[], ids: readonly number[]): Markup {
  return markup`<details class="list"><summary>The same in words</summary><ul>${targets.map(({ name, looks }) => {
    const marks = new Map(looks.map(({ run, mark }) => [run, mark]));
    const stretches: { readonly word: string; readonly from: number; to: number }[] = [];
    for (const id of ids) {
      const mark = marks.get(id);
      const { word } = mark === undefined ? NOT_LOOKED_AT : MARKS[mark];
      const before = stretches.at(-1);
      if (before?.word === word) before.to = id;
      else stretches.push({ word, from: id, to: id });
    }
    const told = stretches
      .slice(-MAX_CHANGES)
      .map(({ word, from, to }) => `${from === to ? `run ${from}` : `runs ${from} to ${to}`} ${word}`);
    const left = stretches.length - told.length;
    return markup`<li><strong>${short(name, 80)}</strong>: ${left > 0 ? `${count(left, 'earlier stretch', 'earlier stretches')}; ` : ''}${told.join('; ')}</li>`;
  })}</ul></details>`;
}
