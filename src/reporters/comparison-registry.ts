import type { Comparison } from '../model/comparison.ts';
import { renderComparisonHtml } from './comparison-html.ts';
import { renderComparison } from './comparison.ts';
import { renderComparisonJson } from './json.ts';
import type { Format, RenderOptions } from './registry.ts';

type Renderer = (comparison: Comparison, options: RenderOptions) => string;

/** Of the formats of a report those in which a comparison can be written. */
export const COMPARISON_REPORTERS = {
  console: renderComparison,
  json: renderComparisonJson,
  html: renderComparisonHtml,
} as const satisfies Partial<Readonly<Record<Format, Renderer>>>;

export type ComparisonFormat = keyof typeof COMPARISON_REPORTERS;
export const COMPARISON_FORMATS = Object.keys(COMPARISON_REPORTERS) as readonly ComparisonFormat[];
