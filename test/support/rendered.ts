import type { Report } from '../../src/model/report.ts';
import { FORMATS, REPORTERS, type Format, type Render, type RenderOptions } from '../../src/reporters/registry.ts';

const LOADED = new Map<Format, Render>(
  await Promise.all(FORMATS.map(async (format) => [format, await REPORTERS[format].load()] as const)),
);

/** A report in a format, as one text. */
export function rendered(format: Format, report: Report, options: RenderOptions): string {
  return [...(LOADED.get(format)?.(report, options) ?? [])].join('');
}
