import type { Document, isMap, isNode, isScalar, isSeq, LineCounter, Node, visit } from 'yaml';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { findJsonFault, lineAndColumn } from '../profiles/json-scan.ts';

export type Step = string | number;

/** What a file says, and where it says it. */
export interface ConfigDocument {
  readonly value: unknown;
  /** The line of the value at a path, from 1; of the nearest one around it where there is none. */
  readonly lineOf: (path: readonly Step[]) => number | undefined;
}

/** An alias stands for one value more; more than this is no configuration that somebody wrote. */
const MAX_ALIASES = 50;

/**
 * Reads YAML 1.2 (core schema, no tags of its own, no merge keys) or JSON. Nothing is executed or filled in, keys stand
 * once, and aliases cannot multiply what they stand for without end.
 * @param where the file, for messages
 * @throws BulkheadError `config-invalid`, with the line
 */
export async function readDocument(text: string, where: string, format: 'yaml' | 'json'): Promise<ConfigDocument> {
  const shown = escapeText(where);
  if (format === 'json') refuseJson(text, shown);
  const yaml = await import('yaml');
  const counter = new yaml.LineCounter();
  try {
    const document = yaml.parseDocument(text, {
      version: '1.2',
      schema: 'core',
      // Looked for below: the package compares every key with every other one.
      uniqueKeys: false,
      strict: true,
      stringKeys: true,
      merge: false,
      prettyErrors: false,
      lineCounter: counter,
    });
    // A warning is a tag or a directive that nobody here understands: it would change what is meant.
    const fault = format === 'json' ? undefined : (document.errors[0] ?? document.warnings[0]);
    if (fault !== undefined) {
      const { line, col } = counter.linePos(fault.pos[0]);
      throw invalid(`${shown} is not valid YAML: line ${line}, column ${col}: ${escapeText(fault.message, 160)}`);
    }
    const twice = format === 'json' ? undefined : repeatedKey(document, yaml);
    if (twice !== undefined) {
      throw invalid(`${shown} is not valid YAML: line ${counter.linePos(twice).line}: the same key twice`);
    }
    const value: unknown = format === 'json' ? JSON.parse(text) : document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, lineOf: (path) => lineOf(document, counter, path, yaml) };
  } catch (error) {
    if (error instanceof BulkheadError) throw error;
    // Deep nesting ends the parser's stack, many aliases its patience.
    throw invalid(`${shown} cannot be read: ${escapeText(messageOf(error), 160)}`, error);
  }
}

/** Where the first key stands that was there before; readers differ in which of the two they take. */
function repeatedKey(document: Document, { isScalar, visit }: Guards): number | undefined {
  let found: number | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name)) {
          found = isScalar(key) ? startOf(key) : 0;
          return visit.BREAK;
        }
        seen.add(name);
      }
      return undefined;
    },
  });
  return found;
}

function refuseJson(text: string, shown: string): void {
  const fault = findJsonFault(text);
  if (fault === undefined) return;
  const { line, column } = lineAndColumn(text, fault.offset);
  throw invalid(`${shown} is not valid JSON: line ${line}, column ${column}: ${fault.what}`);
}

function invalid(message: string, cause?: unknown): BulkheadError {
  return new BulkheadError('config-invalid', message, {
    hint: 'Keys stand once, texts with special characters in quotes; docs/configuration.md has an example.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Of the package, which is loaded only when there is a file to read. */
interface Guards {
  readonly isMap: typeof isMap;
  readonly isSeq: typeof isSeq;
  readonly isScalar: typeof isScalar;
  readonly isNode: typeof isNode;
  readonly visit: typeof visit;
}

function lineOf(
  document: Document,
  counter: LineCounter,
  path: readonly Step[],
  { isMap, isSeq, isScalar, isNode }: Guards,
): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined = isNode(node) ? startOf(node) : undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      offset = (isNode(pair.key) ? startOf(pair.key) : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = (isNode(node) ? startOf(node) : undefined) ?? offset;
    } else break;
  }
  return offset === undefined ? undefined : counter.linePos(offset).line;
}

function startOf(node: Node): number | undefined {
  return node.range?.[0];
}
