export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit?: string;
  readonly samples: { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const METADATA = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.*)$`, 's');
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?)$`, 's');
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/gy;
const byText = (a: string, b: string) => (a < b ? -1 : 1);
const SUFFIXES: Readonly<Record<string, string>> = { gauge: '', counter: '_total', info: '_info' };

/**
 * Reads OpenMetrics 1.0 as strictly as its "Text format" says, for the types that are written; throws at the first
 * line that is not right. Does not know the writer.
 */
export function parseOpenMetrics(text: string): readonly ParsedFamily[] {
  if (!text.endsWith('# EOF\n')) throw new Error('does not end with # EOF and a line feed');
  const families = new Map<string, ParsedFamily>();
  const series = new Set<string>();
  let current: ParsedFamily | undefined;
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, keyword, family = '', rest = ''] = METADATA.exec(line) ?? [];
    if (keyword === 'TYPE') {
      if (families.has(family)) throw new Error(`${family} comes twice`);
      if (SUFFIXES[rest] === undefined) throw new Error(`unexpected type: ${line}`);
      current = { name: family, type: rest, samples: [] };
      families.set(family, current);
    } else if (keyword !== undefined) {
      if (current?.name !== family || current.samples.length > 0) throw new Error(`out of place: ${line}`);
      if (keyword === 'UNIT' && !family.endsWith(`_${rest}`)) throw new Error(`not the unit of its name: ${line}`);
      if (keyword === 'UNIT') current = Object.assign(current, { unit: rest });
    } else {
      const [, name = '', labels = '', value] = SAMPLE.exec(line) ?? [];
      if (value === undefined) throw new Error(`no sample: ${line}`);
      if (current === undefined || name !== `${current.name}${SUFFIXES[current.type] ?? ''}`)
        throw new Error(`out of place: ${line}`);
      const parsed = labelsOf(labels, line);
      const key = [name, ...Object.entries(parsed).map((pair) => JSON.stringify(pair))].toSorted(byText).join(' ');
      if (series.has(key)) throw new Error(`comes twice: ${line}`);
      series.add(key);
      current.samples.push({ name, labels: parsed, value: Number(value) });
    }
  }
  return [...families.values()];
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const [whole, name = '', value = ''] of text.matchAll(LABEL)) {
    if (Object.hasOwn(labels, name)) throw new Error(`a label twice: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    end += whole.length;
  }
  if (end !== text.length) throw new Error(`no labels: ${line}`);
  return labels;
}
