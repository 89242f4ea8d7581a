import { AREAS, SEVERITIES } from '../../model/check.ts';
import type { Trend, TrendDay } from '../../model/trend.ts';
import { markup, type Markup } from '../html/markup.ts';
import { ceiling, chart, pathOf, rounded, WIDTH } from './chart.ts';

const HEIGHT = 160;
const DAY = 86_400_000;
/** Rows of a table, the newest ones; --format json has all. */
const MAX_DAYS = 400;

/** A place for each day from the first to the last, whether anybody looked or not. */
function slots(days: readonly TrendDay[]): { readonly at: (day: TrendDay) => number; readonly wide: number } {
  const first = Date.parse(days[0]?.day ?? '');
  const number = (Date.parse(days.at(-1)?.day ?? '') - first) / DAY + 1;
  const wide = WIDTH / number;
  return { at: ({ day }) => ((Date.parse(day) - first) / DAY) * wide, wide };
}

/** What was new on each day above the line, what was fixed below it; without a line nobody looked that day. */
export function renderChanges({ days, summary }: Trend): Markup {
  const top = ceiling(Math.max(0, ...days.flatMap((day) => [day.new, day.fixed])));
  const { at, wide } = slots(days);
  const middle = HEIGHT / 2;
  const bar = (day: TrendDay, value: number, direction: 1 | -1): string => {
    const height = rounded((value / top) * (middle - 4));
    return value === 0
      ? ''
      : `M${rounded(at(day) + wide * 0.14)} ${middle}h${rounded(wide * 0.72)}v${direction * height}h-${rounded(wide * 0.72)}z`;
  };
  const path = (value: (day: TrendDay) => number, direction: 1 | -1): string =>
    days.map((day) => bar(day, value(day), direction)).join('');
  return markup`<ul class="legend"><li><svg class="swatch" viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="bar bad" d="M5 1H15V12H5z"/></svg> new, or back after it was fixed: upwards</li><li><svg class="swatch" viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="bar good" d="M5 0H15V11H5z"/></svg> fixed: downwards</li><li><svg class="swatch" viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="base" d="M0 6H20"/></svg> a day with a run; without the line nobody looked</li></ul> ${chart(
    {
      id: 'new-fixed',
      name: `${summary.new} failures began and ${summary.fixed} were fixed; the table below has the days`,
      height: HEIGHT,
      scale: [`+${top}`, 0, `−${top}`],
      axis: edges(days),
      kind: 'by-day',
    },
    markup`<path class="bar bad" d="${pathOf(path((day) => day.new, -1))}"/><path class="bar good" d="${pathOf(path((day) => day.fixed, 1))}"/><path class="base" d="${pathOf(days.map((day) => `M${rounded(at(day))} ${middle}h${rounded(wide)}`).join(''))}"/>`,
  )} ${dayTable(days)}`;
}

/** How much of what applies was decided, day by day; a day without a run breaks the line. */
export function renderCoverage({ days }: Trend): Markup {
  const { at, wide } = slots(days);
  const known = days.flatMap((day) =>
    day.coverage.percent === undefined
      ? []
      : [{ x: rounded(at(day) + wide / 2), y: rounded(HEIGHT - (day.coverage.percent / 100) * HEIGHT), from: at(day) }],
  );
  let path = '';
  let before: number | undefined;
  for (const { x, y, from } of known) {
    const follows = before !== undefined && Math.abs(from - before - wide) < wide / 2;
    path += `${follows ? 'L' : 'M'}${x} ${y}`;
    before = from;
  }
  const percents = days.flatMap(({ coverage: { percent } }) => percent ?? []);
  if (percents.length === 0) return markup`<p class="empty">Nothing that applies was asked.</p>`;
  return markup`<p class="quiet">Decided, passed or failed, of all that applies: of each server by the last run of the day that looked at it.</p> ${chart(
    {
      id: 'coverage-days',
      name: `Coverage from ${percents[0] ?? 0} % to ${percents.at(-1) ?? 0} %, at least ${Math.min(...percents)} %; the table of the days has each`,
      height: HEIGHT,
      scale: ['100 %', '50 %', '0 %'],
      axis: edges(days),
      kind: 'by-day',
    },
    markup`<path class="line allow" d="${pathOf(path)}"/><path class="dots" d="${pathOf(known.map(({ x, y }) => `M${x} ${y}h0`).join(''))}"/>`,
  )}`;
}

function edges(days: readonly TrendDay[]): readonly string[] {
  return [...new Set([days[0], days.at(-1)].flatMap((day) => day?.day ?? []))];
}

function dayTable(days: readonly TrendDay[]): Markup {
  const shown = days.slice(-MAX_DAYS).toReversed();
  const heads = [
    'Day (UTC)',
    'Runs',
    'Servers',
    'New',
    'Fixed',
    'Open',
    'Not decided since',
    'Decided',
    'Applicable',
    'Coverage',
  ];
  return markup`<details class="list"><summary>Day by day</summary><div class="scroll" role="region" tabindex="0" aria-label="Day by day"><table class="figures"><thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead><tbody>${shown.map(
    (day) =>
      markup`<tr><th scope="row">${day.day}</th>${[day.runs, day.targets, day.new, day.fixed, day.open, day.undecided, day.coverage.decided, day.coverage.applicable].map((value) => markup`<td>${value}</td>`)}<td>${day.coverage.percent === undefined ? '–' : `${day.coverage.percent} %`}</td></tr>
`,
  )}</tbody></table></div>${cut(days.length, 'days')}</details>`;
}

/** What was open at the end of each day, by area and severity: the numbers of the small drawings. */
export function renderOpenTable({ points }: Trend): Markup {
  const days = [...new Map(points.map((point) => [point.at.slice(0, 10), point]))].toReversed();
  const areas = AREAS.filter((area) => points.some((point) => point.areas[area] > 0));
  const severities = SEVERITIES.toReversed().filter((severity) => points.some((point) => point.severities[severity] > 0));
  return markup`<details class="list"><summary>Open at the end of each day, in numbers</summary><div class="scroll" role="region" tabindex="0" aria-label="Open at the end of each day"><table class="figures"><thead><tr><th scope="col">Day (UTC)</th><th scope="col">Open</th><th scope="col">of them waived</th><th scope="col">Not decided since</th>${[...areas, ...severities].map((key) => markup`<th scope="col">${key}</th>`)}</tr></thead><tbody>${days
    .slice(0, MAX_DAYS)
    .map(
      ([day, { open, waived, undecided, ...point }]) =>
        markup`<tr><th scope="row">${day}</th>${[open, waived, undecided, ...areas.map((area) => point.areas[area]), ...severities.map((severity) => point.severities[severity])].map((value) => markup`<td>${value}</td>`)}</tr>
`,
    )}</tbody></table></div>${cut(days.length, 'days')}</details>`;
}

function cut(number: number, what: string): Markup | undefined {
  return number > MAX_DAYS
    ? markup`<p class="notice">The newest ${MAX_DAYS} of ${number} ${what}; --format json has all of them.</p>`
    : undefined;
}
