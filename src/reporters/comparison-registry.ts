import type { Comparison } from '../model/comparison.ts';
import { renderComparisonHtml } from './comparison-html.ts';
import { renderComparison } from './comparison.ts';
import { renderComparisonJson } from './json.ts';
import type { Format, RenderOptions } from './registry.ts';

type Renderer = (comparison: Comparison, options: RenderOptions) => string;

/** Of the formats of a report those in which a comparison can be written. */
export const COMPARISON_REPORTERS: ReadonlyMap<Format, Renderer> = new Map<Format, Renderer>([
  ['console', renderComparison],
  ['json', renderComparisonJson],
  ['html', renderComparisonHtml],
]);
