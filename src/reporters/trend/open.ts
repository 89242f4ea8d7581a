import { AREAS, SEVERITIES } from '../../model/check.ts';
import type { Trend, TrendPoint } from '../../model/trend.ts';
import { AREA_WORDS } from '../checks.ts';
import { markup, type Markup } from '../html/markup.ts';
import { axisOf, backwards, ceiling, chart, pathOf, rounded, stairs, timeScale, type Step } from './chart.ts';
import { count } from '../../model/text.ts';

const HEIGHT = 200;
const SMALL = 70;

/** What was open after each run: all of it, and one drawing for each area and each severity, on one scale. */
export function renderOpen({ points, runs }: Trend): Markup {
  const last = points.at(-1);
  if (last === undefined) return markup`<p class="empty">No run, no course.</p>`;
  const times = runs.map(({ startedAt }) => startedAt);
  const xs = timeScale(times);
  const axis = axisOf(times);
  const top = ceiling(Math.max(...points.map(({ open, undecided }) => open + undecided)));
  const line = (read: (point: TrendPoint) => number, scale: number, height: number): readonly Step[] =>
    points.map((point, index) => ({ x: xs[index] ?? 0, y: rounded(height - (read(point) / scale) * height) }));
  const open = line((point) => point.open, top, HEIGHT);
  const known = line((point) => point.open + point.undecided, top, HEIGHT);
  const whole = chart(
    {
      id: 'open-all',
      name: `Open failures after each run, from ${points[0]?.open ?? 0} to ${last.open}; at most ${Math.max(...points.map((point) => point.open))}. The table below has the days.`,
      height: HEIGHT,
      scale: [top, top / 2, 0],
      axis,
    },
    markup`<path class="fill open" d="${pathOf(area(known, open))}"/><path class="fill bad" d="${pathOf(area(open, ground(open, HEIGHT)))}"/><path class="line open" d="${pathOf(stairs(known))}"/><path class="line bad" d="${pathOf(stairs(open))}"/><path class="looks" d="${pathOf(xs.map((x) => `M${x} ${HEIGHT}v-7`).join(''))}"/>`,
  );
  const kinds = [
    { id: 'area', title: 'By area', word: 'Area', keys: AREAS, of: ({ areas }: TrendPoint) => areas, words: AREA_WORDS },
    {
      id: 'severity',
      title: 'By severity',
      word: 'Severity',
      keys: SEVERITIES.toReversed(),
      of: ({ severities }: TrendPoint) => severities,
      words: undefined,
    },
  ] as const;
  return markup`<ul class="legend"><li><svg class="swatch" viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="fill bad" d="M0 0H20V12H0z"/><path class="line bad" d="M0 1H20"/></svg> open</li><li><svg class="swatch" viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="fill open" d="M0 0H20V12H0z"/><path class="line open" d="M0 1H20"/></svg> was open, and could not be decided since</li><li><svg class="swatch" viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="looks" d="M4 12V3M10 12V3M16 12V3"/></svg> a run; between two of them nobody looked</li></ul> ${whole} ${kinds.map(
    ({ id, title, keys, of, words }) => {
      const used = keys.filter((key) => points.some((point) => valueOf(of(point), key) > 0));
      const own = ceiling(Math.max(0, ...used.flatMap((key) => points.map((point) => valueOf(of(point), key)))));
      return used.length === 0
        ? undefined
        : markup`<h3>${title}</h3><div class="charts">${used.map((key) => {
            const read = (point: TrendPoint): number => valueOf(of(point), key);
            const steps = line(read, own, SMALL);
            return markup`<div><p class="chart-title"><b>${key}</b> ${words === undefined ? undefined : markup`<span>${(words as Readonly<Record<string, string>>)[key]}</span>`} <em>${count(read(last), 'open', 'open')}</em></p>${chart(
              {
                id: `open-${id}-${key.toLowerCase()}`,
                name: `Open failures of ${id} ${key}, from ${points[0] === undefined ? 0 : read(points[0])} to ${read(last)}; at most ${Math.max(...points.map(read))}`,
                height: SMALL,
                scale: [own, 0],
                axis: [],
                kind: 'small',
              },
              markup`<path class="fill bad" d="${pathOf(area(steps, ground(steps, SMALL)))}"/><path class="line bad" d="${pathOf(stairs(steps))}"/>`,
            )}</div>`;
          })}</div>`;
    },
  )}`;
}

function valueOf(values: Readonly<Record<string, number>>, key: string): number {
  return values[key] ?? 0;
}

function ground(steps: readonly Step[], height: number): readonly Step[] {
  return steps.slice(0, 1).map(({ x }) => ({ x, y: height }));
}

/** Between two lines, the upper one first; they begin at the same place. */
function area(upper: readonly Step[], lower: readonly Step[]): string {
  const last = lower.at(-1);
  return last === undefined ? '' : `${stairs(upper)}V${last.y}${backwards(lower)}`;
}
