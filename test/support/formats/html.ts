import { parse, type DefaultTreeAdapterMap } from 'parse5';

type Node = DefaultTreeAdapterMap['node'];

/** What is not well-formed in a page, and what in it would be fetched from somewhere; no line, no problem. */
export function htmlProblems(page: string): readonly string[] {
  const faults: string[] = [];
  const document = parse(page, { onParseError: ({ code, startLine }) => faults.push(`line ${startLine}: ${code}`) });
  const all = [...elements(document)];
  const styles = page.match(/<style[\s\S]*?<\/style>/g) ?? [];
  return [
    ...faults,
    ...(page.startsWith('<!doctype html>') ? [] : ['no doctype']),
    ...(all.some(isPolicy) ? [] : ['no policy']),
    ...all.flatMap(({ tagName, attrs }) =>
      attrs
        .filter(({ name, value }) => FETCHES.has(name) && !value.startsWith('#'))
        .map(({ name, value }) => `<${tagName} ${name}="${value}">`),
    ),
    ...styles.flatMap((style) => style.match(/@import|url\((?!#)[^)]*\)/g) ?? []),
  ];
}

function isPolicy({ tagName, attrs }: DefaultTreeAdapterMap['element']): boolean {
  const values = attrs.map(({ value }) => value);
  return (
    tagName === 'meta' &&
    values.includes('Content-Security-Policy') &&
    values.some((value) => value.startsWith("default-src 'none'"))
  );
}

const FETCHES: ReadonlySet<string> = new Set([
  'action',
  'background',
  'data',
  'formaction',
  'href',
  'ping',
  'poster',
  'src',
  'srcdoc',
  'srcset',
  'xlink:href',
]);

function* elements(node: Node): Generator<DefaultTreeAdapterMap['element']> {
  if ('tagName' in node) yield node;
  if ('childNodes' in node) for (const child of node.childNodes) yield* elements(child);
}
