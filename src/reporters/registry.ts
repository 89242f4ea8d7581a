import type { Report } from '../model/report.ts';
import type { RenderOptions } from './console/context.ts';

export type { RenderOptions } from './console/context.ts';

/** Turns a report into text and does nothing else: in pieces that follow one another, as a large one need not be held whole. */
export type Render = (report: Report, options: RenderOptions) => Iterable<string>;

/** A format. Its file is loaded when it is asked for: one of them brings a library that takes longer than all of the rest. */
export interface Reporter {
  /** For `--help`: half a sentence. */
  readonly description: string;
  /** Ending of its files, without the dot. */
  readonly extension: string;
  readonly load: () => Promise<Render>;
}

/** A new format is a file beside this one and an entry here. */
export const REPORTERS = {
  console: {
    description: 'for a person at a terminal',
    extension: 'txt',
    load: async () => whole((await import('./console.ts')).renderConsole),
  },
  html: {
    description: 'one page for a browser, without anything from the network',
    extension: 'html',
    load: async () => whole((await import('./html.ts')).renderHtml),
  },
  json: {
    description: 'everything, for programs (schemas/report.schema.json)',
    extension: 'json',
    load: async () => (await import('./json.ts')).jsonPieces,
  },
  junit: {
    description: 'JUnit XML, for CI servers',
    extension: 'xml',
    load: async () => (await import('./junit.ts')).junitPieces,
  },
  sarif: {
    description: 'SARIF 2.1.0, for code scanning',
    extension: 'sarif',
    load: async () => (await import('./sarif.ts')).sarifPieces,
  },
  markdown: {
    description: 'for the comment of a pull request',
    extension: 'md',
    load: async () => whole((await import('./markdown.ts')).renderMarkdown),
  },
  github: {
    description: 'annotations of a GitHub workflow',
    extension: 'txt',
    load: async () => whole((await import('./github.ts')).renderGithub),
  },
  'github-summary': {
    description: 'for $GITHUB_STEP_SUMMARY',
    extension: 'md',
    load: async () => whole((await import('./markdown.ts')).renderGithubSummary),
  },
  gitlab: {
    description: 'GitLab code quality',
    extension: 'json',
    load: async () => whole((await import('./gitlab.ts')).renderGitlab),
  },
  ocsf: {
    description: 'events for a SIEM (OCSF, JSON lines)',
    extension: 'jsonl',
    load: async () => (await import('./ocsf.ts')).ocsfLines,
  },
} as const satisfies Readonly<Record<string, Reporter>>;

export type Format = keyof typeof REPORTERS;
export const FORMATS = Object.keys(REPORTERS) as readonly Format[];

/** Those that point at lines of files. */
export const ANCHORED: readonly Format[] = ['sarif', 'github', 'gitlab'];

export function isFormat(name: string): name is Format {
  return Object.hasOwn(REPORTERS, name);
}

/** A format that is one piece. */
function whole(render: (report: Report, options: RenderOptions) => string): Render {
  return (report, options) => [render(report, options)];
}
