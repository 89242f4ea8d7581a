import type { MatrixCell, MatrixDestination, MatrixValue, Report } from '../../model/report.ts';
import { MATRIX } from '../console/theme.ts';
import { count } from '../console/view.ts';
import { markup, short, type Markup } from './markup.ts';
import { badge, EXPECTED, MATRIX_VALUES, OBSERVED, placeName, valueMark, type Mark } from './words.ts';

type Matrix = Report['matrix'];

/** Places that are drawn; beyond, no eye follows and no browser is quick. */
const MAX_CELLS = 4000;
/** Columns up to which a cell has room for its word. */
const MAX_WORDED = 14;
/** Places that are listed under the picture, the violations first. */
const MAX_LISTED = 500;

const VIEWS = [
  ['difference', 'Difference'],
  ['expected', 'Expected'],
  ['observed', 'Observed'],
] as const;

/** Who reaches what as a table of colours, symbols and words, in three views that need no script. */
export function renderMatrix({ matrix }: Report): Markup {
  if (!wasTried(matrix)) return markup`<p class="empty">Nobody looked who reaches what.</p>`;
  const columns = drawnColumns(matrix);
  return markup`${columns.length === 0 ? undefined : picture(matrix, columns)} ${leftOut(matrix, columns)} ${differences(matrix)}`;
}

export function wasTried({ rows }: Matrix): boolean {
  return rows.some(({ cells }) => cells.some(({ attempts, findings }) => attempts > 0 || findings.length > 0));
}

/** All of it, else without the targets among the columns, else nothing. Where many stand side by side the places come first. */
function drawnColumns({ destinations, rows }: Matrix): readonly MatrixDestination[] {
  const places = destinations.filter(({ kind }) => kind !== 'target');
  if (rows.length * destinations.length <= MAX_CELLS) {
    if (destinations.length <= MAX_WORDED) return destinations;
    return [...places, ...destinations.filter(({ kind }) => kind === 'target')];
  }
  return rows.length * places.length <= MAX_CELLS ? places : [];
}

function leftOut({ destinations, rows }: Matrix, columns: readonly MatrixDestination[]): Markup | undefined {
  if (columns.length === destinations.length) return undefined;
  const all = `${rows.length} × ${destinations.length} places are too many for a picture`;
  const what = columns.length === 0 ? 'it is left out' : 'the columns of the targets are left out';
  return markup`<p class="notice">${all}: ${what}. Every violation among them is counted below, and --format json has all of it.</p>`;
}

function picture({ rows }: Matrix, columns: readonly MatrixDestination[]): Markup {
  return markup`<div class="matrix"><fieldset class="switch"><legend>Show</legend> ${VIEWS.map(
    ([view, word]) =>
      markup`<label><input type="radio" name="matrix-view" value="${view}"${view === 'difference' ? markup` checked` : undefined}> <span>${word}</span></label>`,
  )}</fieldset> ${legend(rows)} <div class="scroll" role="region" tabindex="0" aria-labelledby="matrix-title"><table class="${columns.length > MAX_WORDED ? 'grid compact' : 'grid'}"><caption>A row for each target, from which it was tried; a column for each destination.</caption><thead><tr><th scope="col">From</th> ${columns.map((column) => markup`<th scope="col"><span>${short(placeName(column), columns.length > MAX_WORDED ? 24 : 40)}</span></th>`)}</tr></thead><tbody>${rows.map(
    ({ target, targetId, cells }) => {
      const own = new Map(cells.map((cell) => [cell.destinationId, cell]));
      return markup`<tr><th scope="row">${short(target, 40)}</th> ${columns.map(({ id }) => place(own.get(id), id === targetId))}</tr>
`;
    },
  )}</tbody></table></div></div>`;
}

function place(cell: MatrixCell | undefined, isSelf: boolean): Markup {
  if (cell === undefined) return markup`<td class="self"><span class="hide">${isSelf ? 'itself' : 'not asked'}</span></td>`;
  const { value, expected, observed, session } = cell;
  return markup`<td>${view('difference', valueMark(value), session === true ? 'MCP session' : undefined)}${view('expected', EXPECTED[expected])}${view('observed', OBSERVED[observed], session === true ? 'MCP session' : undefined)}</td>`;
}

function view(name: string, { tone, symbol, word }: Mark, more?: string): Markup {
  return markup`<span class="in-${name} t-${tone}"><b aria-hidden="true">${symbol}</b><i>${word}</i>${more === undefined ? undefined : markup`<i>${more}</i>`}</span>`;
}

function legend(rows: Matrix['rows']): Markup {
  const used = new Set<MatrixValue>(rows.flatMap(({ cells }) => cells.map(({ value }) => value)));
  const meanings = MATRIX_VALUES.filter((value) => used.has(value));
  return markup`<ul class="legend in-difference">${meanings.map((value) => markup`<li>${badge(valueMark(value))} ${MATRIX[value].words}</li>`)}</ul><ul class="legend in-expected">${Object.values(EXPECTED).map((mark) => markup`<li>${badge(mark)}</li>`)} <li>what the profile says</li></ul><ul class="legend in-observed">${Object.values(OBSERVED).map((mark) => markup`<li>${badge(mark)}</li>`)} <li>what was seen; held only where a control was reached</li></ul>`;
}

const LISTED: readonly MatrixValue[] = ['violation', 'over-blocked', 'unknown'];

/** Each place at which declared and observed differ, with what shows it. */
function differences({ destinations, rows }: Matrix): Markup {
  const names = new Map(destinations.map(({ id, name }) => [id, name]));
  let room = MAX_LISTED;
  const all = LISTED.map((value) => {
    const shown: { readonly target: string; readonly cell: MatrixCell }[] = [];
    let number = 0;
    for (const { target, cells } of rows) {
      for (const cell of cells) {
        if (cell.value !== value) continue;
        number += 1;
        if (shown.length < room) shown.push({ target, cell });
      }
    }
    room -= shown.length;
    return { value, number, shown };
  });
  return markup`${all.map(({ value, number, shown }) => {
    if (number === 0) return undefined;
    const left = number - shown.length;
    return markup`<details class="list"><summary>${badge(valueMark(value))} <span>${count(number, 'place')}: ${MATRIX[value].words}</span></summary><ul>${shown.map(({ target, cell }) => entry(target, names.get(cell.destinationId) ?? '', cell))}</ul> ${left > 0 ? markup`<p class="notice">and ${count(left, 'more place')} in --format json</p>` : undefined}</details>`;
  })}`;
}

function entry(target: string, destination: string, { expected, observed, endpoints, findings }: MatrixCell): Markup {
  const checks = [...new Set(findings.map(({ check }) => check))];
  return markup`<li><strong>${short(target, 80)}</strong> to <strong>${short(destination, 80)}</strong>: expected ${expected}, observed ${observed}${endpoints.map((endpoint) => markup` <code>${short(endpoint, 120)}</code>`)}${checks.length === 0 ? undefined : markup` <span class="quiet">${checks.join(' ')}</span>`}</li>`;
}
