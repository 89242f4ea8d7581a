import { markup, type Markup } from '../html/markup.ts';

/** Units of a drawing from its left to its right; it is stretched to the width of the page, and its text stands beside it. */
export const WIDTH = 1000;

export interface Frame {
  /** Of the page: it becomes part of ids. */
  readonly id: string;
  /** What the drawing says, in a sentence, for who does not see it. */
  readonly name: string;
  readonly height: number;
  /** From the top to the bottom. */
  readonly scale: readonly (string | number)[];
  /** Under it, from left to right. */
  readonly axis: readonly string[];
  readonly kind?: 'small' | 'by-day';
}

/** A drawing with its scale; the line is where a chosen run stands. */
export function chart({ id, name, height, scale, axis, kind }: Frame, drawing: Markup): Markup {
  const line = scale.length < 2 ? [] : scale.map((_, index) => rounded((index / (scale.length - 1)) * height));
  return markup`<div class="${kind === undefined ? 'chart' : `chart ${kind}`}"><div class="scale" aria-hidden="true">${scale.map((value) => markup`<span>${value}</span>`)}</div><svg viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" role="img" aria-labelledby="${id}-name" focusable="false"><title id="${id}-name">${name}</title>${line.map((y) => markup`<path class="rule" d="M0 ${y}H${WIDTH}"/>`)}${drawing}<path class="cursor" d="M0 0V${height}"/></svg><div class="axis" aria-hidden="true">${axis.map((text) => markup`<span>${text}</span>`)}</div></div>
`;
}

/** The smallest even number that is good at the top of a scale. */
export function ceiling(value: number): number {
  for (let power = 1; ; power *= 10) {
    const fit = [2, 4, 6, 8, 10].find((step) => step * power >= value);
    if (fit !== undefined) return fit * power;
  }
}

export interface Step {
  readonly x: number;
  readonly y: number;
}

/** A line that holds its height until the next step, up to the right edge. */
export function stairs(steps: readonly Step[]): string {
  const [first, ...rest] = steps;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  let before = first;
  for (const step of rest) {
    if (step.y === before.y) continue;
    path += `H${step.x}V${step.y}`;
    before = step;
  }
  return `${path}H${WIDTH}`;
}

/** The same back to its beginning, as the lower edge of an area. */
export function backwards(steps: readonly Step[]): string {
  const first = steps[0];
  if (first === undefined) return '';
  let path = '';
  for (let index = steps.length - 1; index > 0; index -= 1) {
    const [step, before] = [steps[index], steps[index - 1]];
    if (step === undefined || before === undefined || step.y === before.y) continue;
    path += `H${step.x}V${before.y}`;
  }
  return `${path}H${first.x}Z`;
}

/** A path of any length: text of a page is cut. */
export function pathOf(data: string): readonly string[] {
  return data.match(/.{1,1000}/g) ?? [];
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Where moments stand in a drawing. Those of a clock that was set back stand where the one before them does. */
export function timeScale(times: readonly string[]): readonly number[] {
  let latest = Number.NEGATIVE_INFINITY;
  const moments = times.map((time) => (latest = Math.max(latest, Date.parse(time))));
  const [from, to] = [moments[0] ?? 0, moments.at(-1) ?? 0];
  return moments.map((moment) => (to > from ? rounded(((moment - from) / (to - from)) * WIDTH) : 0));
}

/** First, middle and last day of what a drawing shows. */
export function axisOf(times: readonly string[]): readonly string[] {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const middle = new Date((Date.parse(first) + Math.max(Date.parse(first), Date.parse(last))) / 2).toISOString();
  return [first, middle, last].map((time) => time.slice(0, 10)).filter((day, index, all) => day !== all[index - 1]);
}
