import type { MatrixDestination, MatrixRow, Report } from '../../model/report.ts';
import { MATRIX } from '../console/theme.ts';
import {
  differencesOf,
  peersIn,
  reachesOf,
  reachIn,
  tallyOf,
  valuesIn,
  wasTried,
  worstFirst,
  type Difference,
  type Reach,
} from '../reach.ts';
import { markup, short, type Markup } from './markup.ts';
import { badge, EXPECTED, OBSERVED, placeName, valueMark, type Mark } from './words.ts';
import { count } from '../../model/text.ts';

type Matrix = Report['matrix'];

/** Places that are drawn; beyond, no eye follows and no browser is quick. */
const MAX_CELLS = 4000;
/** Rows where the targets have no columns: the worst of them. */
const MAX_ROWS = 200;
/** Columns up to which a cell has room for its word. */
const MAX_WORDED = 14;
/** Places that are listed under the picture, the violations first. */
const MAX_LISTED = 500;

const VIEWS = [
  ['difference', 'Difference'],
  ['expected', 'Expected'],
  ['observed', 'Observed'],
] as const;

/** What of the matrix is drawn. */
interface Drawing {
  readonly columns: readonly MatrixDestination[];
  readonly rows: readonly MatrixRow[];
  /** The targets have no columns of their own: how many of them say what stands in one. */
  readonly counted: boolean;
}

/** Who reaches what as a table of colours, symbols and words, in three views that need no script. */
export function renderMatrix({ matrix }: Report): Markup {
  if (!wasTried(matrix)) return markup`<p class="empty">Nobody looked who reaches what.</p>`;
  const drawing = drawingOf(matrix);
  return markup`${leftOut(matrix, drawing)}${picture(matrix, drawing)} ${differences(matrix)}`;
}

/** All of it, else the worst rows with the other targets counted. Where many stand side by side the places come first. */
function drawingOf({ destinations, rows }: Matrix): Drawing {
  const places = destinations.filter(({ kind }) => kind !== 'target');
  if (rows.length * destinations.length > MAX_CELLS) {
    return { columns: places, rows: worstFirst(rows).slice(0, MAX_ROWS), counted: true };
  }
  const columns =
    destinations.length <= MAX_WORDED ? destinations : [...places, ...destinations.filter(({ kind }) => kind === 'target')];
  return { columns, rows, counted: false };
}

function leftOut({ destinations, rows }: Matrix, { rows: drawn, counted }: Drawing): Markup | undefined {
  if (!counted) return undefined;
  const shown = new Set(drawn);
  const left = rows.filter((row) => !shown.has(row));
  const rest = tallyOf(left.flatMap(reachesOf));
  const missing =
    left.length === 0
      ? 'The targets with the most that differs or is unknown come first.'
      : `The ${drawn.length} targets with the most that differs or is unknown have a row; of the ${left.length} others the places say: ${valuesIn(
          rest,
        )
          .map((value) => `${rest[value]} ${valueMark(value).word}`)
          .join(', ')}.`;
  return markup`<p class="notice">${rows.length} × ${destinations.length} places are too many for a picture: in each row the other targets are counted. ${missing} Every place that differs or is unknown is counted below, and --format json has all of it (matrix).</p>`;
}

function picture(matrix: Matrix, { columns, rows, counted }: Drawing): Markup {
  const compact = columns.length > MAX_WORDED;
  return markup`<div class="matrix"><fieldset class="switch"><legend>Show</legend> ${VIEWS.map(
    ([view, word]) =>
      markup`<label><input type="radio" name="matrix-view" value="${view}"${view === 'difference' ? markup` checked` : undefined}> <span>${word}</span></label>`,
  )}</fieldset> ${legend(matrix.rows)} <div class="scroll" role="region" tabindex="0" aria-labelledby="matrix-title"><table class="${compact ? 'grid compact' : 'grid'}"><caption>A row for each target, from which it was tried; a column for each destination.</caption><thead><tr><th scope="col">From</th> ${columns.map((column) => markup`<th scope="col"><span>${short(placeName(column), compact ? 24 : 40)}</span></th>`)}${counted ? markup`<th scope="col"><span>Other targets</span></th>` : undefined}</tr></thead><tbody>${rows.map(
    (row) => {
      const reachOf = reachIn(row);
      return markup`<tr><th scope="row">${short(row.target, 40)}</th> ${columns.map((column) => place(reachOf(column), column.id === row.targetId))}${counted ? peers(row, matrix) : undefined}</tr>
`;
    },
  )}</tbody></table></div></div>`;
}

function place(reach: Reach | undefined, isSelf: boolean): Markup {
  if (reach === undefined) return markup`<td class="self"><span class="hide">${isSelf ? 'itself' : 'not asked'}</span></td>`;
  const { value, expected, observed } = reach;
  const session = 'session' in reach && reach.session === true ? 'MCP session' : undefined;
  return markup`<td>${view('difference', valueMark(value), session)}${view('expected', EXPECTED[expected])}${view('observed', OBSERVED[observed], session)}</td>`;
}

/** Of how many other targets a row says what, in the tone of the worst. */
function peers(row: MatrixRow, matrix: Matrix): Markup {
  const tally = tallyOf(peersIn(row, matrix));
  const values = valuesIn(tally);
  const tone = values[0] === undefined ? 'none' : valueMark(values[0]).tone;
  return markup`<td><span class="counted t-${tone}">${values.map((value) => markup`<i>${MATRIX[value].symbol} ${tally[value]} ${valueMark(value).word}</i>`)}</span></td>`;
}

function view(name: string, { tone, symbol, word }: Mark, more?: string): Markup {
  return markup`<span class="in-${name} t-${tone}"><b aria-hidden="true">${symbol}</b><i>${word}</i>${more === undefined ? undefined : markup`<i>${more}</i>`}</span>`;
}

function legend(rows: Matrix['rows']): Markup {
  const meanings = valuesIn(tallyOf(rows.flatMap(reachesOf)));
  return markup`<ul class="legend in-difference">${meanings.map((value) => markup`<li>${badge(valueMark(value))} ${MATRIX[value].words}</li>`)}</ul><ul class="legend in-expected">${Object.values(EXPECTED).map((mark) => markup`<li>${badge(mark)}</li>`)} <li>what the profile says</li></ul><ul class="legend in-observed">${Object.values(OBSERVED).map((mark) => markup`<li>${badge(mark)}</li>`)} <li>what was seen; held only where a control was reached</li></ul>`;
}

/** Each place at which declared and observed differ, with what shows it. */
function differences(matrix: Matrix): Markup {
  return markup`${differencesOf(matrix, MAX_LISTED).map(({ value, number, shown, left }) =>
    number === 0
      ? undefined
      : markup`<details class="list"><summary>${badge(valueMark(value))} <span>${count(number, 'place')}: ${MATRIX[value].words}</span></summary><ul>${shown.map(entry)}</ul> ${left > 0 ? markup`<p class="notice">and ${count(left, 'more place')} in --format json</p>` : undefined}</details>`,
  )}`;
}

function entry({ from, to, reach }: Difference): Markup {
  const endpoints = 'endpoints' in reach ? reach.endpoints : [];
  const checks = [...new Set(reach.findings.map(({ check }) => check))];
  return markup`<li><strong>${short(from, 80)}</strong> to <strong>${short(to, 80)}</strong>: expected ${reach.expected}, observed ${reach.observed}${endpoints.map((endpoint) => markup` <code>${short(endpoint, 120)}</code>`)}${checks.length === 0 ? undefined : markup` <span class="quiet">${checks.join(' ')}</span>`}</li>`;
}
