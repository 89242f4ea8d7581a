import { parser } from '@prometheus-io/lezer-promql';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseOpenMetrics } from '../../support/exposition.ts';
import { fixtureFamilies } from '../../support/metrics.ts';
import { metricsText } from '../../../src/metrics/text.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly gridPos: { readonly x: number; readonly w: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[];
  };
}

const file = (name: string) => readFile(new URL(`../../../samples/monitoring/${name}`, import.meta.url), 'utf8');
const rules = (parse(await file('bulkhead.rules.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(await file('bulkhead-dashboard.json')) as Dashboard;
const docs = await readFile(new URL('../../../docs/telling.md', import.meta.url), 'utf8');

const families = parseOpenMetrics(metricsText(fixtureFamilies(), 'openmetrics'));
/** Name of each sample, to the names of its labels. */
const known = new Map(
  families.flatMap(({ samples }) => samples.map(({ name, labels }) => [name, new Set(Object.keys(labels))] as const)),
);

interface Expression {
  readonly errors: number;
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

/** What an expression of PromQL names; `instance` and `job` come from Prometheus itself. */
function read(expr: string): Expression {
  const found = { errors: 0, metrics: [] as string[], labels: [] as string[] };
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) found.errors += 1;
      const text = expr.slice(from, to);
      if (type.name === 'Identifier' && node.parent?.type.name === 'VectorSelector') found.metrics.push(text);
      if (type.name === 'LabelName' && !['instance', 'job'].includes(text)) found.labels.push(text);
    },
  });
  return found;
}

// Grafana fills in its variables before Prometheus reads it.
const panels = dashboard.panels.flatMap(({ id, targets }) =>
  targets.map(({ expr }): readonly [string, string] => [`panel ${id}`, expr.replaceAll('$__rate_interval', '5m')]),
);
const all = [...rules.map(({ alert, expr }): readonly [string, string] => [alert, expr]), ...panels];

describe('what watches over bulkhead', () => {
  it('has rules and panels', () => {
    expect(rules).toHaveLength(7);
    expect(panels.length).toBeGreaterThan(10);
  });

  it('is noticed when it is not PromQL, or names what is not there', () => {
    expect(read('sum by (x (rate(foo').errors).toBeGreaterThan(0);
    expect(read('rate(foo_total{a="b"}[5m]) > 0')).toEqual({ errors: 0, metrics: ['foo_total'], labels: ['a'] });
  });

  it.each(all)('%s is PromQL over metrics and labels that there are', (_, expr) => {
    const { errors, metrics, labels } = read(expr);
    expect(errors).toBe(0);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect([...known.keys()]).toContain(metric);
    const possible = metrics.flatMap((metric) => [...(known.get(metric) ?? [])]);
    for (const label of labels) expect(possible).toContain(label);
  });

  it('has a dashboard that Grafana can lay out and fill in', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    const names = dashboard.templating.list.map(({ name }) => name);
    const used = JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)/g);
    expect(new Set([...used].map(([, name]) => name))).toEqual(new Set(names));
    const queries = dashboard.templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]));
    expect(queries).toEqual(['label_values(bulkhead_build_info, instance)']);
  });
});

describe('the documentation', () => {
  it('lists exactly the metrics that there are', () => {
    const listed = [...docs.matchAll(/^\| `(bulkhead_\w+)/gm)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set(known.keys()));
    expect(listed).toHaveLength(known.size);
  });
});
