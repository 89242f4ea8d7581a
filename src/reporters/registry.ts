import type { Report } from '../model/report.ts';
import { renderConsole } from './console.ts';
import type { RenderOptions } from './console/context.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderSarif } from './sarif.ts';

export type { RenderOptions } from './console/context.ts';

/** A format: turns a report into text and does nothing else. */
export interface Reporter {
  /** For `--help`: half a sentence. */
  readonly description: string;
  /** Ending of its files, without the dot. */
  readonly extension: string;
  readonly render: (report: Report, options: RenderOptions) => string;
}

/** A new format is a file beside this one and a line here. */
export const REPORTERS = {
  console: { description: 'for a person at a terminal', extension: 'txt', render: renderConsole },
  json: { description: 'everything, for programs (schemas/report.schema.json)', extension: 'json', render: renderJson },
  junit: { description: 'JUnit XML, for CI servers', extension: 'xml', render: renderJunit },
  sarif: { description: 'SARIF 2.1.0, for code scanning', extension: 'sarif', render: renderSarif },
} as const satisfies Readonly<Record<string, Reporter>>;

export type Format = keyof typeof REPORTERS;
export const FORMATS = Object.keys(REPORTERS) as readonly Format[];

export function isFormat(name: string): name is Format {
  return Object.hasOwn(REPORTERS, name);
}
