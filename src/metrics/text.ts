/** One metric by name: what it counts, and its samples. */
export interface Family {
  /** Without the suffix that its type adds (`_total`, `_info`); ends with its unit, where it has one. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'info';
  readonly unit?: 'seconds';
  /** A sentence without line breaks. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** `openmetrics`: what Prometheus asks for by itself. `prometheus`: what else there is, node-exporter's files among it. */
export type Dialect = 'openmetrics' | 'prometheus';

export const CONTENT_TYPES: Readonly<Record<Dialect, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

const SUFFIX = { gauge: '', counter: '_total', info: '_info' } as const;

/**
 * Writes metrics as text, without times of their own. Rules: OpenMetrics 1.0, "Text format"; Prometheus, "Exposition
 * formats", version 0.0.4, which knows no units and no type `info`, and has the suffix in a family's name.
 */
export function metricsText(families: readonly Family[], dialect: Dialect): string {
  const lines = families.flatMap((family) => linesOf(family, dialect));
  return [...lines, ...(dialect === 'openmetrics' ? ['# EOF'] : [])].map((line) => `${line}\n`).join('');
}

function linesOf({ name, type, unit, help, samples }: Family, dialect: Dialect): readonly string[] {
  const sampled = `${name}${SUFFIX[type]}`;
  const family = dialect === 'openmetrics' ? name : sampled;
  const shownType = dialect === 'prometheus' && type === 'info' ? 'gauge' : type;
  return [
    `# TYPE ${family} ${shownType}`,
    ...(unit === undefined || dialect === 'prometheus' ? [] : [`# UNIT ${family} ${unit}`]),
    `# HELP ${family} ${dialect === 'openmetrics' ? quoted(help) : escaped(help)}`,
    ...samples.map(({ labels, value }) => `${sampled}${labelsText(labels)} ${value}`),
  ];
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function quoted(text: string): string {
  return escaped(text).replaceAll('"', '\\"');
}
