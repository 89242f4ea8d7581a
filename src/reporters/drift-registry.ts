import type { Drift } from '../model/drift.ts';
import { renderDriftMarkdown } from './drift-markdown.ts';
import { renderDrift } from './drift.ts';
import { renderDriftJson } from './json.ts';
import type { Format, RenderOptions } from './registry.ts';

type Renderer = (drift: Drift, options: RenderOptions) => string;

/** Of the formats of a report those in which a drift can be written. */
export const DRIFT_REPORTERS = {
  console: renderDrift,
  json: renderDriftJson,
  markdown: renderDriftMarkdown,
} as const satisfies Partial<Readonly<Record<Format, Renderer>>>;

export type DriftFormat = keyof typeof DRIFT_REPORTERS;
export const DRIFT_FORMATS = Object.keys(DRIFT_REPORTERS) as readonly DriftFormat[];
