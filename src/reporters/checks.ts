import { AREAS, type CheckMeta } from '../model/check.ts';
import { escapeText } from '../model/text.ts';
import { heading, label, type Context } from './console/context.ts';
import { columnsOf, flow, hanging, paint, usableWidth } from './console/layout.ts';
import { themeOf } from './console/theme.ts';

export const CHECK_FORMATS = ['console', 'json', 'markdown'] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

export interface CheckOptions {
  readonly color: boolean;
  /** Columns; anything below 1 stands for 100. */
  readonly width: number;
}

export const AREA_WORDS: Readonly<Record<CheckMeta['area'], string>> = {
  NET: 'network isolation',
  HOST: 'reaching the host',
  PIVOT: 'reaching other targets',
  AUTH: 'authentication',
  HARD: 'container hardening',
  FS: 'file system access',
  SEC: 'secrets',
  OPS: 'operations',
  PROV: 'provenance',
};

/** All checks in the order of their areas and ids; ends with a line break. */
export function renderCheckList(checks: readonly CheckMeta[], format: CheckFormat, options: CheckOptions): string {
  const sorted = checks.toSorted((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area) || (a.id < b.id ? -1 : 1));
  switch (format) {
    case 'console':
      return list(sorted, contextOf(options));
    case 'json':
      return json(sorted.map(fields));
    case 'markdown':
      return markdownList(sorted);
  }
}

/** One check explained; ends with a line break. */
export function renderCheck(meta: CheckMeta, format: CheckFormat, options: CheckOptions): string {
  switch (format) {
    case 'console':
      return explained(meta, contextOf(options));
    case 'json':
      return json(fields(meta));
    case 'markdown':
      return markdown(meta);
  }
}

function contextOf({ color, width }: CheckOptions): Context {
  return { theme: themeOf(color), width: usableWidth(width), verbose: false };
}

/** The contract of the JSON: named one by one, so that its keys and their order do not follow a check's file. */
function fields(meta: CheckMeta): CheckMeta {
  const { id, slug, area, severity, title, failureTitle, description, remediation, references, framework, since, deprecated } =
    meta;
  const always = { id, slug, area, severity, title, failureTitle, description, remediation, references, framework, since };
  return deprecated === undefined ? always : { ...always, deprecated };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function list(checks: readonly CheckMeta[], context: Context): string {
  const { theme, width } = context;
  if (checks.length === 0) return 'No checks.\n';
  const ids = Math.max(...checks.map(({ id }) => columnsOf(id)));
  const sections = AREAS.flatMap((area) => {
    const own = checks.filter((meta) => meta.area === area);
    if (own.length === 0) return [];
    const rows = own.flatMap(({ id, severity, title, deprecated }) => {
      const [first = '', ...rest] = hanging(
        { text: ' '.repeat(ids + 12) },
        `${prose(title)}${deprecated === undefined ? '' : ' (deprecated)'}`,
        width,
      );
      return [
        `${theme.strong(id.padEnd(ids))}  ${theme.severity[severity](severity)}${' '.repeat(10 - severity.length)}${first.trimStart()}`,
        ...rest,
      ];
    });
    return [[heading(`${area} · ${AREA_WORDS[area]} (${own.length})`, context), '', ...rows].join('\n')];
  });
  return `${sections.join('\n\n')}\n`;
}

function explained(meta: CheckMeta, context: Context): string {
  const { theme, width } = context;
  const paragraph = (text: string) => hanging({ text: '  ' }, prose(text), width).join('\n');
  const field = (name: string, text: string) => hanging(label(name, 2, theme.quiet), prose(text), width);
  return `${[
    flow(
      [
        { text: meta.id, style: theme.strong },
        { text: meta.severity.toUpperCase(), style: theme.severity[meta.severity] },
        { text: `${meta.area} · ${AREA_WORDS[meta.area]} · ${meta.slug}`, style: theme.quiet },
      ],
      '  ',
      0,
      width,
    ).join('\n'),
    [...field('passes', meta.title), ...field('fails', meta.failureTitle)].join('\n'),
    `${paint({ text: 'Why it matters', style: theme.strong })}\n${paragraph(meta.description)}`,
    `${paint({ text: 'What to do', style: theme.strong })}\n${paragraph(meta.remediation)}`,
    [
      ...meta.references.flatMap(({ source, ids }) => field('see', `${source}: ${ids.join(', ')}`)),
      ...(meta.framework.length > 0 ? field('answers', meta.framework.join('; ')) : []),
      ...field('since', meta.since),
      ...(meta.deprecated === undefined ? [] : field('deprecated', meta.deprecated)),
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** Markdown source shown as it is, its line breaks taken out. */
function prose(text: string): string {
  return escapeText(text.replace(/\s+/g, ' ').trim(), 4000);
}

function markdownList(checks: readonly CheckMeta[]): string {
  const rows = checks.map(
    ({ id, severity, title, deprecated }) =>
      `| ${id} | ${severity} | ${cell(title)}${deprecated === undefined ? '' : ' (deprecated)'} |`,
  );
  return ['| id | severity | passes when |', '|---|---|---|', ...rows, ''].join('\n');
}

function markdown(meta: CheckMeta): string {
  const references = meta.references.map(({ source, ids }) => `- ${source}: ${ids.join(', ')}`);
  return [
    `# ${meta.id}: ${meta.title}`,
    ...(meta.deprecated === undefined ? [] : [`> Deprecated: ${meta.deprecated}`]),
    [
      '| | |',
      '|---|---|',
      `| slug | \`${meta.slug}\` |`,
      `| area | ${meta.area}, ${AREA_WORDS[meta.area]} |`,
      `| severity | ${meta.severity} |`,
      `| when it fails | ${cell(meta.failureTitle)} |`,
      ...(meta.framework.length > 0 ? [`| answers | ${cell(meta.framework.join('; '))} |`] : []),
      `| since | ${meta.since} |`,
    ].join('\n'),
    `## Why it matters\n\n${meta.description.trim()}`,
    `## What to do\n\n${meta.remediation.trim()}`,
    ...(references.length > 0 ? [`## References\n\n${references.join('\n')}`] : []),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
