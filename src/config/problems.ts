import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DefinedError } from 'ajv/dist/2020.js';
import { BulkheadError } from '../errors.ts';
import { count, escapeText } from '../model/text.ts';
import { memberPath, show } from '../profiles/problems.ts';
import { nearest } from '../profiles/spelling.ts';
import type { ConfigDocument, Step } from './document.ts';

/** One thing that makes a file invalid. */
export interface ConfigProblem {
  readonly path: readonly Step[];
  /** The rest of a sentence: `is an unknown key`. */
  readonly what: string;
  /** What to write instead, a sentence without its full stop. */
  readonly good: string;
}

/** How many problems one message lists; the rest is counted. */
const MAX_LISTED = 20;

/** What a JSON Schema of ours says of a value; the `examples` of its parts are the good values. */
export function schemaProblems(schema: object, value: unknown): readonly ConfigProblem[] {
  const validate = new Ajv2020({ allErrors: true, strict: true, verbose: true }).compile(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => problemOf(error as DefinedError, value));
}

function problemOf(error: DefinedError, root: unknown): ConfigProblem {
  const path = stepsOf(error.instancePath, root);
  const { examples, properties } = (error.parentSchema ?? {}) as {
    readonly examples?: readonly unknown[];
    readonly properties?: object;
  };
  const example = examples?.[0];
  const good = example === undefined ? 'Leave it out' : `Write for instance ${JSON.stringify(example)}`;
  if (error.keyword === 'additionalProperties') {
    return unknownKey(path, error.params.additionalProperty, Object.keys(properties ?? {}));
  }
  if (error.keyword === 'required') {
    const key = error.params.missingProperty;
    const parts = properties as Readonly<Record<string, { readonly examples?: readonly unknown[] }>> | undefined;
    return { path, what: `lacks ${key}`, good: `Write for instance ${key}: ${JSON.stringify(parts?.[key]?.examples?.[0])}` };
  }
  if (error.keyword === 'enum') return enumProblem(path, error.data, error.params.allowedValues as readonly string[], good);
  if (error.keyword === 'type') return { path, what: `${show(error.data)} is not ${article(String(error.params.type))}`, good };
  if (error.keyword === 'maxItems')
    return { path, what: `has more than ${error.params.limit} entries`, good: 'Shorten the list' };
  if (error.keyword === 'maxLength') return { path, what: `is longer than ${error.params.limit} characters`, good };
  return { path, what: `${show(error.data)} is not valid here`, good };
}

function enumProblem(path: readonly Step[], value: unknown, known: readonly string[], good: string): ConfigProblem {
  const meant = typeof value === 'string' ? nearest(value, known) : undefined;
  return {
    path,
    what: `${show(value)} is not one of ${known.join(', ')}`,
    good: meant === undefined ? good : `Did you mean "${meant}"?`,
  };
}

function unknownKey(parent: readonly Step[], key: string, known: readonly string[]): ConfigProblem {
  const meant = nearest(key, known);
  return {
    path: [...parent, key],
    what: 'is an unknown key',
    good:
      meant === undefined ? `Known here: ${known.filter((each) => each !== '$schema').join(', ')}` : `Did you mean "${meant}"?`,
  };
}

/** A JSON pointer as steps; a number is an index only where there is a list. */
function stepsOf(pointer: string, root: unknown): readonly Step[] {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((raw): Step => {
      const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(value) ? Number(key) : key;
      value = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
      return step;
    });
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = {
    array: 'a list',
    object: 'a mapping of keys',
    string: 'text',
    boolean: 'true or false',
    integer: 'a whole number',
  };
  return words[type] ?? `a ${type}`;
}

/** @param base where the value stands in its file: the key of package.json */
export function invalidConfig(
  problems: readonly ConfigProblem[],
  document: ConfigDocument,
  where: string,
  base: readonly Step[] = [],
): BulkheadError {
  const listed = problems
    .slice(0, MAX_LISTED)
    .map((problem) => ({ ...problem, line: document.lineOf([...base, ...problem.path]) }))
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = listed.map(({ path, what, good, line }) => {
    const place = pathText(path) || '(top)';
    return `  ${line === undefined ? '' : `line ${line}, `}${place}: ${what}. ${good}`;
  });
  const rest = problems.length - lines.length;
  const many = count(problems.length, 'problem');
  return new BulkheadError(
    'config-invalid',
    [`${escapeText(where)} is not valid: ${many}`, ...lines, ...(rest > 0 ? [`  … and ${rest} more`] : [])].join('\n'),
    { hint: 'The format is described in docs/configuration.md and schemas/config.schema.json.' },
  );
}

export function pathText(path: readonly Step[]): string {
  return path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : memberPath(text, step)), '');
}
