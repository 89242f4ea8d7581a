import type { Report } from '../model/report.ts';
import { renderConsole } from './console.ts';
import type { RenderOptions } from './console/context.ts';
import { renderGithub } from './github.ts';
import { renderGitlab } from './gitlab.ts';
import { renderHtml } from './html.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderGithubSummary, renderMarkdown } from './markdown.ts';
import { renderOcsf } from './ocsf.ts';
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
  html: { description: 'one page for a browser, without anything from the network', extension: 'html', render: renderHtml },
  json: { description: 'everything, for programs (schemas/report.schema.json)', extension: 'json', render: renderJson },
  junit: { description: 'JUnit XML, for CI servers', extension: 'xml', render: renderJunit },
  sarif: { description: 'SARIF 2.1.0, for code scanning', extension: 'sarif', render: renderSarif },
  markdown: { description: 'for the comment of a pull request', extension: 'md', render: renderMarkdown },
  github: { description: 'annotations of a GitHub workflow', extension: 'txt', render: renderGithub },
  'github-summary': { description: 'for $GITHUB_STEP_SUMMARY', extension: 'md', render: renderGithubSummary },
  gitlab: { description: 'GitLab code quality', extension: 'json', render: renderGitlab },
  ocsf: { description: 'events for a SIEM (OCSF, JSON lines)', extension: 'jsonl', render: renderOcsf },
} as const satisfies Readonly<Record<string, Reporter>>;

export type Format = keyof typeof REPORTERS;
export const FORMATS = Object.keys(REPORTERS) as readonly Format[];

/** Those that point at lines of files. */
export const ANCHORED: readonly Format[] = ['sarif', 'github', 'gitlab'];

export function isFormat(name: string): name is Format {
  return Object.hasOwn(REPORTERS, name);
}
